"""Pixel precision, recall and F1, pooled over chips, and thresholds from them."""

import numpy as np
import torch
import torch.nn.functional as F

from dataset import REVERSED, UNKNOWN
from model import MULTIPLE

BINS = 200
# A threshold may cost this share of the best F1: the middle of all that do is steadier than the best itself.
NEAR_BEST = 0.99


def predict(net, before, after, device="cpu"):
    """Probabilities (K, height, width) of one normalized pair (bands, height, width) of any size."""
    height, width = before.shape[-2:]
    edge = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
    padded = [F.pad(date[None].to(device), edge, mode="replicate") for date in (before, after)]
    with torch.no_grad():
        return torch.sigmoid(net(*padded))[0, :, :height, :width].cpu()


def tally(net, chips, codes, normalize, device="cpu", swapped=False):
    """Counts of known pixels (K, 2, BINS): by class, by truth (0 another, 1 this one) and by probability."""
    net.eval()
    counts = np.zeros((len(codes), 2, BINS), np.int64)
    for chip in chips:
        dates = (chip.after, chip.before) if swapped else (chip.before, chip.after)
        probability = predict(net, *(normalize(date) for date in dates), device).numpy()
        known = chip.label != UNKNOWN
        for k, name in enumerate(codes):
            code = codes.get(REVERSED.get(name)) if swapped else codes[name]
            bins = np.minimum((probability[k][known] * BINS).astype(int), BINS - 1)
            truth = chip.label[known] == code
            for is_class in (0, 1):
                counts[k, is_class] += np.bincount(bins[truth == bool(is_class)], minlength=BINS)
    return counts


def scores(count):
    """(precision, recall, F1), an array each by threshold bin, of one class's counts (2, BINS)."""
    false, true = (np.cumsum(row[::-1])[::-1] for row in count)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = true / (true + false), true / count[1].sum()
        return precision, recall, 2 * true / (true + false + count[1].sum())


def choose_threshold(count):
    """The middle of the thresholds whose F1 is near the best; 0.5 where the class does not occur."""
    if not count[1].sum():
        return 0.5
    f1 = np.nan_to_num(scores(count)[2])
    near = np.flatnonzero(f1 >= NEAR_BEST * f1.max())
    return round(max(1, int(near[len(near) // 2])) / BINS, 4)


def figures_at(counts, codes, thresholds):
    """{class: {precision, recall, f1}} in shares of 1; classes that the chips do not hold are left out."""
    result = {}
    for count, name in zip(counts, codes):
        if count[1].sum():
            at = min(int(round(thresholds[name] * BINS)), BINS - 1)
            precision, recall, f1 = (round(float(np.nan_to_num(s[at])), 4) for s in scores(count))
            result[name] = {"precision": precision, "recall": recall, "f1": f1}
    return result
