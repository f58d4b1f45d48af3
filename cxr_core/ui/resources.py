"""What the pages share: the loaded classifiers, and each session's readings."""

from __future__ import annotations

import gc
import importlib
import logging
import pkgutil
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.errors import CxrError, DataError
from cxr_core.evaluation.saved_points import saved_points
from cxr_core.imaging.gate import GateReport, check_film
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.card import CARD, Card, load_card
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.models.registry import EXPERIMENTS, MODELS, all_models, find_spec
from cxr_core.models.weights import find_weights, has_weights, weights_folder
from cxr_core.reading import Explanation, Reading, refine_explanation, rescore, score_film

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cxr_core.models.classifier import Classifier
    from cxr_core.models.spec import ModelSpec


_LOG = logging.getLogger(__name__)
_HEAD_START = 1.5  # s: importing TensorFlow holds the interpreter, and the first page would wait for it
MODEL_WIDTH = 390  # px of a choice of models: in it the longest title of ours is whole, closed and open


def trained_models() -> list[str]:
    """Ids of the models whose weights are here, in the registry's order."""
    return [model_id for model_id in all_models() if has_weights(find_spec(model_id))]


def is_trained(model_id: str | None) -> bool:
    """Whether this is a model whose weights are here."""
    return model_id in all_models() and has_weights(find_spec(model_id))


def best_models(most: int = 4) -> list[str]:
    """The trained models with the best mean AUC on val, in the registry's order: as many as fit beside each other.

    Each mean is that of the card, over the model's own findings but No Finding: 14 of most, 6 of the attention network.
    Ensembles are not among them: one that agrees with its own members shows nothing, and costs as much as all of them.
    Nor are models of exclusive classes: theirs is a mean over classes of other films, and easier. Nor clinical ones:
    their figure is with the patient's earlier findings, which an uploaded film has not. They are taken where there is
    no other. Of a network that ships at two sizes the smaller is: Xception's maps cost six times as much at 299 px.
    """
    models = [one for one in trained_models() if _sees_alone(find_spec(one))] or trained_models()
    models = [one for one in models if not _is_larger_of_two(one, models)]
    ranked = sorted(models, key=_val_auc, reverse=True)[:most]
    return [one for one in models if one in ranked]


def _sees_alone(spec: ModelSpec) -> bool:
    return not (spec.members or spec.exclusive or spec.clinical)


def _is_larger_of_two(model_id: str, models: Sequence[str]) -> bool:
    """Whether another of these models that ship is the same network for smaller films."""
    ours = [MODELS[one] for one in models if one in MODELS]
    return any(one.id == model_id and one.network == other.network and one.size > other.size
               for one in ours for other in ours)


def _val_auc(model_id: str) -> float:
    """0 for a model whose figure is not known, or whose card cannot be read: the page says so where it is chosen."""
    with suppress(CxrError):
        return next((one.mean_auc for one in card_of(model_id).subsets if one.name == "val"), 0.0)
    return 0.0


def experiments() -> list[str]:
    """Ids of what was trained to show something of the training alone: a card and figures are here, no weights."""
    return [model_id for model_id in EXPERIMENTS if (folder_of(model_id) / CARD).is_file()]


def folder_of(model_id: str) -> Path:
    """The folder of a trained model, or of an experiment, which has no weights to find."""
    return weights_folder() / model_id if model_id in EXPERIMENTS else find_weights(find_spec(model_id))


def card_of(model_id: str) -> Card:
    """The card of a trained model or an experiment, read once and again when the file has changed."""
    folder = folder_of(model_id)
    return _card(folder, (folder / CARD).stat().st_mtime_ns)


@st.cache_resource(max_entries=16)
def _card(folder: Path, changed: int) -> Card:
    return load_card(folder)


def classifier(model_id: str) -> Classifier:
    """The loaded model, shared by all sessions; loaded anew when its weights or calibration are others."""
    return _classifier(model_id, card_of(model_id).digest)


# twelve: all that ship, and two more. No spinner: it may load in a thread that has no page to spin on
@st.cache_resource(max_entries=12, show_spinner=False)
def _classifier(model_id: str, digest: str) -> Classifier:  # noqa: ARG001  says of which card
    from cxr_core.models.classifier import load_classifier
    from cxr_core.models.gradients import keep_session

    keep_session()
    gc.freeze()  # or each click pays for a garbage collection over all of TensorFlow: 820 ms against 110
    loaded = load_classifier(model_id, known=classifier)  # an ensemble takes its members from here
    _settle()
    _loaded_once().add(model_id)
    return loaded


