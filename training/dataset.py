"""Chips of a dataset folder (`tuban dataset export`) as pairs of scaled bands and labels at the model's pixel size."""

import json
import math
import os
from dataclasses import dataclass

import numpy as np
import rasterio

from errors import BadInput

UNKNOWN = 255
# Classes that swapping the dates turns into each other; of any other, swapped dates teach nothing.
REVERSED = {
    "building_new": "building_removed",
    "building_removed": "building_new",
    "water_gain": "water_loss",
    "water_loss": "water_gain",
}


@dataclass(frozen=True)
class Chip:
    name: str
    split: str
    ground: str
    pixel_m: float  # metres a model pixel
    before: np.ndarray  # float16 (bands, height, width): (digital number - dark) / high
    after: np.ndarray
    label: np.ndarray  # uint8 (height, width): 0, class code, UNKNOWN


@dataclass(frozen=True)
class Dataset:
    path: str
    bands: tuple
    codes: dict  # class name -> code in the labels
    labelled: frozenset  # classes that the labels may tell; of the others only dates that change places teach
    chips: list
    sources: tuple


def read_dataset(path, pixel_size):
    """Everything in memory: a chip of 512 px RGB at 0.56 m is 0.8 MB at 1.12 m."""
    manifest = read_manifest(path)
    bands = manifest["bands"]
    chips = [read_chip(path, entry, bands, manifest["classes"], pixel_size) for entry in manifest["chips"]]
    occurring = {code for chip in chips for code in codes_in(chip.label)}
    codes = {name: code for name, code in manifest["classes"].items() if code in occurring}
    if not codes:
        raise BadInput(f"{path}: no chip holds a changed pixel, nothing can be learned; export confirmed patches too")
    free = (code for code in range(UNKNOWN - 1, 0, -1) if code not in manifest["classes"].values())
    for name in list(codes):  # a class comes with its reverse: swapped dates teach it, and without it they would teach nothing
        other = REVERSED.get(name)
        if other is not None and other not in codes:
            codes[other] = manifest["classes"].get(other) or next(free)
    codes = dict(sorted(codes.items(), key=lambda item: item[1]))
    sources = tuple(sorted({entry.get("source", "unknown") for entry in manifest["chips"]}))
    return Dataset(path, tuple(bands), codes, frozenset(manifest["classes"]), chips, sources)


def read_manifest(path):
    file = os.path.join(path, "dataset.json")
    try:
        with open(file, encoding="utf-8") as stream:
            manifest = json.load(stream)
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}; give a folder written by tuban dataset export") from error
    except ValueError as error:
        raise BadInput(f"{file}: not JSON ({error}); export the dataset again") from error
    if not isinstance(manifest, dict) or manifest.get("format") != "tuban-dataset" or manifest.get("version") != 1:
        raise BadInput(f'{file}: not a dataset of version 1; expected "format": "tuban-dataset", "version": 1')
    for key, kind in (("bands", list), ("classes", dict), ("chips", list)):
        if not isinstance(manifest.get(key), kind) or not manifest[key]:
            raise BadInput(f'{file}: "{key}" is missing or empty; export the dataset again')
    if manifest.get("ignore", UNKNOWN) != UNKNOWN:
        raise BadInput(f'{file}: "ignore" is {manifest["ignore"]}; expected {UNKNOWN}')
    return manifest


