"""Stored results for the pages: read once, measured once."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import streamlit as st

from cxr_core.errors import CxrError
from cxr_core.evaluation.curves import RocCurve
from cxr_core.evaluation.paper_terms import in_paper_terms
from cxr_core.evaluation.published import figures_of
from cxr_core.evaluation.results import NIH_NAME, SUBSETS, Results, subset
from cxr_core.evaluation.store import Stored, find_stored, in_order_of_coming, list_stored
from cxr_core.models.card import Card
from cxr_core.models.registry import EXPERIMENTS, MODELS, all_models, find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import weights_folder
from cxr_core.ui import resources
from cxr_core.ui.on_disk import kept


@kept
def names(films: str | None = None) -> list[str]:
    """What the results are known by that can be read: of trained models first, then evaluated and imported ones.

    With `films` only those that hold films of this set. Those of exclusive classes are left out, shipped, evaluated or
    imported: the sets here are NIH's, theirs are of others.
    """
    return [name for name in _readable() if not is_exclusive(name) and (films is None or len(results(name, films)))]


@kept
def names_of_classes() -> list[str]:
    """The results of exclusive classes that can be read: of trained models first, then evaluated and imported ones."""
    return [name for name in _readable() if is_exclusive(name)]


def names_not_leaky() -> list[str]:
    """As `names`, without those that a leaky split flatters: what films are put in order by, or judged."""
    return [name for name in names() if not ((made := whole(name).provenance) and made.leaky)]


def is_exclusive(name: str) -> bool:
    """Whether these are results of exclusive classes: those of a system here, and a film is of one."""
    told = whole(name)
    classes = [set(spec.findings) for spec in all_models().values() if spec.exclusive]
    return set(told.findings) in classes and bool((told.labels.sum(axis=1) <= 1).all())


def _readable() -> list[str]:
    trained = resources.trained_models()
    return [one.id for one in list_stored(weights_folder())
            if (not one.shipped or one.id in trained or one.id in EXPERIMENTS) and _can_be_read(one.id)]


@kept
def broken() -> list[str]:
    """What is wrong with results that cannot be read."""
    return [problem for one in list_stored(weights_folder()) if (problem := _problem(one.id))]


@kept
def sets() -> list[str]:
    """The sets of films to choose from: the house's own, then those of evaluated and imported results.

    Somebody's "test" is no set of ours by its name: with films that ours has not it stands on its own, as "test (of
    NAME)".
    """
    others = dict.fromkeys(part for name in names() for part in _sets_of(name))
    return [*SUBSETS, *(part for part in others if part not in SUBSETS)]


def _sets_of(name: str) -> list[str]:
    told, stored = whole(name), find_stored(name, weights_folder())
    if stored.shipped:
        return list(told.subsets)
    return [
        part if part not in SUBSETS or len(results(name, part)) == len(subset(told, part)) else _own_set(part, name)
        for part in told.subsets
    ]


def _own_set(part: str, name: str) -> str:
    return f"{part} (of {name})"


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
    ours = [*MODELS, *EXPERIMENTS]
    own = {name: 0.0 for name in all_models() if name not in ours}
    own |= {one.id: one.file.stat().st_mtime for one in list_stored(weights_folder()) if not one.shipped}
    return [*ours, *in_order_of_coming(own)]


def share(first: str, second: str, films: str) -> bool:
    """Whether two have films of a set in common."""
    return bool(np.isin(results(first, films).names, results(second, films).names).any())


def digest(name: str) -> str:
    """What changes when anything does that figures hang on: films, labels, scores, operating points."""
    stored = find_stored(name, weights_folder())
    return _digest(stored, *_key(stored), operating_points(name))


@st.cache_resource(max_entries=64, show_spinner=False)
def _digest(_stored: Stored, file: str, changed: int, points: tuple[float | None, ...]) -> str:
    told = _whole(_stored, file, changed)
    made = told.provenance
    about = (told.digest, told.label_version, made.digest if made else "", repr(points))
    return sha256("\n".join(about).encode()).hexdigest()


def paper_terms(name: str, films: str) -> list[str]:
    """Further figures that the paper of this model gives, ours on these films first, a sentence each."""
    return _paper_terms(digest(name), name, films) if figures_of(name) else []


@st.cache_data(max_entries=64, show_spinner=False)
def _paper_terms(digest: str, name: str, films: str) -> list[str]:  # noqa: ARG001  says of which results
    return in_paper_terms(results(name, films), figures_of(name))


def scored_by(name: str) -> str:
    """The sha256 of what made the scores: of the weights, or of somebody's file; empty where it is not known."""
    made = whole(name).provenance
    if made is not None and made.digest:
        return made.digest
    return resources.card_of(name).weights.sha256 if name in MODELS else ""


def spec_of(name: str) -> ModelSpec | None:
    """The model here that made these scores, with whatever weights; None of somebody else's."""
    made = whole(name).provenance
    if made is not None and made.kind == "imported":
        return None
    return all_models().get(made.model if made is not None and made.kind == "evaluated" else name)


def operating_points(name: str) -> tuple[float | None, ...]:
    """The operating point of each of the results' findings."""
    model, findings = model_of(name), whole(name).findings
    if model is None:
        return (None,) * len(findings)
    card = resources.card_of(model)
    return tuple(card.finding(key).operating_point for key in findings)


def has_operating_points(name: str) -> bool:
    """Whether any of the results' findings has one: a film is called by those that have."""
    return any(point is not None for point in operating_points(name))


