"""A small folder as NIH's download is laid out: drawn films of a few patients, and one or two label files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

LABELS = ("No Finding", "Mass", "Mass|Effusion", "Effusion", "No Finding", "Nodule")
NEWER, OLDER = "Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv"


def draw_set(root: Path, patients: int = 4, films: int = 3, *, older: bool = False) -> Path:
    """Films of 1, 2, ... in `images`, a subfolder, so that a change of theirs does not touch the folder itself.

    With `older` there is the file of 2017 as well, by which every film is a Hernia.
    """
    (root / "images").mkdir(parents=True)
    rng, rows = np.random.default_rng(2), []
    for number in range(patients * films):
        patient, visit = number // films + 1, number % films
        name = f"{patient:08}_{visit:03}.png"
        cv2.imwrite(str(root / "images" / name), rng.integers(30, 220, (64, 64), np.uint8))
        rows.append({
            "Image Index": name, "Finding Labels": LABELS[number % len(LABELS)], "Follow-up #": visit,
            "Patient ID": patient, "Patient Age": 40 + 7 * patient + visit, "Patient Gender": "MF"[patient % 2],
            "View Position": ("PA", "AP")[number % 2], "OriginalImage[Width": 2000, "Height]": 2500,
            "OriginalImagePixelSpacing[x": 0.14300000000000002, "y]": 0.14300000000000002,
        })
    table = pd.DataFrame(rows)
    table.to_csv(root / NEWER, index=False)
    if older:
        spacing = {"OriginalImagePixelSpacing[x": 0.143, "y]": 0.143}
        table.assign(**{"Finding Labels": "Hernia"} | spacing).to_csv(root / OLDER, index=False)
    return root
