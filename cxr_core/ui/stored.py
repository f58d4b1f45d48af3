"""Stored results for the pages: read once, measured once."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cxr_core.errors import CxrError
from cxr_core.evaluation.curves import RocCurve, roc_band
from cxr_core.evaluation.exclusive import are_classes
from cxr_core.evaluation.results import NIH_NAME, SUBSETS, Results, subset
from cxr_core.evaluation.store import Stored, find_stored, list_stored
from cxr_core.models.registry import EXPERIMENTS, MODELS, all_models, find_spec
from cxr_core.models.weights import weights_folder
from cxr_core.ui import resources


def names(films: str | None = None) -> list[str]:
    """What the results are known by that can be read: of trained models first, then evaluated and imported ones.

    With `films` only those that hold films of this set. Those of exclusive classes are left out, shipped, evaluated or
    imported: the sets here are NIH's, theirs are of others.
    """
    return [name for name in _readable() if not of_classes(name) and (films is None or len(results(name, films)))]


def names_of_classes() -> list[str]:
    """The results of exclusive classes that can be read: of trained models first, then evaluated and imported ones."""
    return [name for name in _readable() if of_classes(name)]


def names_not_leaky() -> list[str]:
    """As `names`, without those that a leaky split flatters: what films are put in order by, or judged."""
    return [name for name in names() if not ((made := whole(name).provenance) and made.leaky)]


def of_classes(name: str) -> bool:
    """Whether results are of exclusive classes, and not of findings."""
    told = whole(name)
    return are_classes(told.findings, told.labels)


def _readable() -> list[str]:
    trained = resources.trained_models()
    return [one.id for one in list_stored(weights_folder())
            if (not one.shipped or one.id in trained or one.id in EXPERIMENTS) and _can_be_read(one.id)]


def broken() -> list[str]:
    """What is wrong with results that cannot be read."""
    return [problem for one in list_stored(weights_folder()) if (problem := _problem(one.id))]


def sets() -> list[str]:
    """The sets of films to choose from: the house's own, then those of evaluated and imported results."""
    others = dict.fromkeys(part for name in names() for part in whole(name).subsets)
    return [*SUBSETS, *(part for part in others if part not in SUBSETS)]


def title(name: str) -> str:
    """How a reader knows the results; imported and evaluated ones are marked."""
    if name in EXPERIMENTS or name in all_models():  # it may have no results at all
        return find_spec(name).title
    made = whole(name).provenance
    if made is None:
        return name
    return f"{name} · {made.kind}"


def coloured() -> list[str]:
    """Everything that has a colour, in an order that stays when others join."""
    return [*all_models(), *EXPERIMENTS, *(one.id for one in list_stored(weights_folder()) if not one.shipped)]


def share(first: str, second: str, films: str) -> bool:
    """Whether two have films of a set in common."""
    return bool(np.isin(results(first, films).names, results(second, films).names).any())


def digest(name: str) -> str:
    """What changes when the results do: the sha256 of a shipped model's weights, or of others' file and films."""
    if name in MODELS:
        return resources.card_of(name).weights.sha256
    made = whole(name).provenance
    return made.digest + made.split_digest if made else ""


def operating_point(name: str, finding: str) -> float | None:
    """The card's, for a model of ours wherever it was evaluated; None for somebody else's."""
    model = model_of(name)
    return resources.card_of(model).finding(finding).operating_point if model else None


def model_of(name: str) -> str | None:
    """The model that the Read page has and that these results are of; None where there is none, or of other weights."""
    made = whole(name).provenance
    model = name if name in MODELS else made.model if made and made.kind == "evaluated" else None
    if model not in resources.trained_models():
        return None
    if name not in MODELS and made is not None and made.digest != resources.card_of(model).weights.sha256:
        return None  # it was evaluated with other weights than are here
    return model


def weights_of(name: str) -> str:
    """The sha256 of the weights that the Read page reads with, of these results' model; empty where it has none."""
    model = model_of(name)
    return resources.card_of(model).weights.sha256 if model else ""


def results(name: str, films: str) -> Results:
    """Stored results on one set of films; read from disk once, and again when the file has changed.

    Somebody's results of more of NIH's films than such a set holds are shown on those that it does: the same as ours.
    """
    shipped = tuple((one, one.file.stat().st_mtime_ns) for one in list_stored(weights_folder()) if one.shipped)
    stored = find_stored(name, weights_folder())
    return _part(stored, stored.file.stat().st_mtime_ns, films, shipped)


def whole(name: str) -> Results:
    """Stored results, all their films."""
    stored = find_stored(name, weights_folder())
    return _whole(stored, stored.file.stat().st_mtime_ns)


@st.cache_resource(max_entries=16, show_spinner="Reading results …")
def _whole(stored: Stored, changed: int) -> Results:
    return stored.read()


@st.cache_resource(max_entries=32, show_spinner=False)
def _part(stored: Stored, changed: int, films: str, shipped: tuple[tuple[Stored, int], ...]) -> Results:
    told = _whole(stored, changed)
    part = subset(told, films)
    if len(part) or stored.shipped or films not in SUBSETS:
        return part
    return told.where(np.isin(told.names, list(_films_of(films, shipped))))


@st.cache_resource(max_entries=16, show_spinner=False)
def _films_of(films: str, shipped: tuple[tuple[Stored, int], ...]) -> frozenset[str]:
    """The names of NIH's films in a set, of all shipped results; names of other films may mean others elsewhere."""
    found = (image for one, _ in shipped if _can_be_read(one.id) for image in subset(whole(one.id), films).names)
    return frozenset(image for image in found if NIH_NAME.fullmatch(image))


def _problem(name: str) -> str:
    """Why results cannot be read, empty where they can."""
    try:
        whole(name)
    except CxrError as problem:
        return str(problem)
    return ""


def _can_be_read(name: str) -> bool:
    return not _problem(name)


def roc(model_id: str, films: str, finding: str) -> RocCurve | None:
    """The ROC curve of a finding, None where there is one class only or the model has not the finding."""
    return _roc(digest(model_id), model_id, films, finding)


@st.cache_resource(max_entries=2048, show_spinner=False)
def _roc(digest: str, model_id: str, films: str, finding: str) -> RocCurve | None:
    told = results(model_id, films)
    if finding not in told.findings:
        return None
    column = told.column(finding)
    return RocCurve.from_predictions(told.labels[:, column], told.probability[:, column])


@st.cache_resource(max_entries=256, show_spinner=False)
def band(digest: str, model_id: str, films: str, finding: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The 95% band of a ROC curve by patient; `digest` is the model's, so that other weights have another band."""
    told = results(model_id, films)
    column = told.column(finding)
    return roc_band(told.labels[:, column], told.probability[:, column], told.patients)
