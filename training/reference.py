#!/usr/bin/env python3
"""Writes what PyTorch answers a model's weights for a seeded input, for other runtimes to be held against."""

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
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    needs("numpy", "torch", "rasterio")
    import torch

    import checkpoint
    from model import MULTIPLE, ChangeNet

    if args.height % MULTIPLE or args.width % MULTIPLE or min(args.height, args.width) < MULTIPLE:
        parser.error(f"--height and --width: {args.height} x {args.width}; expected multiples of {MULTIPLE}")
    try:
        setup, state = checkpoint.load(args.model)
    except BadInput as error:
        print(f"reference.py: {error}", file=sys.stderr)
        sys.exit(2)
    net = ChangeNet(len(setup["bands"]), len(setup["classes"])).eval()
    net.load_state_dict(state["average"])
    generator = torch.Generator().manual_seed(args.seed)
    pair = [torch.randn(1, len(setup["bands"]), args.height, args.width, generator=generator) for _ in range(2)]
    with torch.no_grad():
        probability = torch.sigmoid(net(*pair))
    part = lambda t: {"shape": list(t.shape), "values": [float(f"{v:.7g}") for v in t.flatten().tolist()]}
    named = {"before": pair[0], "after": pair[1], "probability": probability}
    with open(args.out, "w", encoding="utf-8") as stream:
        json.dump({"note": NOTE, **{name: part(tensor) for name, tensor in named.items()}}, stream)


if __name__ == "__main__":
    main()
