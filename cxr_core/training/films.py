"""Films for Keras: the split in memory as bytes, augmented as it is drawn."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.datasets.sampling import findings_weights, upsampled_places
from cxr_core.errors import DataError, UnreadableFilm
from cxr_core.findings import NO_FINDING
from cxr_core.imaging.prepare import prepare_pixels, scale
from cxr_core.imaging.records import in_record, read_image
from cxr_core.models.spec import ModelSpec
from cxr_core.training.augment import AUGMENTATIONS
from cxr_core.training.clinical import ClinicalRows
from cxr_core.training.devices import Share
from cxr_core.training.recipe import Recipe, Stage

BLOCK = 1024  # films in memory at a time, while a run is assessed


def load_film(root: Path, path: str, size: int) -> np.ndarray:
    """One film as uint8 of shape (size, size), by the resampling that prediction uses: a file, or a TFRecord's record.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    if (place := in_record(root / path)) is not None:
        film = cv2.imdecode(np.frombuffer(_jpeg_in(place), np.uint8), cv2.IMREAD_GRAYSCALE)
    else:
        film = cv2.imread(str(root / path), cv2.IMREAD_GRAYSCALE)
    if film is None:
        raise DataError(f"The film {path} cannot be read. Run the data check, or leave its row out.")
    return np.round(prepare_pixels(film.astype(np.float32) / 255, size) * 255).astype(np.uint8)


def _jpeg_in(place: tuple[Path, int]) -> bytes:
    try:
        return read_image(*place)
    except UnreadableFilm as problem:
        raise DataError(str(problem)) from None


def load_films(index: Index, size: int) -> np.ndarray:
    """All films of an index as uint8 of shape (films, size, size), by the resampling that prediction uses."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        films = list(pool.map(lambda path: load_film(index.root, path, size), index.table["path"]))
    return np.stack(films) if films else np.empty((0, size, size), np.uint8)


def load_blocks(index: Index, size: int) -> Iterator[np.ndarray]:
    """The same, at most `BLOCK` films at a time: a whole official test list takes no more memory than these."""
    for start in range(0, len(index), BLOCK):
        yield load_films(index.take(np.arange(start, min(start + BLOCK, len(index)))), size)


def to_input(films: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """Films of 0 to 1, shape (N, H, W), as the network's input: scaled, channels last."""
    return scale(films, spec)


def network_input(films: np.ndarray, spec: ModelSpec, clinical: np.ndarray | None = None) -> Any:
    """What the network takes of films (N, H, W) of uint8: the films, beside clinical inputs (N, 17) if it has any."""
    scaled = to_input(films.astype(np.float32) / 255, spec)
    return scaled if clinical is None else [scaled, clinical]


def draw_weights(targets: np.ndarray, draw: str, findings: tuple[str, ...]) -> np.ndarray:
    """Chance of each film to be drawn, shape (films,), sum 1: by its rarest finding, or by how many it has.

    `targets` has a column for each of `findings`. No Finding counts as none of how many a film has.
    """
    if draw == "findings":
        weights = findings_weights(targets[:, [name != NO_FINDING for name in findings]])
    else:
        rarity = 1 / np.sqrt(np.maximum(targets.sum(axis=0), 1))
        weights = (targets * rarity).max(axis=1)
        weights = np.where(weights > 0, weights, rarity.min())
    return weights / weights.sum()


class TrainingFilms(keras.utils.PyDataset):
    """Batches of augmented films, epoch after epoch; each depends on seed, epoch and step alone.

    All epochs stand in one row, `steps` batches each, because Keras's own count of epochs restarts with a
    resumed run. `targets` holds one array (films, outputs) per output of the network; the first one's weigh the draw.
    `first` is the number of the first epoch within the whole run, `skip` the number of its batches that are left out,
    `clinical` what a clinical network is told beside. Several devices share each batch evenly: films that are left over
    at the end of an epoch are not shown. `broken` is why a film could not be read, if one could not.
    """

    def __init__(
        self, films: np.ndarray, targets: tuple[np.ndarray, ...], spec: ModelSpec, recipe: Recipe, stage: Stage,
        first: int = 0, epochs: int = 1, clinical: ClinicalRows | None = None, skip: int = 0, share: Share = Share(),
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._films, self._targets, self._spec, self._recipe = films, targets, spec, recipe
        self._rows = (
            upsampled_places(targets[0].argmax(axis=1), seed=recipe.seed) if recipe.draw == "upsampled"
            else np.arange(len(films))
        )
        self._count = stage.epoch_films or len(self._rows)
        self._augment = AUGMENTATIONS[recipe.augmentation]
        self._weights = (
            None if recipe.draw in ("in_turn", "upsampled") else draw_weights(targets[0], recipe.draw, spec.findings)
        )
        self._first, self._epochs, self._clinical = first, epochs, clinical
        self._skip, self._share = skip, share
        self.broken: DataError | None = None
        self._count -= self._count % share.devices
        self.steps = math.ceil(self._count / recipe.batch)

    def _order(self, epoch: int) -> np.ndarray:
        """The rows shown in an epoch, in order: drawn by weight, or every film in turn, repeated ones among them."""
        seed = self._recipe.seed
        if self._weights is not None:
            return np.random.default_rng((seed, epoch)).choice(len(self._films), self._count, p=self._weights)
        turn, start = divmod(epoch * self._count, len(self._rows))
        order = [self._rows[np.random.default_rng((seed, 7, turn + k)).permutation(len(self._rows))] for k in (0, 1)]
        return np.concatenate(order)[start:start + self._count]

    def __len__(self) -> int:
        return self.steps * self._epochs - self._skip

    def __getitem__(self, place: int) -> tuple[Any, tuple[np.ndarray, ...]]:
        epochs, step = divmod(self._skip + place, self.steps)
        epoch = self._first + epochs
        rows = self._order(epoch)[step * self._recipe.batch:(step + 1) * self._recipe.batch]
        rng = np.random.default_rng((self._recipe.seed, epoch, step))
        films = np.stack([self._augment(self._films[row].astype(np.float32) / 255, rng) for row in rows])
        parts = [films, *(labels[rows] for labels in self._targets)]
        if self._clinical is not None:
            parts.append(self._clinical.drawn(rows, self._recipe.hide_clinical, rng))
        if self._recipe.mixup:
            share = np.float32(rng.beta(self._recipe.mixup, self._recipe.mixup))
            parts = [share * part + (1 - share) * part[::-1] for part in parts]
        parts = [part[self._share.of(len(rows))] for part in parts]
        films, targets = to_input(parts[0], self._spec), tuple(parts[1:1 + len(self._targets)])
        return (films if self._clinical is None else (films, parts[-1])), targets
