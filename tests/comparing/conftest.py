"""A small untrained classifier, and the phantom as it reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.classifier import Classifier, load_classifier
from cxr_core.reading import Reading, read_film

MODEL = "resnet18-128-nih14"


@pytest.fixture(scope="module")
def classifier(_tiny_folder: Path) -> Classifier:
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("CXR_WEIGHTS", str(_tiny_folder))
        return load_classifier(MODEL)


@pytest.fixture(scope="module")
def reading(classifier: Classifier) -> Reading:
    return read_film(make_phantom(256), MODEL, classifier=classifier)
