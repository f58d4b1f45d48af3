"""What the Performance page is asked: which films, which models, which finding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from cxr_core.evaluation.stamp import Stamp
from cxr_core.findings import title_of
from cxr_core.render.figures import colour_of
from cxr_core.ui import stored

SAYS = {
    "test": "part of the official NIH test list", "test natural": "the slice of test at natural prevalence",
    "test picked": "the slice of test that was picked for findings and boxes",
    "test_wide": "other patients, few films each",
    "leaky test": "drawn by image: of patients that the model learned from",
}
KINDS = FINDINGS, CLASSES = "findings", "classes"


@dataclass(frozen=True)
class Shown:
    """A model that is shown: what its results are known by, their digest, and its colour."""

    id: str
    digest: str
    colour: str


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
        return tuple(model for model in self.models if stored.roc(model.id, self.films, self.finding))

    @property
    def stamps(self) -> tuple[Stamp, ...]:
        return tuple(stamp(model.digest, model.id, self.films) for model in self.models)


@st.cache_resource(max_entries=128, show_spinner=False)
def stamp(digest: str, model_id: str, films: str) -> Stamp:
    """What figures of a model on a set of films were made of."""
    return Stamp.of(stored.results(model_id, films), films, digest)


def choose_kind() -> str:
    """Whether models of findings or of exclusive classes are shown, chosen at the side where there are both."""
    with st.sidebar:
        return st.segmented_control("Models of", KINDS, default=KINDS[0], key="kind", required=True)


def choose_films() -> str:
    """The set of films, chosen at the side."""
    with st.sidebar:
        sets = stored.sets()
        captions = [SAYS.get(name, "of evaluated or imported results") for name in sets]
        return st.radio("Films", sets, key="subset", captions=captions)


def choose(films: str, available: list[str]) -> Choice | None:
    """The finding and the models, chosen above; None when no model is."""
    top = st.columns([1, 3.4], vertical_alignment="center", gap="small")
    if (before := st.session_state.get("models")) and not set(before) & set(available):
        del st.session_state["models"]  # none of them has films of this set: begin with those that have
    ids = top[1].multiselect("Models", available, default=available[:4], key="models", label_visibility="collapsed",
                             placeholder="Models", format_func=stored.title)
    if not ids:
        return None
    coloured = stored.coloured()
    models = tuple(Shown(one, stored.digest(one), colour_of(one, coloured)) for one in ids)
    findings = Choice(films, models, "").findings
    finding = top[0].selectbox("Finding", findings, key="of", format_func=title_of, label_visibility="collapsed")
    return Choice(films, models, finding)


def chips(choice: Choice) -> None:
    """A line on what is shown."""
    first = choice.stamps[0]
    known = [f"{choice.films}: {first.n:,} films of {first.patients:,} patients", first.label_version,
             *(f"{model.id} {model.digest[:8]}" for model in choice.models)]
    st.html('<div class="chips">' + "".join(f"<span>{escape(one)}</span>" for one in known) + "</div>", width="stretch")


def warn_of_leaks(choice: Choice) -> None:
    """Say of each model shown that it learned from these films' patients on purpose."""
    for model in choice.models:
        made = stored.results(model.id, choice.films).provenance
        if made and made.leaky:
            st.warning(f"{stored.title(model.id)}. {made.in_words[0]}.")
