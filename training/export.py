"""From trained weights to what tuban runs: model.onnx and its card model.json."""

import hashlib
import inspect
import json
import os
import warnings

import torch
import torch.nn as nn

from figures import predict
from model import MULTIPLE

# Mean change of probability that a tile's border may cause, of 1, beyond the margin.
INFLUENCE = 1e-3
# Margins are measured on so many chips.
MARGIN_CHIPS = 8
# No pixel further away reaches the network's output: the sum of its convolutions' and resizings' reaches, rounded up.
REACH = 96


class Probability(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, before, after):
        return torch.sigmoid(self.net(before, after))


def write_onnx(net, bands, path):
    """model.onnx, opset 13, dynamic N, H and W; the same weights give the same bytes."""
    net = Probability(net).cpu().eval()
    edge = 4 * MULTIPLE
    pair = (torch.zeros(1, bands, edge, edge), torch.zeros(1, bands, edge, edge))
    axes = {0: "n", 2: "h", 3: "w"}
    names = {"input_names": ["before", "after"], "output_names": ["probability"]}
    dynamic = {name: axes for name in sum(names.values(), [])}
    # PyTorch 2 has two exporters; this one writes plain operators
    exporter = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    part = path + ".part"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch 1.13 warns of its own constants' shapes
        torch.onnx.export(net, pair, part, opset_version=13, **names, dynamic_axes=dynamic, **exporter)
    os.replace(part, path)
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def write_card(path, card):
    with open(path + ".part", "w", encoding="utf-8") as stream:
        json.dump(card, stream, indent=2, ensure_ascii=False)
        stream.write("\n")
    os.replace(path + ".part", path)


def measure_margin(net, chips, normalize):
    """Pixels next to a tile's border to throw away: there the content beyond it would move probabilities by INFLUENCE
    or more on average. Chips are cut at a row that is a multiple of MULTIPLE, as tiles should be."""
    moved = torch.zeros(REACH)
    seen = 0
    for chip in chips:
        height = chip.label.shape[0]
        cut = height // 2 // MULTIPLE * MULTIPLE
        if height - cut < REACH or cut == 0:
            continue
        before, after = normalize(chip.before), normalize(chip.after)
        whole = predict(net, before, after)[:, cut:]
        tile = predict(net, before[:, cut:], after[:, cut:])
        moved += (whole - tile)[:, :REACH].abs().amax(0).mean(1)
        seen += 1
        if seen == MARGIN_CHIPS:
            break
    if not seen:
        return REACH
    far = (moved / seen >= INFLUENCE).nonzero()
    rows = int(far.max()) + 1 if len(far) else 0
    return max(MULTIPLE, -(-rows // MULTIPLE) * MULTIPLE)
