"""What the Performance page is asked: which films, which models, which finding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from html import escape

import streamlit as st

from cxr_core.evaluation.curves import RocCurve
from cxr_core.evaluation.results import digest_of_names
from cxr_core.evaluation.stamp import Stamp
from cxr_core.findings import title_of
from cxr_core.render.figures import DASHES, colour_of, dash_of
from cxr_core.ui import caveats, stored
from cxr_core.ui.tables import counted
from cxr_core.words import brief

SAYS = {
    "test": "part of the official NIH test list", "test natural": "the slice of test at natural prevalence",
    "test picked": "the slice of test that was picked for findings and boxes",
    "test_wide": "other patients, few films each",
    "leaky test": "drawn by image: of patients that the model learned from",
}
OTHER_FILMS = "other films"  # of the mark of a model whose films are not the first's
ENSEMBLE = DASHES[1]  # how lines of ensembles are dashed; others are where the palette begins anew alone
KINDS = FINDINGS, CLASSES = "findings", "classes"


@dataclass(frozen=True)
class Shown:
    """A model that is shown: what its results are known by, their digest, and how its lines are drawn.

    `weights` is the sha256 of what made the scores. `mark` says in a few words why its figures are none to set beside
    the others, `cares` in sentences; both empty where nothing speaks against them.
    """

    id: str
    digest: str
    colour: str
    dash: str = "solid"
    weights: str = ""
    mark: str = ""
    cares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What was chosen. A cache keyed by it is right: other weights or films have another digest."""

    films: str
    models: tuple[Shown, ...]
    finding: str

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(model.id for model in self.models)

    @property
    def colours(self) -> dict[str, str]:
        return {model.id: model.colour for model in self.models}

    @property
    def dashes(self) -> dict[str, str]:
        return {model.id: model.dash for model in self.models}

    @property
    def marks(self) -> dict[str, str]:
        return {model.id: model.mark for model in self.models if model.mark}

    @property
    def findings(self) -> tuple[str, ...]:
        """The findings that any of the models has, in order."""
        return tuple(dict.fromkeys(key for one in self.ids for key in stored.results(one, self.films).findings))

    @property
    def of_all(self) -> Choice:
        """The same without its finding: what a figure of all findings hangs on."""
        return replace(self, finding="")

    @property
    def having(self) -> tuple[Shown, ...]:
        """The models that have a ROC curve of the finding on these films."""
        return tuple(model for model in self.models if self.curve(model))

    def curve(self, model: Shown, finding: str = "") -> RocCurve | None:
        """The ROC curve of a model, of the chosen finding or another; None where there is none."""
        return stored.roc(model.digest, model.id, self.films, finding or self.finding)

    @cached_property
    def stamps(self) -> tuple[Stamp, ...]:
        return tuple(stamp(model, self.films) for model in self.models)


@st.cache_resource(max_entries=128, show_spinner=False)
def stamp(model: Shown, films: str) -> Stamp:
    """What figures of a model on a set of films were made of."""
    return Stamp.of(stored.results(model.id, films), films, model.weights)


def choose_kind() -> str:
    """Whether models of findings or of exclusive classes are shown, chosen at the side where there are both."""
    with st.sidebar:
        return st.segmented_control("Models of", KINDS, default=KINDS[0], key="kind", required=True,
                                    persist_state="session")


def choose_films() -> str:
    """The set of films, chosen at the side."""
    with st.sidebar:
        sets = stored.sets()
        captions = [SAYS.get(name, "of evaluated or imported results") for name in sets]
        return st.radio("Films", sets, key="subset", captions=captions, persist_state="session")


def choose(films: str, available: list[str]) -> Choice | None:
    """The finding and the models, chosen above; None when no model is."""
    top = st.columns([1, 3.4], vertical_alignment="center", gap="small")
    before = st.session_state.get("models")
    if before is None or before and not set(before) & set(available):  # none of them has films of this set
        st.session_state["models"] = available[:4]  # set: a browser would not be told of a default
    named = brief({one: stored.title(one) for one in available})
    ids = top[1].multiselect("Models", available, key="models", label_visibility="collapsed", placeholder="Models",
                             persist_state="session", format_func=named.get)
    if not ids:
        return None
    models = _shown(ids, films)
    findings = Choice(films, models, "").findings
    finding = top[0].selectbox("Finding", findings, key="of", persist_state="session", format_func=title_of,
                               label_visibility="collapsed")
    return Choice(films, models, finding)


def shown(model_id: str, coloured: list[str] | None = None) -> Shown:
    """A model as it is drawn; `coloured` is `stored.coloured()`, for one who asks for several."""
    coloured = coloured or stored.coloured()
    spec = stored.spec_of(model_id)
    # an ensemble's colour is near that of a model it may be made of: its lines are dashed as no other's are
    dash = ENSEMBLE if spec is not None and spec.members else dash_of(model_id, coloured)
    return Shown(model_id, stored.digest(model_id), colour_of(model_id, coloured), dash,
                 stored.scored_by(model_id), caveats.mark(model_id), tuple(caveats.cares(model_id)))


def _shown(ids: list[str], films: str) -> tuple[Shown, ...]:
    """These models; those scored on other films than the first are marked so."""
    coloured = stored.coloured()
    models = [shown(one, coloured) for one in ids]
    sets = [_films_of(one.digest, one.id, films) for one in models]
    return tuple(
        one if theirs == sets[0] else replace(one, mark=", ".join(filter(None, (one.mark, OTHER_FILMS))))
        for one, theirs in zip(models, sets, strict=True)
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _films_of(digest: str, model_id: str, films: str) -> str:
    """What tells a model's films from another's, whatever the ending of their names."""
    return digest_of_names(stored.results(model_id, films).names)


def chips(choice: Choice) -> None:
    """A line on what is shown; what is not to be set beside the others is marked."""
    first = choice.stamps[0]
    films = f"{choice.films}: {counted(first.n, 'film')} of {counted(first.patients, 'patient')}"
    known = [(films, ""), (f"labels {first.label_version or 'unknown'}", ""),
             *((f"{model.id} {model.weights[:8]}", model.mark) for model in choice.models)]
    st.html('<div class="chips">' + "".join(
        f'<span class="warned">{escape(one)} · {escape(mark)}</span>' if mark else f"<span>{escape(one)}</span>"
        for one, mark in known
    ) + "</div>", width="stretch")


def warn(choice: Choice) -> None:
    """Say of each model shown what speaks against its figures; what it was told is no fault, and said calmly."""
    for model in choice.models:
        if faults := caveats.faults(model.id):
            st.warning(f"{stored.title(model.id)}. {' '.join(faults)}")
        if told := caveats.told_earlier(model.id):
            st.html(f"<p class='care'><b>{escape(stored.title(model.id))}.</b> {escape(' '.join(told))}</p>")