def _settle() -> None:
    """Collect what is garbage, then keep what is left out of further collections.

    What was frozen before is looked at once more: networks hang together in circles, so that one which gave its place
    in the cache to another would never be freed, nor a film that was on its way out when everything was frozen. It
    takes a quarter of a second, so it is done once a model.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@st.cache_resource
def _loaded_once() -> set[str]:
    return set()


def is_loaded(model_id: str) -> bool:
    """Whether a model need not be waited for. It may have been dropped since for others: it is loaded again then."""
    return model_id in _loaded_once()


def reading(sha256: str, data: bytes, model_id: str, score_anyway: bool) -> Reading:
    """The reading of a film, kept in memory for this session alone; `sha256` is its key.

    The film is decoded once for all models and pages, and before a model is waited for: a bad file is told at once.
    """
    return _reading(sha256, data, model_id, card_of(model_id).digest, score_anyway)


# as a resource: a film's reading is many megabytes, and unpickling it would be a good part of each click
@st.cache_resource(scope="session", max_entries=8, show_spinner="Reading the film …")
def _reading(sha256: str, _data: bytes, model_id: str, digest: str, score_anyway: bool) -> Reading:  # noqa: ARG001
    film = radiograph(sha256, _data)
    return score_film(film, model_id, score_anyway=score_anyway, classifier=_loaded(model_id))


@st.cache_resource(scope="session", max_entries=4, show_spinner="Reading the film …")
def radiograph(sha256: str, _data: bytes) -> Radiograph:
    """A film, kept in memory for this session alone; `sha256` is its key."""
    return read_radiograph(_data)


@st.cache_resource(scope="session", max_entries=32, show_spinner=False)
def gate(sha256: str, _film: Radiograph, size: int) -> GateReport:
    """What the gate says of a film before a network of this size."""
    return check_film(_film, size)


def rescored(sha256: str, film: Reading, model_id: str, score_anyway: bool, told: ClinicalInputs) -> Reading:
    """The same film of a clinical model, told otherwise of its patient: one forward pass, nothing read or loaded."""
    return _rescored(sha256, film, model_id, card_of(model_id).digest, score_anyway, told)


@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
def _rescored(
    sha256: str, _film: Reading, model_id: str, digest: str, score_anyway: bool, told: ClinicalInputs  # noqa: ARG001
) -> Reading:
    return rescore(_film, told, _loaded(model_id))


def held_to_own_points(film: Reading) -> tuple[Reading, str]:
    """The reading held against the operating points that a reader saved for this model as it is calibrated.

    Where they cannot be read the card's hold, and the second value says why: a broken file keeps nobody from reading.
    """
    if film.prediction is None:
        return film, ""
    try:
        points = saved_points(card_of(film.spec.id).digest)
    except DataError as problem:
        return film, str(problem)
    return (replace(film, prediction=film.prediction.held_to(points)) if points else film), ""


def explanations(
    film: Reading, finding: str, *, steps: int, baseline: str, on_step: Callable[[int, int], None] | None = None
) -> Iterator[Explanation]:
    """Better and better maps of one finding."""
    return refine_explanation(
        film, finding, classifier=classifier(film.spec.id), steps=steps, baseline=baseline, on_step=on_step
    )


def warm_up() -> None:
    """Load the first trained model in the background, once in the life of the server."""
    _start_loading()


def load_ahead(model_ids: Sequence[str]) -> None:
    """Load models in the background that a page will want, so that the first is at work while the next is loaded.

    One after the other: building a network is one thread's work, which holds the interpreter for most of it. What fails
    is told where the model is wanted.
    """
    asked = _asked_for()
    new = [one for one in model_ids if one not in asked]
    if new:
        asked.update(new)
        threading.Thread(target=_load_each, args=(new,), daemon=True, name="loading ahead").start()


@st.cache_resource
def _asked_for() -> set[str]:
    return set()


def _load_each(model_ids: Sequence[str]) -> None:
    if "keras" not in sys.modules:
        time.sleep(_HEAD_START)
    for model_id in model_ids:
        with suppress(Exception):  # whatever it is: it is told where the model is wanted, and the next may be sound
            _make_ready(model_id)


def _make_ready(model_id: str) -> Classifier:
    """Load a model and do what its first score and map would wait for."""
    loaded = _loaded(model_id)
    loaded.trace()
    gc.collect()
    gc.freeze()  # what was traced, too
    return loaded


def status() -> tuple[str, str]:
    """The state of the model that loads at the start (waiting, ready, failed), and a line on it."""
    told = _start_loading()
    return told["kind"], told["text"]


def loading() -> bool:
    """Whether that model is still being loaded."""
    return _start_loading()["kind"] == "waiting"


@st.cache_resource
def _start_loading() -> dict[str, str]:
    models = trained_models()
    told = {"kind": "failed", "text": "No model is trained yet."}
    if models:
        told |= {"kind": "waiting", "text": f"{_short(models[0])} is loading"}
        threading.Thread(target=_load, args=(models[0], told), daemon=True).start()
    return told


def _load(model_id: str, told: dict[str, str]) -> None:
    time.sleep(_HEAD_START)
    try:
        told |= {"text": f"{_short(model_id)} ready · {_make_ready(model_id).device}", "kind": "ready"}
    except CxrError as problem:
        told |= {"text": f"{_short(model_id)} could not be loaded: {problem}", "kind": "failed"}
    except Exception as bug:  # or the pages wait for ever
        _LOG.exception("the first model could not be loaded")
        told |= {"text": f"{_short(model_id)} could not be loaded because of a bug in the program "
                         f"({type(bug).__name__}), which is in its log", "kind": "failed"}
    _import_ahead()


def _import_ahead() -> None:
    """Import what the Performance page needs, Pandas and Arrow first of all: its first curves would wait for it."""
    time.sleep(_HEAD_START)  # whoever waited for the model comes first
    importlib.import_module("cxr_core.ui.stored")
    for room in pkgutil.iter_modules(importlib.import_module("cxr_core.ui.trust").__path__, "cxr_core.ui.trust."):
        importlib.import_module(room.name)


def _short(model_id: str) -> str:
    return find_spec(model_id).title.split(" · ")[0]


def _loaded(model_id: str) -> Classifier:
    return classifier(model_id)
