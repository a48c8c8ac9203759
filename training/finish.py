"""From trained weights to a model folder: thresholds on held-back chips, ONNX, card and figures."""

import json
import os

from calibration import calibrate
from export import measure_margin, write_card, write_onnx
from figures import choose_threshold, figures_at, tally
from model import MULTIPLE

# Pixel sizes a model is good for, as shares of its own: it sees zooms of 0.67 to 1.5 in training.
LEAST, MOST = 0.72, 1.35
# A class that held-back chips show a lower F1 for is left untold: what it would find is mostly wrong.
LEAST_F1 = 0.3


def finish(args, training, data, chips, val, say):
    """Chooses thresholds on held-back chips, writes ONNX and card, and says the figures of val and test."""
    net, names = training.average, list(data.codes)
    measure = lambda which, **k: tally(net, which, data.codes, training.normalize, training.device, **k)
    counts = measure(val)
    # A class that the held-back chips lack is judged on their dates swapped, where its reverse becomes it.
    swapped = measure(val, swapped=True) if (counts[:, 1].sum(1) == 0).any() else counts
    thresholds = {
        name: choose_threshold(counts[k] if counts[k][1].sum() else swapped[k]) for k, name in enumerate(names)
    }
    figures = figures_at(counts, data.codes, thresholds)
    told = [name for name in told_classes(names, figures) if name in data.labelled]
    calibration = calibrate(net, val, data.codes, thresholds, training.normalize, training.device)
    test = [c for c in data.chips if c.split == "test"]
    tested = figures_at(measure(test), data.codes, thresholds) if test else {}
    normalize, training.device = training.normalize, "cpu"
    net = net.cpu()
    training.mean, training.std = training.mean.cpu(), training.std.cpu()
    margin = measure_margin(net, val or chips, normalize)
    sha256 = write_onnx(net, len(data.bands), os.path.join(args.out, "model.onnx"))
    pixel = training.setup["pixel_m"]
    card = {
        "format": "tuban-model",
        "version": 1,
        "name": args.name,
        "revision": revision(args),
        "file": "model.onnx",
        "sha256": sha256,
        "inputs": {"form": "pair", "layout": "nchw", "names": ["before", "after"], "bands": list(data.bands),
                   "multiple": MULTIPLE, "size": None},  # fmt: skip
        "pixel_size_m": {"trained": pixel, "least": round(LEAST * pixel, 2), "most": round(MOST * pixel, 2)},
        "normalization": {"kind": "levels", "mean": training.setup["mean"], "std": training.setup["std"]},
        "outputs": {"name": "probability", "activation": "none", "channels": [n if n in told else "none" for n in names]},
        "margin_px": margin,
        "thresholds": {n: thresholds[n] for n in told},
        "calibration": {n: calibration[n] for n in told if n in calibration},
        "training": {
            "data": f"{os.path.basename(os.path.abspath(args.dataset))} ({', '.join(data.sources)})",
            "licence": args.data_licence,
            "chips": len(chips),
            "ground": "held back by ground" if val else "nothing held back: thresholds are 0.5",
            "seed": args.seed,
            "steps": training.step,
            "minutes": round(training.spent() / 60, 1),
            "from": training.setup["from"],
        },
        "figures": {"set": "val", **figures},
        "licence": args.licence,
    }
    write_card(os.path.join(args.out, "model.json"), card)
    say(event="done", told=told, steps=training.step, minutes=round(training.spent() / 60, 2), margin_px=margin,
        thresholds=thresholds, calibration=calibration, val=figures, test=tested)  # fmt: skip


def told_classes(names, figures):
    """Classes of the card: those the held-back chips show to be found, the best one at least; all where nothing is known."""
    f1 = {name: figures[name]["f1"] for name in names if name in figures}
    if not f1:
        return names
    best = max(f1, key=f1.get)
    return [name for name in names if name == best or f1.get(name, 1) >= LEAST_F1]


def revision(args):
    """One more than that of the model training began from, where the name is the same."""
    try:
        with open(os.path.join(args.former or "", "model.json"), encoding="utf-8") as stream:
            former = json.load(stream)
        return str(int(former["revision"]) + 1) if former["name"] == args.name else "1"
    except (OSError, ValueError, KeyError, TypeError):
        return "1"
