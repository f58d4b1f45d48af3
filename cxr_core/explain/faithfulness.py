"""Is a map true to its network? Deletion and insertion, randomised weights, small changes of the film.

Every check is to be read beside the same check of a map that knows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from cxr_core.explain.agreement import rank_correlation

Outputs = Callable[[np.ndarray], np.ndarray]  # batch (N, H, W, C) -> one output (N,)
SAME = 0.5  # a rank correlation under this: "it is another map"
# Over this: "it is the same map". Of maps shifted by a pixel (ten films, four methods, two networks) those between the
# two shared .54 of their brightest tenth, and those over this .82 (median).
STEADY = 0.8


@dataclass(frozen=True)
class Curve:
    """An output as more and more of the film is taken out or put in: `share` of the pixels 0 to 1, `values`, `area`.

    `area` is the mean of the curve as a part of the way from the empty film's output to the whole film's: small is good
    for deletion, large for insertion. NaN where the two outputs are the same.
    """

    share: np.ndarray
    values: np.ndarray
    area: float


def deletion(
    outputs: Outputs, film: np.ndarray, baseline: np.ndarray, heatmap: np.ndarray, *, steps: int = 16,
    inner_batch: int = 8,
) -> Curve:
    """Take the brightest places of the map out of the film first (Petsiuk, Das, Saenko 2018, arXiv:1806.07421).

    `film` and `baseline` have shape (H, W, C); what is taken out shows the baseline. `heatmap` has shape (H, W).
    """
    return _perturb(outputs, film, baseline, heatmap, steps, inner_batch, whole_at=0)


def insertion(
    outputs: Outputs, film: np.ndarray, baseline: np.ndarray, heatmap: np.ndarray, *, steps: int = 16,
    inner_batch: int = 8,
) -> Curve:
    """Put the brightest places of the map into an empty film first; otherwise as `deletion`."""
    return _perturb(outputs, baseline, film, heatmap, steps, inner_batch, whole_at=-1)


def _perturb(
    outputs: Outputs, start: np.ndarray, end: np.ndarray, heatmap: np.ndarray, steps: int, inner_batch: int, *,
    whole_at: int,
) -> Curve:
    # places that are equally bright come in no order: row by row, a flat map would look as if it knew the upper half
    order = np.lexsort((np.random.default_rng(0).random(heatmap.size), -heatmap.ravel()))
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    place = place.reshape(*heatmap.shape, 1)
    counts = np.round(np.linspace(0, order.size, steps + 1)).astype(int)
    values = np.concatenate([
        outputs(np.stack([np.where(place < count, end, start) for count in part]).astype(np.float32))
        for part in np.array_split(counts, -(-len(counts) // inner_batch))
    ]).astype(np.float64)
    whole, empty = values[whole_at], values[-1 - whole_at]
    parts = (values - empty) / (whole - empty) if whole != empty else np.full(len(values), np.nan)
    area = float(np.trapezoid(parts, counts / order.size))
    return Curve(counts / order.size, values, area)


@dataclass(frozen=True)
class Randomisation:
    """How like the map stays when the network's layers are made random from the top down: rank correlations, -1 to 1.

    A map that stays the same does not show what the network learned (Adebayo et al. 2018, arXiv:1810.03292).
    """

    layers: tuple[str, ...]
    likeness: tuple[float, ...]

    @property
    def is_blind(self) -> bool:
        """The map of the wholly random network is still much like the trained one's."""
        return bool(self.likeness) and self.likeness[-1] > SAME


def cascade(heatmap: np.ndarray, randomised: Iterable[tuple[str, np.ndarray]]) -> Iterator[Randomisation]:
    """Compare a map with those of ever more random networks, each given with the name of the layer made random last."""
    layers: list[str] = []
    likeness: list[float] = []
    for layer, other in randomised:
        layers.append(layer)
        likeness.append(rank_correlation(heatmap, other))
        yield Randomisation(tuple(layers), tuple(likeness))


@dataclass(frozen=True)
class Stability:
    """How like the map stays under changes that no reader would see: rank correlations with the map, -1 to 1.

    `across` and `down` are those of the film shifted by 1 px, `noisy` that of one with 1% noise.
    """

    across: float
    down: float
    noisy: float

    @property
    def shifted(self) -> float:
        """The lesser of both shifts; NaN where one cannot be told."""
        return float(np.min([self.across, self.down]))

    @property
    def jumps(self) -> bool:
        return min(self.shifted, self.noisy) < SAME

    @property
    def stays(self) -> bool:
        return min(self.shifted, self.noisy) >= STEADY


def stability(
    attribute: Callable[[np.ndarray], np.ndarray], film: np.ndarray, heatmap: np.ndarray, *, seed: int = 0
) -> Stability:
    """Draw the map anew for the film shifted by 1 px to the right, by 1 px downwards, and for one with 1% noise.

    `attribute` makes a heat map (H, W) of a film (H, W, C); `heatmap` is that of `film`.
    """
    across, down = np.roll(film, 1, axis=1), np.roll(film, 1, axis=0)
    across[:, 0], down[0] = film[:, 0], film[0]
    spread = 0.01 * float(film.max() - film.min())
    noisy = film + np.random.default_rng(seed).normal(0, spread, (*film.shape[:2], 1)).astype(np.float32)
    return Stability(
        rank_correlation(heatmap[:, :-1], attribute(across)[:, 1:]),
        rank_correlation(heatmap[:-1], attribute(down)[1:]), rank_correlation(heatmap, attribute(noisy)),
    )


def random_heatmap(size: int, seed: int = 0) -> np.ndarray:
    """A control that knows nothing: noise as smooth as a heat map, shape (size, size), float32, 0 and over."""
    noise = np.random.default_rng(seed).normal(size=(size, size)).astype(np.float32)
    return np.maximum(cv2.GaussianBlur(noise, (0, 0), size / 20), 0)
