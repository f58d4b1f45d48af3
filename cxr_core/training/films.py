"""Films for Keras: the split in memory as bytes, augmented as it is drawn."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import cv2
import keras
import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.models.spec import ModelSpec
from cxr_core.training.augment import AUGMENTATIONS
from cxr_core.training.recipe import Recipe


def load_films(index: Index, size: int) -> np.ndarray:
    """All films of an index as uint8 of shape (films, size, size), by the resampling that prediction uses."""
    from cxr_core.imaging.prepare import prepare_pixels

    def load(path: str) -> np.ndarray:
        film = cv2.imread(str(index.root / path), cv2.IMREAD_GRAYSCALE)
        if film is None:
            raise DataError(f"The film {path} cannot be read. Run the data check, or leave its row out.")
        return np.round(prepare_pixels(film.astype(np.float32) / 255, size) * 255).astype(np.uint8)

    with ThreadPoolExecutor(2) as pool:
        return np.stack(list(pool.map(load, index.table["path"])))


def to_input(films: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """Films of 0 to 1, shape (N, H, W), as the network's input: scaled, channels last."""
    scaled = films * 2 - 1 if spec.scaling == "symmetric" else films
    return np.repeat(scaled[..., None], spec.channels, axis=-1).astype(np.float32)


def draw_weights(targets: np.ndarray, *, balance: bool) -> np.ndarray:
    """Chance of each film to be drawn, shape (films,), sum 1: by its rarest finding when balanced."""
    if not balance:
        return np.full(len(targets), 1 / len(targets))
    rarity = 1 / np.sqrt(np.maximum(targets.sum(axis=0), 1))
    weights = (targets * rarity).max(axis=1)
    weights = np.where(weights > 0, weights, rarity.min())
    return weights / weights.sum()


class TrainingFilms(keras.utils.PyDataset):
    """Batches of augmented films; the order and the augmentation depend on seed and epoch alone."""

    def __init__(self, films: np.ndarray, targets: np.ndarray, spec: ModelSpec, recipe: Recipe, epoch: int = 0) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._films, self._targets, self._spec, self._recipe = films, targets, spec, recipe
        self._augment = AUGMENTATIONS[recipe.augmentation]
        self._weights = draw_weights(targets, balance=recipe.balance)
        self._epoch = epoch
        self._draw()

    def _draw(self) -> None:
        rng = np.random.default_rng((self._recipe.seed, self._epoch))
        count = self._recipe.epoch_films or len(self._films)
        if self._recipe.balance:
            self._order = rng.choice(len(self._films), count, p=self._weights)
        else:
            turn, start = divmod(self._epoch * count, len(self._films))
            order = np.concatenate([
                np.random.default_rng((self._recipe.seed, 7, turn + k)).permutation(len(self._films)) for k in (0, 1)
            ])
            self._order = order[start:start + count]

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._recipe.batch)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[step * self._recipe.batch:(step + 1) * self._recipe.batch]
        rng = np.random.default_rng((self._recipe.seed, self._epoch, step))
        films = np.stack([self._augment(self._films[row].astype(np.float32) / 255, rng) for row in rows])
        return to_input(films, self._spec), self._targets[rows]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._draw()
