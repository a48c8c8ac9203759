"""The training itself: from a dataset folder to weights."""

import copy
import math
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F

import checkpoint
from batches import Batches, rarity
from dataset import UNKNOWN, band_statistics, held_back, read_dataset
from errors import BadInput
from figures import scores, tally
from finish import LEAST, MOST, finish
from model import ChangeNet, size

RATE, TUNING_RATE, DECAY = 3e-3, 1e-3, 0.02  # AdamW; a third of the rate where training begins from a model
WARM = 0.08  # share of the budget until the rate is full; from there it falls by a cosine
AVERAGE = 0.998  # weights that are kept: a moving average over some 500 steps
# Chips that progress is shown on; thresholds and final figures take all.
SHOWN_CHIPS = 32


def train(args, say):
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = "cuda" if args.device != "cpu" and torch.cuda.is_available() else "cpu"
    if args.device == "cuda" and device == "cpu":
        raise BadInput("--device cuda: no CUDA device or a PyTorch without CUDA; use --device cpu")
    data = read_dataset(args.dataset, args.pixel_size)
    chips, val = held_back(data.chips, args.seed)
    setup = describe(args, data, chips)
    os.makedirs(args.out, exist_ok=True)
    training = Training(args, setup, data, chips, device)
    parameters, macs = size(training.net, len(data.bands))
    say(event="start", parameters=parameters, macs_per_px=round(macs), chips=len(chips), val_chips=len(val),
        classes=list(data.codes), pixel_m=setup["pixel_m"], device=device, step=training.step)  # fmt: skip
    shown = val[:: max(1, len(val) // SHOWN_CHIPS)]
    training.run(lambda: f1_of(training, shown), say)
    finish(args, training, data, chips, val, say)


def describe(args, data, chips):
    """What the weights mean: a model that training begins from passes on its pixels' normalization."""
    pixels = sorted(c.pixel_m for c in chips)
    setup = {
        "bands": list(data.bands),
        "classes": list(data.codes),
        "pixel_m": round(pixels[len(pixels) // 2], 4),
        "seed": args.seed,
        "batch": args.batch,
        "crop": args.crop,
        "small": args.small,
        "budget": {"steps": args.steps} if args.steps else {"minutes": args.minutes},
        "from": None,
    }
    if args.former:
        former, _ = checkpoint.load(args.former)
        cure = "export the same bands and classes, or leave out --from"
        checkpoint.same_setup(args.former, setup, former, ("bands", "classes"), cure)
        if not LEAST <= setup["pixel_m"] / former["pixel_m"] <= MOST:
            raise BadInput(
                f"{args.former}: learned pixels of {former['pixel_m']} m, these are {setup['pixel_m']} m; "
                f"try --pixel-size {former['pixel_m']}, or leave out --from"
            )
        return {**setup, "mean": former["mean"], "std": former["std"], "from": former["name"], "name": args.name}
    mean, std = (np.round(values, 5).tolist() for values in band_statistics(chips))
    return {**setup, "mean": mean, "std": std, "name": args.name}


class Training:
    """Weights, their moving average and the optimizer, step by step within the budget."""

    def __init__(self, args, setup, data, chips, device):
        self.args, self.setup, self.device = args, setup, device
        self.codes = torch.tensor(list(data.codes.values()), dtype=torch.uint8)[None, :, None, None].to(device)
        self.batches = Batches(chips, data.bands, data.codes, args.seed, args.batch, args.crop, args.small)
        if not self.batches.changed:
            raise BadInput(f"{args.dataset}: no chip for training holds a changed pixel; export with more grounds")
        self.net = ChangeNet(len(data.bands), len(data.codes)).to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        decayed = [p for p in self.net.parameters() if p.dim() > 1]
        plain = [p for p in self.net.parameters() if p.dim() <= 1]
        groups = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
        # The next batch is made while the step before is taken: one thread alone leaves cores idle.
        self.maker, self.ahead = ThreadPoolExecutor(1), None
        self.step, self.before, self.losses = 0, 0.0, []
        self.began = self.clock()
        self.mean, self.std = (torch.tensor(setup[k], device=device)[:, None, None] for k in ("mean", "std"))
        if args.resume:
            former, state = checkpoint.load(args.out, device)
            checkpoint.same_setup(args.out, setup, former, setup, "go on with the same, or train into another --out")
            # parameter groups are this recipe's own: rates follow from the progress
            kept = {"state": state["optimizer"], "param_groups": self.optimizer.state_dict()["param_groups"]}
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(kept)
            self.step, self.before = former["step"], former["spent"]
        elif args.former:
            weights = checkpoint.load(args.former, device)[1]["average"]
            self.net.load_state_dict(weights)
            self.average.load_state_dict(weights)

    def clock(self):
        """Seconds: on a CPU those of quiet cores since the process began."""
        return time.monotonic() if self.device == "cuda" else time.process_time() / self.args.threads

    def spent(self):
        return self.before + self.clock() - (self.began if self.device == "cuda" else 0)

    def progress(self):
        return self.step / self.args.steps if self.args.steps else self.spent() / (60 * self.args.minutes)

    def normalize(self, date):
        return (torch.as_tensor(date, dtype=torch.float32, device=self.device) - self.mean) / self.std

    def run(self, f1, say):
        stop = []
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda number, _frame: stop.append(number))
        told = time.monotonic()
        self.ahead = self.maker.submit(self.batches, self.step)
        while (progress := self.progress()) < 1:
            self.losses.append(self.advance(progress))
            if stop or time.monotonic() - told >= self.args.every:
                self.save()
                loss, self.losses = float(np.mean(self.losses)), []
                minutes = round(self.spent() / 60, 2)
                say(event="progress", step=self.step, minutes=minutes, loss=round(loss, 4), val_f1=f1())
                told = time.monotonic()
            if stop:
                say(event="interrupted", step=self.step)
                sys.exit(128 + stop[0])
        self.save()

    def advance(self, progress):
        rate = RATE if self.setup["from"] is None else TUNING_RATE
        share = min(progress / WARM, 0.5 + 0.5 * math.cos(math.pi * max(0, progress - WARM) / (1 - WARM)))
        for group in self.optimizer.param_groups:
            group["lr"] = rate * max(share, 1e-3)
        before, after, label = (part.to(self.device) for part in self.ahead.result())
        self.ahead = self.maker.submit(self.batches, self.step + 1)
        self.net.train()
        dates = [self.normalize(d).contiguous(memory_format=torch.channels_last) for d in (before, after)]
        loss = loss_of(self.net(*dates), label, self.codes, self.args.small)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        keep = min(AVERAGE, (1 + self.step) / (10 + self.step))  # a young average forgets its beginning sooner
        now = self.net.state_dict()
        for name, value in self.average.state_dict().items():
            value.lerp_(now[name], 1 - keep) if value.is_floating_point() else value.copy_(now[name])
        return loss.item()

    def save(self):
        weights = {"net": self.net.state_dict(), "average": self.average.state_dict()}
        setup = {**self.setup, "step": self.step, "spent": self.spent()}
        checkpoint.save(self.args.out, setup, {**weights, "optimizer": self.optimizer.state_dict()["state"]})


def loss_of(logits, label, codes, small):
    """Cross entropy and soft Dice over known pixels, every class on its own, changed pixels by their rarity."""
    known = (label != UNKNOWN)[:, None].float()
    truth = (label[:, None] == codes).float()
    changed = truth.amax(1)
    weight = rarity(changed, small)
    # all changed pixels together weigh what they did
    weight = 1 - changed + weight * (changed.sum() / weight.sum().clamp(min=1e-6))
    known = known * weight[:, None]
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none") * known
    probability = torch.sigmoid(logits) * known
    both, sums = (probability * truth).sum((0, 2, 3)), (probability + truth * known).sum((0, 2, 3))
    dice = 1 - (2 * both + 1) / (sums + 1)
    return entropy.sum() / (known.sum() * codes.numel()).clamp(min=1) + dice.mean()


def f1_of(training, chips):
    """Best F1 by class, for progress only."""
    codes = dict(zip(training.setup["classes"], training.codes.flatten().tolist()))
    counts = tally(training.average, chips, codes, training.normalize, training.device)
    return {n: round(float(np.nanmax(scores(c)[2])), 4) for c, n in zip(counts, codes) if c[1].sum()}
