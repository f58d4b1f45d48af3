"""Grey pictures that are no chest film."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.imaging.gate import check_film
from cxr_core.imaging.read import read_radiograph


def test_most_noise_fields_and_drawings_are_refused() -> None:
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(20):
        noise = cv2.GaussianBlur(rng.normal(size=(300, 300)), (0, 0), rng.uniform(1, 50))
        pictures.append(((noise - noise.min()) / np.ptp(noise) * 255).astype(np.uint8))
        drawing = np.full((300, 300), 255, np.uint8)
        for _ in range(8):
            centre = tuple(int(v) for v in rng.integers(0, 300, 2))
            cv2.circle(drawing, centre, int(rng.integers(5, 80)), int(rng.integers(0, 255)), int(rng.choice([-1, 3])))
        pictures.append(drawing)
    films = (read_radiograph(cv2.imencode(".png", picture)[1].tobytes()) for picture in pictures)
    assert sum(check_film(film, 128).status == "refused" for film in films) >= 32