def read_chip(path, entry, bands, classes, pixel_size):
    try:
        name, split, ground = entry["name"], entry["split"], str(entry["ground"])
        resolution = float(entry["resolution_m"])
        dark, high = (np.array(entry["levels"][k], np.float32) for k in ("dark", "high"))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}/dataset.json: a chip lacks or spoils {error}; export the dataset again") from error
    if split not in ("train", "val", "test"):
        raise BadInput(f'{path}/dataset.json: chip {name} has split "{split}"; expected train, val or test')
    if len(dark) != len(bands) or len(high) != len(bands) or not (high > 0).all() or not resolution > 0:
        raise BadInput(f"{path}/dataset.json: chip {name}: expected levels of {len(bands)} bands, a resolution above 0")
    factor = max(1, math.floor(pixel_size / resolution + 0.5))
    before, after, label = (read_raster(os.path.join(path, split, d, f"{name}.tif")) for d in ("A", "B", "label"))
    if before.shape != after.shape or len(before) != len(bands) or label.shape != (1, *before.shape[1:]):
        raise BadInput(
            f"{path}/{split}: chip {name} has bands x height x width {before.shape} before, {after.shape} after and "
            f"{label.shape} as label; expected {len(bands)} bands and one label of the same size"
        )
    odd = sorted(set(codes_in(label)) - set(classes.values()))
    if odd:
        raise BadInput(f"{path}/{split}/label/{name}.tif: holds codes {odd} that dataset.json does not name")
    scale = lambda date: ((mean_cells(date, factor) - dark[:, None, None]) / high[:, None, None]).astype(np.float16)
    return Chip(name, split, ground, resolution * factor, scale(before), scale(after), majority(label[0], factor))


def read_raster(file):
    try:
        with rasterio.open(file) as source:
            return source.read()
    except (rasterio.errors.RasterioError, OSError) as error:
        raise BadInput(f"{file}: cannot be read ({error}); export the dataset again") from error


def cells(raster, factor):
    """The factor * factor pixels of each cell, as rasters (..., rows, columns); half cells are left out."""
    rows, columns = (n // factor for n in raster.shape[-2:])
    cut = raster[..., : rows * factor, : columns * factor]
    return [cut[..., r::factor, c::factor] for r in range(factor) for c in range(factor)]


def mean_cells(raster, factor):
    return sum(part.astype(np.float32) for part in cells(raster, factor)) / factor**2


def majority(label, factor):
    """Unknown where half of a cell or more is; else changed where half of what is known is, of its commonest class."""
    parts = cells(label, factor)
    count = lambda code: sum((part == code).astype(np.int32) for part in parts)
    unknown, unchanged = count(UNKNOWN), count(0)
    best, most = np.zeros(unknown.shape, np.uint8), 0
    for code in codes_in(label):
        counted = count(code)
        best, most = np.where(counted > most, code, best), np.maximum(counted, most)
    changed = factor**2 - unknown - unchanged
    result = np.where((changed > 0) & (changed >= unchanged), best, 0)
    return np.where(2 * unknown >= factor**2, UNKNOWN, result).astype(np.uint8)


def codes_in(label):
    """Codes of change that occur."""
    return [c for c in np.flatnonzero(np.bincount(label.ravel(), minlength=256)).tolist() if c not in (0, UNKNOWN)]


def held_back(chips, seed):
    """(train, val): the split "val", else a seventh of the training grounds, where there are two or more."""
    train = [c for c in chips if c.split == "train"]
    val = [c for c in chips if c.split == "val"]
    if not train:
        raise BadInput('the dataset has no chip of split "train"; export with more grounds')
    if val:
        return train, val
    grounds = sorted({c.ground for c in train})
    np.random.default_rng(seed).shuffle(grounds)
    away = set(grounds[: max(1, round(len(grounds) / 7))]) if len(grounds) > 1 else set()
    return [c for c in train if c.ground not in away], [c for c in train if c.ground in away]


def band_statistics(chips):
    """(mean, standard deviation) a band over both dates of known pixels, after the scaling by levels."""
    total = square = count = 0
    for chip in chips:
        known = chip.label != UNKNOWN
        for date in (chip.before, chip.after):
            values = date[:, known].astype(np.float64)
            total, square, count = total + values.sum(1), square + (values**2).sum(1), count + values.shape[1]
    if not np.all(count):
        raise BadInput("no training chip holds a known pixel; export with verdicts or truth")
    mean = total / count
    return mean, np.sqrt(np.maximum(square / count - mean**2, 1e-8))
