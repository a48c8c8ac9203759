"""A training's state in one file, written whole or not at all, and read without running anything in it."""

import json
import os
import pickle

import torch

from errors import BadInput

FILE = "checkpoint.pt"


def save(folder, setup, state):
    """`setup`: what the weights mean and how far training is (JSON, as PyTorch 1.13's safe reader knows no floats);
    `state`: nested dicts of tensors."""
    path = os.path.join(folder, FILE)
    with open(path + ".part", "wb") as stream:
        torch.save({"setup": json.dumps(setup), **state}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(path + ".part", path)


def load(folder, device="cpu"):
    """(setup, state). @raises BadInput where there is none or it is no checkpoint of this recipe."""
    path = os.path.join(folder, FILE)
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        return json.loads(state.pop("setup")), state
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; give the folder of a model that training/train.py wrote") from error
    except (pickle.UnpicklingError, RuntimeError, KeyError, AttributeError, ValueError, EOFError) as error:
        raise BadInput(f"{path}: no checkpoint of this recipe ({str(error).splitlines()[0]})") from error


def same_setup(folder, setup, former, keys, cure):
    """Refuses a checkpoint that was made under other terms."""
    for key in keys:
        if setup[key] != former.get(key):
            has, here = (json.dumps(s.get(key)) for s in (former, setup))
            raise BadInput(f"{folder}/{FILE}: has {key} {has}, this training {here}; {cure}")
