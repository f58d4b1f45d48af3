"""What tests of several rooms share: the real films, and a small folder of weights."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from pathlib import Path

import pytest

from cxr_core.datasets.nih_small import data_folder as where_data_is


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real films; the test is skipped where there is none."""
    folder = where_data_is()
    if not (folder / "nih" / "images.csv").is_file():
        pytest.skip("no real films: set CXR_DATA to the folder that holds nih/images.csv")
    return folder
