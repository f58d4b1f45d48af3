"""Learn what frontal chest films have in common, for the gate.

    python -m cxr_core.training.gate_space

Fits principal components to thumbnails of train films (all sources) and sets the limit on val, so that
one film in two hundred is over it. Writes `cxr_core/imaging/chest_space.npz`: a mean, components and a
limit, no film.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from sklearn.decomposition import PCA

from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.imaging import gate

COMPONENTS = 16
PASSED = 99.5  # percent of val films


def fit(index: Index, out: Path) -> float:
    """Fit on the train split, set the limit on val, write `out`; returns the limit."""
    thumbs = {split: _thumbnails(index, split) for split in ("train", "val")}
    pca = PCA(COMPONENTS, random_state=0).fit(thumbs["train"])
    limit = float(np.percentile([gate.residual(t, pca.mean_, pca.components_) for t in thumbs["val"]], PASSED))
    np.savez_compressed(out, mean=pca.mean_.astype(np.float16), components=pca.components_.astype(np.float16), limit=limit)
    return limit


def _thumbnails(index: Index, split: str) -> np.ndarray:
    part = index.where((index.table["split"] == split) & (index.table["source_width"] >= 128))
    films = (cv2.imread(str(index.root / path), cv2.IMREAD_GRAYSCALE) for path in part.table["path"])
    return np.stack([gate.thumbnail(film.astype(np.float32) / 255) for film in films])


if __name__ == "__main__":
    print(f"limit {fit(read_nih_small(), Path(gate.__file__).with_name('chest_space.npz')):.4f}")
