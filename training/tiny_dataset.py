#!/usr/bin/env python3
"""Writes a small made dataset for the tests: four grounds of noise, bright squares built on them, one taken away.

With a second argument the labels tell of what is built alone."""

import json
import os
import sys

import numpy as np
import rasterio
from rasterio.transform import from_origin

SPLITS = ("train", "train", "val", "test")
BANDS = ("red", "green", "blue")
EDGE, METRES = 192, 0.5


def main(folder, new_alone=False):
    classes = {"building_new": 1} if new_alone else {"building_new": 1, "building_removed": 2}
    rng = np.random.default_rng(1)
    chips = []
    for ground, split in enumerate(SPLITS):
        name, west = f"ground_{ground}_0_0", 500_000 + 1000 * ground
        before = rng.normal(90, 6, (len(BANDS), EDGE, EDGE))
        after = before + rng.normal(0, 6, before.shape)
        label = np.zeros((1, EDGE, EDGE), np.uint8)
        for number in range(4):
            row, column = rng.integers(0, EDGE - 40, 2)
            square = np.s_[:, row : row + 32, column : column + 32]
            (before if number == 3 else after)[square] += 110
            label[square] = classes.get("building_removed", 0) if number == 3 else 1
        label[:, :8] = 255
        for part, values in (("A", before), ("B", after), ("label", label)):
            os.makedirs(os.path.join(folder, split, part), exist_ok=True)
            profile = dict(driver="GTiff", width=EDGE, height=EDGE, count=len(values), dtype="uint8", crs="EPSG:32650")
            path = os.path.join(folder, split, part, f"{name}.tif")
            with rasterio.open(path, "w", transform=from_origin(west, 2_500_000, METRES, METRES), **profile) as target:
                target.write(values.clip(0, 255).astype(np.uint8))
        bounds = [west, 2_500_000 - EDGE * METRES, west + EDGE * METRES, 2_500_000]
        chips.append(
            {"name": name, "split": split, "ground": f"ground_{ground}", "source": "truth", "crs": "EPSG:32650",
             "bounds": bounds, "resolution_m": METRES, "levels": {"dark": [40, 40, 40], "high": [160, 160, 160]},
             "pixels": {"building_new": int((label == 1).sum()), "building_removed": int((label == 2).sum())}}
        )  # fmt: skip
    manifest = {"format": "tuban-dataset", "version": 1, "bands": BANDS, "sample_type": "uint8", "resolution_m": METRES,
                "chip_px": EDGE, "classes": classes, "ignore": 255,
                "chips": chips}  # fmt: skip
    with open(os.path.join(folder, "dataset.json"), "w", encoding="utf-8") as stream:
        json.dump(manifest, stream, indent=1)


if __name__ == "__main__":
    main(sys.argv[1], len(sys.argv) > 2)
