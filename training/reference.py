#!/usr/bin/env python3
"""Writes what PyTorch answers a model's weights for one input, for other runtimes to be held against."""

import argparse
import json
import sys

from errors import BadInput, needs

NOTE = "float32 in row-major order; inputs are normalized already, (value - mean) / std"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("model", help="folder that training/train.py wrote")
    parser.add_argument("--out", required=True, metavar="FILE", help="JSON: before, after, probability")
    parser.add_argument("--height", type=int, default=64)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--seed", type=int, default=1, help="of the noise that is the input")
    parser.add_argument("--dataset", metavar="DIR", help="input is the middle of a held-back change of this dataset, not noise")
    args = parser.parse_args()
    needs("numpy", "torch", "rasterio")
    import torch

    import checkpoint
    from model import MULTIPLE, ChangeNet

    if args.height % MULTIPLE or args.width % MULTIPLE or min(args.height, args.width) < MULTIPLE:
        parser.error(f"--height and --width: {args.height} x {args.width}; expected multiples of {MULTIPLE}")
    try:
        setup, state = checkpoint.load(args.model)
        pair = changed_pair(args, setup) if args.dataset else noise_pair(args, setup)
    except BadInput as error:
        print(f"reference.py: {error}", file=sys.stderr)
        sys.exit(2)
    net = ChangeNet(len(setup["bands"]), len(setup["classes"])).eval()
    net.load_state_dict(state["average"])
    with torch.no_grad():
        probability = torch.sigmoid(net(*pair))
    part = lambda t: {"shape": list(t.shape), "values": [float(f"{v:.7g}") for v in t.flatten().tolist()]}
    named = {"before": pair[0], "after": pair[1], "probability": probability}
    with open(args.out, "w", encoding="utf-8") as stream:
        json.dump({"note": NOTE, **{name: part(tensor) for name, tensor in named.items()}}, stream)


def noise_pair(args, setup):
    import torch

    generator = torch.Generator().manual_seed(args.seed)
    return [torch.randn(1, len(setup["bands"]), args.height, args.width, generator=generator) for _ in range(2)]


def changed_pair(args, setup):
    """Normalized window about the most changed row and column of the held-back chip with most changed pixels."""
    import numpy as np
    import torch

    from dataset import UNKNOWN, read_dataset

    chips = [c for c in read_dataset(args.dataset, setup["pixel_m"]).chips if c.split == "val"]
    changed = lambda chip: (chip.label > 0) & (chip.label != UNKNOWN)
    chip = max(chips, key=lambda c: changed(c).sum(), default=None)
    if chip is None or not changed(chip).any():
        raise BadInput(f"{args.dataset}: no held-back chip holds a changed pixel")
    part = []
    for axis, length in ((1, args.height), (0, args.width)):
        sums = changed(chip).sum(axis)
        if len(sums) < length:
            raise BadInput(f"{args.dataset}: chips of {len(sums)} px; expected {length} or more")
        start = int(np.clip(sums.argmax() - length // 2, 0, len(sums) - length))
        part.append(slice(start, start + length))
    mean, std = (torch.tensor(setup[key])[:, None, None] for key in ("mean", "std"))
    cut = lambda date: torch.from_numpy(date[(slice(None), *part)].astype(np.float32))
    return [((cut(date) - mean) / std)[None] for date in (chip.before, chip.after)]


if __name__ == "__main__":
    main()