def operating_point(name: str, finding: str) -> float | None:
    """The card's, for a model of ours wherever it was evaluated; None for somebody else's."""
    model = model_of(name)
    return resources.card_of(model).finding(finding).operating_point if model else None


def model_of(name: str) -> str | None:
    """The model that the Read page has and that these results are of.

    None where there is none, or where other weights or another calibration made them.
    """
    made = whole(name).provenance
    model = name if name in MODELS else made.model if made and made.kind == "evaluated" else None
    if not resources.is_trained(model):
        return None
    card = resources.card_of(model)
    if name not in MODELS and made is not None and made.digest != card.weights.sha256:
        return None  # it was evaluated with other weights than are here
    return model if is_calibrated_by(card, name) else None


def is_calibrated_by(card: Card, name: str) -> bool:
    """Whether the stored probabilities are what this card makes of the stored scores."""
    stored = find_stored(name, weights_folder())
    return _is_calibrated_by(stored, *_key(stored), card, card.digest)


@st.cache_resource(max_entries=64, show_spinner=False)
def _is_calibrated_by(_stored: Stored, file: str, changed: int, _card: Card, digest: str) -> bool:  # noqa: ARG001
    told = _whole(_stored, file, changed)
    places = {finding.key: place for place, finding in enumerate(_card.findings)}
    order = [places[key] for key in told.findings if key in places]
    if len(order) < len(told.findings) or _card.classes is not None and len(order) < len(places):
        return False  # of other findings: what they were calibrated by is not known
    raw = np.zeros((len(told), len(places)))
    raw[:, order] = told.raw
    return np.allclose(_card.calibrate(raw)[:, order], told.probability, atol=1e-3)  # float32 of scores near 1


def weights_of(name: str) -> str:
    """The sha256 of the weights that the Read page reads with, of these results' model; empty where it has none."""
    model = model_of(name)
    return resources.card_of(model).weights.sha256 if model else ""


def card_digest(name: str) -> str:
    """The digest of the card that the Read page reads with, of these results' model; empty where it has none."""
    model = model_of(name)
    return resources.card_of(model).digest if model else ""


def results(name: str, films: str) -> Results:
    """Stored results on one set of films; read from disk once, and again when the file has changed.

    Somebody's results are shown on those films of a set of ours that they hold, known by NIH's names: the same as ours.
    """
    stored = find_stored(name, weights_folder())
    shipped: tuple[tuple[str, int], ...] = ()
    if not stored.shipped and films in SUBSETS:
        shipped = tuple((one.id, _changed(one)) for one in list_stored(weights_folder()) if one.shipped)
    return _part(stored, *_key(stored), films, shipped)


def whole(name: str) -> Results:
    """Stored results, all their films."""
    stored = find_stored(name, weights_folder())
    return _whole(stored, *_key(stored))


def _key(stored: Stored) -> tuple[str, int]:
    """What the caches know results by, in plain values: a dataclass takes Streamlit longer to hash than a page has."""
    return str(stored.file), _changed(stored)


def _changed(stored: Stored) -> int:
    return stored.file.stat().st_mtime_ns


@st.cache_resource(max_entries=16, show_spinner="Reading results …")
def _whole(_stored: Stored, file: str, changed: int) -> Results:
    return _stored.read()


@st.cache_resource(max_entries=32, show_spinner=False)
def _part(_stored: Stored, file: str, changed: int, films: str, shipped: tuple[tuple[str, int], ...]) -> Results:
    stored, told = _stored, _whole(_stored, file, changed)
    if stored.shipped:
        return subset(told, films)
    if films in SUBSETS:
        return _shared(told, films, _films_of(films, shipped))
    own = next((part for part in told.subsets if _own_set(part, stored.id) == films), None)
    return subset(told, films) if own is None else told.where((told.films["subset"] == own).to_numpy())


def _shared(told: Results, films: str, names: frozenset[str]) -> Results:
    """The films of ours that somebody's results hold, whatever set they call them; of two of a name those of this."""
    ours = np.isin(told.names, list(names))
    same = ours & (told.films["subset"] == films.partition(" ")[0]).to_numpy()
    return told.where(same if same.any() else ours)


@st.cache_resource(max_entries=16, show_spinner=False)
def _films_of(films: str, shipped: tuple[tuple[str, int], ...]) -> frozenset[str]:
    """The names of NIH's films in a set, of all shipped results; names of other films may mean others elsewhere."""
    found = (image for name, _ in shipped if _can_be_read(name) for image in subset(whole(name), films).names)
    return frozenset(image for image in found if NIH_NAME.fullmatch(image))


def _problem(name: str) -> str:
    """Why results, or the card of the model they are of, cannot be read; empty where they can."""
    try:
        whole(name)
        if name in MODELS:
            resources.card_of(name)
    except CxrError as problem:
        return str(problem)
    return ""


def _can_be_read(name: str) -> bool:
    return not _problem(name)


@st.cache_resource(max_entries=2048, show_spinner=False)
def roc(digest: str, model_id: str, films: str, finding: str) -> RocCurve | None:
    """The ROC curve of a finding, None where there is one class only or the model has not the finding.

    `digest` is `digest`'s, asked once for all curves of a page: it looks at the disk.
    """
    told = results(model_id, films)
    if finding not in told.findings:
        return None
    column = told.column(finding)
    return RocCurve.from_predictions(told.labels[:, column], told.probability[:, column])
