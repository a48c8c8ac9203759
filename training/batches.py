"""Training batches: windows of chips under other light, season, position and view.

A batch follows from (seed, step) alone, so that an interrupted training goes on as if it had not been. Values are
scaled digital numbers, where dark is 0 and bright ground about 1; frames are model pixels.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from dataset import REVERSED, UNKNOWN

# Standard deviations or bounds, for each date on its own unless said otherwise.
GAIN, BAND_GAIN, OFFSET, GAMMA = 0.12, 0.04, 0.02, 0.25  # light, that normalization has left
TINT = 0.1  # season: how far vegetation's bands move
NOISE = 0.03
# Both dates together: log of the zoom (houses stand for halls too), turn besides quarter turns.
SCALE, TURN = 0.4, np.pi / 4
SHIFT, LEAN = 2.0, 0.03  # between the dates: pixels, and shear or stretch over the window
# Shares of windows about a changed pixel, and of dates blurred; the rest of the windows turn and zoom not at all.
CHANGED, BLURRED, FREE = 0.5, 0.3, 0.5
# Pixels a chip remembers of each kind as window centres.
CENTRES = 4096
# Edge of the square, model pixels, whose changed share tells how large the change is that a pixel belongs to.
AROUND = 17


@dataclass(frozen=True)
class Source:
    """A chip with pixels that windows may be about: (row, column) each."""

    chip: object
    known: np.ndarray
    changed: np.ndarray
    changed_px: int  # CENTRES at most
    inner: tuple  # least and greatest centre (row, column) of windows that lie within the known part


def rarity(changed, power):
    """Weight of each changed pixel (..., height, width): the changed share of the square around it, to the power -power.

    Lone houses weigh more than the pixels of halls: leads are counted by objects, a training loss by pixels. A power of 0
    weighs all alike.
    """
    if power == 0:
        return changed
    rows = F.avg_pool2d(changed[:, None], (AROUND, 1), 1, (AROUND // 2, 0))
    share = F.avg_pool2d(rows, (1, AROUND), 1, (0, AROUND // 2))[:, 0]
    return changed * share.clamp(min=1 / AROUND**2) ** -power


def source_of(chip, codes, rng, crop, small):
    known = np.argwhere(chip.label != UNKNOWN)
    mask = np.isin(chip.label, codes)
    places = np.argwhere(mask)
    changed = places
    if len(places):
        weights = rarity(torch.from_numpy(mask.astype(np.float32))[None], small)[0].numpy()[mask].astype(np.float64)
        changed = places[rng.choice(len(places), CENTRES, p=weights / weights.sum())]
    if not len(known):
        return Source(chip, known, changed, 0, (None, None))
    least, most = known.min(0) + crop // 2, known.max(0) + 1 - crop // 2
    middle = (least + most) // 2  # of a part narrower than a window
    inner = (np.where(least > most, middle, least), np.where(least > most, middle, most))
    return Source(chip, rng.permutation(known)[:CENTRES], changed, min(CENTRES, len(places)), inner)


def shares(weights):
    """The cumulative shares by which one of many is drawn."""
    return np.cumsum(weights) / max(1, np.sum(weights))


class Batches:
    def __init__(self, chips, bands, codes, seed, size, crop, small):
        self.bands, self.seed, self.size, self.crop = bands, seed, size, crop
        rng = np.random.default_rng(seed)
        sources = [source_of(chip, list(codes.values()), rng, crop, small) for chip in chips]
        self.known = [s for s in sources if len(s.known)]
        self.changed = [s for s in sources if len(s.changed)]
        # Chips are drawn by what is known of them, and by the root of what changed: a large hall is no hundred houses.
        self.known_shares = shares([(s.chip.label != UNKNOWN).sum() for s in self.known])
        self.changed_shares = shares([s.changed_px**0.5 for s in self.changed])
        self.swapped = swap_table(codes)

    def __call__(self, step):
        """(before, after, label) of a step: float32 (size, bands, crop, crop) twice, uint8 (size, crop, crop)."""
        rng = np.random.default_rng((self.seed, step))
        before, after, label = (torch.cat(part) for part in zip(*(self.window(rng) for _ in range(self.size))))
        swap = torch.from_numpy(rng.random(self.size) < 0.5)
        pick = swap[:, None, None, None]
        before, after = torch.where(pick, after, before), torch.where(pick, before, after)
        label = torch.where(swap[:, None, None], self.swapped[label.long()], label)
        return self.look(before, rng), self.look(after, rng), label

    def window(self, rng):
        if rng.random() < CHANGED:
            source = self.changed[np.searchsorted(self.changed_shares, rng.random())]
            about = source.changed
        else:
            source = self.known[np.searchsorted(self.known_shares, rng.random())]
            about = source.known
        # the pixel the window is about lies anywhere in its inner half, if the window does not leave what is known
        centre = about[rng.integers(len(about))] + rng.integers(-self.crop // 4, self.crop // 4 + 1, 2)
        centre = np.clip(centre, *source.inner)
        quarter = np.array([[0, -1], [1, 0]])
        turn = np.linalg.matrix_power(quarter, rng.integers(4)) @ np.diag([1, rng.choice([-1, 1])]).astype(float)
        free = rng.random() < FREE
        if free:
            angle, zoom = rng.uniform(-TURN, TURN), np.exp(rng.uniform(-SCALE, SCALE))
            turn = turn @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * zoom
        shift, lean = rng.uniform(-SHIFT, SHIFT, 2), rng.uniform(-LEAN, LEAN, (2, 2))
        moved = (turn + lean, shift) if free else (turn, np.round(shift))
        chip = source.chip
        label = torch.from_numpy(chip.label.astype(np.float32) - UNKNOWN)[None]  # so that beyond the chip is unknown
        return (
            cut(chip.before, centre, *moved, self.crop),
            cut(chip.after, centre, turn, np.zeros(2), self.crop),
            (cut(label, centre, turn, np.zeros(2), self.crop, label=True)[:, 0] + UNKNOWN).round().to(torch.uint8),
        )

    def look(self, date, rng):
        """A date in another light, season and sharpness."""
        n, bands = date.shape[:2]
        each = lambda values: torch.from_numpy(values.astype(np.float32)).reshape(n, -1, 1, 1)
        normal = lambda sd, *shape: each(rng.normal(0, sd, shape))
        date = date + vegetation(date, self.bands) * normal(TINT, n, bands)
        gamma = each(np.exp(rng.uniform(-GAMMA, GAMMA, n)))
        light = date.clamp(min=0) ** gamma + date.clamp(max=0)
        light = light * torch.exp(normal(GAIN, n, 1) + normal(BAND_GAIN, n, bands)) + normal(OFFSET, n, bands)
        blur = blurred(light)
        share, level = np.where(rng.random(n) < BLURRED, rng.random(n), 0), rng.uniform(0, NOISE, n)
        noise = torch.from_numpy(rng.standard_normal(date.shape, np.float32))
        return light + each(share) * (blur - light) + each(level) * noise


def blurred(date):
    """The mean of 3 x 3 pixels (as sums of moved copies: PyTorch's pooling takes ten times as long)."""
    wide = F.pad(date, (1, 1, 1, 1), mode="replicate")
    rows = wide[..., :-2, :] + wide[..., 1:-1, :] + wide[..., 2:, :]
    return (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9


def cut(raster, centre, turn, shift, crop, label=False):
    """The window (1, bands, crop, crop) about `centre` (row, column); its pixel p is that at centre + turn p + shift"""
    raster = torch.as_tensor(raster, dtype=torch.float32)[None]
    height, width = raster.shape[-2:]
    offset = np.arange(crop) - crop // 2
    p = np.stack(np.meshgrid(offset, offset, indexing="ij")).reshape(2, -1)
    row, column = (turn @ p + (centre + shift)[:, None]).reshape(2, crop, crop)
    grid = np.stack([(2 * column + 1) / width - 1, (2 * row + 1) / height - 1], -1).astype(np.float32)[None]
    mode, beyond = ("nearest", "zeros") if label else ("bilinear", "border")
    return F.grid_sample(raster, torch.from_numpy(grid), mode=mode, padding_mode=beyond, align_corners=False)


def vegetation(date, bands):
    """How green a pixel is, 0-1: NDVI where there is nir, else excess green (Woebbecke 1995); 0 where bands lack."""
    band = lambda name: date[:, bands.index(name), None].clamp(min=0.02)
    if "nir" in bands and "red" in bands:
        return (2 * (band("nir") - band("red")) / (band("nir") + band("red"))).clamp(0, 1)
    if all(name in bands for name in ("red", "green", "blue")):
        red, green, blue = band("red"), band("green"), band("blue")
        return (5 * (2 * green - red - blue) / (red + green + blue)).clamp(0, 1)
    return torch.zeros_like(date[:, :1])


def swap_table(codes):
    """What a label becomes when the dates change places (a table over its 256 values)."""
    table = torch.full((256,), UNKNOWN, dtype=torch.uint8)
    table[0] = 0
    for name, code in codes.items():
        if REVERSED.get(name) in codes:
            table[code] = codes[REVERSED[name]]
    return table
