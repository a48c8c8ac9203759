#!/usr/bin/env python3
"""Trains tuban's learned change detector on a dataset folder and writes model.onnx + model.json. See README.md."""

import argparse
import json
import os
import sys

from errors import BadInput, needs


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("dataset", help="folder written by tuban dataset export")
    add("--out", required=True, metavar="DIR", help="folder of the model")
    add("--name", required=True, help="name on the card, e.g. buildings-levir")
    add("--pixel-size", type=float, default=1.1, metavar="M", help="aim, in metres: chips are averaged to about it")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument(
        "--minutes",
        type=float,
        default=20.0,
        help="budget in minutes on quiet cores, all told: counted as this process's CPU time over its threads, so that "
        "a busy machine does not shorten it (on a GPU as the clock's time)",
    )
    budget.add_argument("--steps", type=int, help="budget in steps, instead of minutes")
    add("--seed", type=int, default=1)
    add("--from", dest="former", metavar="DIR", help="begin with the weights of this model (its checkpoint.pt)")
    add("--resume", action="store_true", help="go on where --out was interrupted")
    add("--threads", type=int, default=2)
    add("--device", default="auto", choices=("auto", "cpu", "cuda"))
    add("--every", type=float, default=60.0, metavar="S", help="seconds between checkpoints and lines of progress")
    add("--batch", type=int, default=8, help="windows a step")
    add("--crop", type=int, default=128, metavar="PX", help="edge of a window in model pixels, a multiple of 16")
    add("--small", type=float, default=0.0, metavar="P", help="how much more pixels of small changes weigh, 0 to 1: the "
        "changed share of their surroundings to the power -P, when windows are drawn and again in the loss")  # fmt: skip
    add("--licence", default="not stated", help="of the model, on its card")
    add("--data-licence", default="not stated", help="of the training data, on the card")
    args = parser.parse_args()
    for name in ("pixel_size", "minutes", "threads", "batch", "crop"):
        if not getattr(args, name) > 0:
            parser.error(f"argument --{name.replace('_', '-')}: {getattr(args, name)}; expected above 0")
    if args.steps is not None and args.steps < 1:
        parser.error(f"argument --steps: {args.steps}; expected 1 or more")
    if not 0 <= args.small <= 1:
        parser.error(f"argument --small: {args.small}; expected 0 to 1")
    if args.crop % 16:
        parser.error(f"argument --crop: {args.crop}; expected a multiple of 16")
    return args


def say(**line):
    print(json.dumps(line), flush=True)


def main():
    args = arguments()
    # Threads that wait by spinning use up the budget, and each other's cores. Read when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    needs("numpy", "torch", "rasterio")
    try:
        from recipe import train

        train(args, say)
    except BadInput as error:
        print(f"train.py: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
