"""What a patch's chance means: a line from log odds to log odds, fitted on regions of held-back chips (Platt 1999)."""

import numpy as np
from rasterio.features import rasterize, shapes

from dataset import UNKNOWN
from figures import predict

# Smaller regions are no patches: a run leaves out buildings below this, square metres.
LEAST_M2 = 48
# Fewer regions, or fewer right or wrong ones, tell nothing.
LEAST_REGIONS, LEAST_EACH = 30, 5
# Pull of slope and intercept towards 1 and 0, as so many regions' worth: few regions do not turn the line.
PULL = 1.0
# Chances nearer to 0 or 1 count as these, as in a run.
EDGE = 1e-3


def calibrate(net, chips, codes, thresholds, normalize, device="cpu"):
    """{class: {slope, intercept}}: log odds that a region is right, by those of its pixels' mean chance; unknown classes left out."""
    told = {name: ([], []) for name in codes}
    for chip in chips:
        probability = predict(net, normalize(chip.before), normalize(chip.after), device).numpy()
        known = chip.label != UNKNOWN
        for k, (name, code) in enumerate(codes.items()):
            chances, right = regions_of(probability[k], known, chip.label == code, thresholds[name], chip.pixel_m)
            told[name][0].extend(chances)
            told[name][1].extend(right)
    lines = {name: fit_line(np.array(chances), np.array(right, float)) for name, (chances, right) in told.items()}
    return {name: line for name, line in lines.items() if line is not None}


def regions_of(probability, known, truth, threshold, pixel_m):
    """(mean chance, whether half of it or more is true) of each 4-connected region over the threshold."""
    over = (probability >= threshold) & known
    outlines = [(outline, k + 1) for k, (outline, _) in enumerate(shapes(over.astype(np.uint8), mask=over))]
    if not outlines:
        return [], []
    labels = rasterize(outlines, out_shape=over.shape, dtype="int32").ravel()
    pixels, chance, hits = (
        np.bincount(labels, weights, len(outlines) + 1)[1:]
        for weights in (np.ones(labels.size), probability.ravel(), truth.ravel().astype(float))
    )
    patches = pixels * pixel_m**2 >= LEAST_M2
    return (chance[patches] / pixels[patches]).tolist(), (2 * hits[patches] >= pixels[patches]).tolist()


def fit_line(chances, right):
    """Logistic regression of one column by Newton's method; None where there is too little to tell, or chance tells nothing."""
    if len(right) < LEAST_REGIONS or min(right.sum(), (1 - right).sum()) < LEAST_EACH:
        return None
    chances = chances.clip(EDGE, 1 - EDGE)
    columns = np.stack([np.log(chances / (1 - chances)), np.ones(len(chances))], 1)
    centre = np.array([1.0, 0.0])
    line = centre.copy()
    for _ in range(50):
        said = 1 / (1 + np.exp(-columns @ line))
        slope = columns.T @ (right - said) - PULL * (line - centre)
        bend = (columns * (said * (1 - said))[:, None]).T @ columns + PULL * np.eye(2)
        step = np.linalg.solve(bend, slope)
        line = line + step / max(1.0, np.abs(step).max())  # whole steps may leap over the best, and back
        if np.abs(step).max() < 1e-9:
            break
    if not line[0] > 0:
        return None
    return {"slope": round(float(line[0]), 4), "intercept": round(float(line[1]), 4)}
