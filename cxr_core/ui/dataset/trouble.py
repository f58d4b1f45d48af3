"""Where a data set is unreliable: counts, lists and films of each kind of trouble, to look at and to take away."""

from __future__ import annotations


import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.duplicates import Duplicates
from cxr_core.datasets.summary import labels_of
from cxr_core.datasets.trouble import doubtful, impossible, known_traits, patients_in_two_parts
from cxr_core.evaluation.traits import TraitAuc, predict_by_traits
from cxr_core.evaluation.traits_by_counts import predict_by_counts
from cxr_core.render.trait_figures import draw_traits
from cxr_core.ui import stored
from cxr_core.ui.dataset import film_room, work
from cxr_core.ui.dataset.gallery import show_grid
from cxr_core.ui.dataset.lists import choose_row, export, say_none
from cxr_core.ui.dataset.scores import choose_finding, choose_model, scored_by, scores
from cxr_core.ui.dataset.shift import show_shift
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.tiles import in_words
from cxr_core.ui.dataset.twins import show_twins, twins_key

state = st.session_state
KINDS = {
    "summary": "In short", "doubt": "Labels and scores", "twins": "Duplicates", "parts": "Patients in two parts",
    "people": "Ages and sexes", "traits": "Shortcuts", "shift": "Side by side",
}
_OF_COUNTS = ("traits", "shift")  # what counts alone can tell
_ROW = 16  # films on a row
_MINED = ("NIH's labels are mined from reports: over 90% right by their authors' own estimate, doubted by "
          "radiologists who looked again. ")
_SECOND_LOOK = "A film here is one for a second look; which of label and score is wrong, the film alone can tell."


def show_trouble(data: Data, asked: Selection) -> None:
    """One kind of trouble; or the film that was opened from it."""
    opened = film_room.opened(data)
    if opened is not None:
        key, places = state.get("trouble_places", ("", None))
        film_room.show(data, opened, places if key == data.key else np.array([opened]))
        return
    if state.get("trouble_kind") not in KINDS:
        state["trouble_kind"] = state.get("trouble_kept", "summary")
    kind = state["trouble_kept"] = st.segmented_control(
        "Trouble", list(KINDS), key="trouble_kind", format_func=KINDS.get, required=True, label_visibility="collapsed"
    )
    {"summary": _summary, "doubt": _doubt, "twins": show_twins, "parts": _parts, "people": _people,
     "traits": _traits, "shift": _shift}[kind](data, asked)


@st.cache_resource(max_entries=4, show_spinner="Looking at patients, ages and sexes …")
def _found(key: str, _data: Data) -> tuple[pd.DataFrame, pd.DataFrame]:
    return patients_in_two_parts(_data.films), impossible(_data.films)


def _summary(data: Data, asked: Selection) -> None:
    """How much of each there is in the whole data set."""
    parts, odd = _found(data.key, data)
    report, twins = data.films.report, work.begun(twins_key(data))
    known = isinstance(twins.made, Duplicates) if twins else False
    rows = [
        ("Patients in two parts", f"{len(parts):,}"), ("Ages and sexes that cannot be", f"{len(odd):,} films"),
        ("Rows without a film", f"{len(report.missing_films):,}"),
        ("Films without a row", f"{len(report.films_without_row):,}"),
        ("The same picture twice", f"{len(twins.made.pairs):,} pairs of {twins.made.films:,} films" if known
         else "not looked for yet"),
    ]
    table = "".join(f"<tr><th>{head}</th><td>{word}</td></tr>" for head, word in rows)
    left, right = st.columns([1, 1.4], gap="medium")
    with left:
        st.html(f'<h2>Of all {len(data.films):,} films</h2><table class="facts wide_heads">{table}</table>')
        strays = (("rows-without-film", report.missing_films), ("films-without-row", report.films_without_row))
        for name, names in strays:
            if names:
                export(pd.DataFrame({"image": names}), f"{name}.csv", f"{name.replace('-', ' ').capitalize()} as CSV")
    with right:
        st.html("<h2>Said while it was read</h2>")
        said = report.remarks or ("Nothing: every column could be read.",)
        for remark in said:
            st.text(remark)
        st.caption(_noise(data))


def _doubt(data: Data, asked: Selection) -> None:
    """Films whose label and stored score of a finding disagree most, both ways."""
    models = scored_by(data)
    if not models:
        say_none("No model has stored scores of these films. Score them: python -m cxr_core evaluate, see the README.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="doubt_bar"):
        model = choose_model(models, "doubt_model")
        finding = choose_finding(stored.whole(model).findings, "doubt_finding", (*asked.any_of, *asked.all_of))
    told, places, tables = scores(data, model), data.films.places(asked), []
    for labelled, head in ((True, "Labelled, and scored low"), (False, "Scored high, and not labelled")):
        table = doubtful(data.films, places, told, finding, labelled)
        tables.append(table.assign(kind=head))
        st.html(f"<h2>{head}</h2>")
        if table.empty:
            say_none(f"No film with a stored score {'bears' if labelled else 'lacks'} this label.")
            continue
        heads = [in_words(labels) for labels in table["labels"][:_ROW]]
        shown = table["place"].to_numpy()[:_ROW]
        show_grid(data, shown, f"doubt_{int(labelled)}", told, finding, heads, in_a_row=True)
    whole = pd.concat(tables)
    state["trouble_places"] = data.key, whole["place"].to_numpy()
    export(whole.drop(columns="place"), f"doubtful-{finding}.csv", f"{len(whole):,} films as CSV")
    scored = int(np.isfinite(told.of(finding)[places]).sum())
    st.caption(f"Of the {scored:,} selected films that {stored.title(model)} has stored scores of. {_noise(data)}")


def _noise(data: Data) -> str:
    """What labels are worth: of NIH's it is known, of others it is not said."""
    return (_MINED if data.summary.label_version else "") + _SECOND_LOOK


def _parts(data: Data, asked: Selection) -> None:
    parts, _ = _found(data.key, data)
    if not data.films.summary.patients:
        say_none("Patients are not known here: whether one stands in two parts cannot be told.")
        return
    if parts.empty:
        named = (data.films.index.table["split"].astype(str) != "").any()
        say_none("No patient stands in two parts." if named else "This data set names no parts.")
        return
    st.html(f"<h2>{len(parts):,} patients, {int(parts['films'].sum()):,} films</h2><p class='key'>Figures on one part "
            "are too good for patients whom the network saw in another. Split by patient. A row opens the patient.</p>")
    choose_row(parts, "parts_table", lambda row: film_room.to_patient(data, str(parts["patient"].iloc[row])))
    export(parts, "patients-in-two-parts.csv")


def _people(data: Data, asked: Selection) -> None:
    _, odd = _found(data.key, data)
    if odd.empty:
        say_none("No age is over 120 years or falls with later films, and no patient has two sexes.")
        return
    st.html(f"<h2>{len(odd):,} films of {odd['patient'].nunique():,} patients</h2><p class='key'>Impossible ages count "
            f"as unknown everywhere on this page. {_ROW} films are shown, from the chosen row on.</p>")
    rows = choose_row(odd.drop(columns="place"), "people_table")
    here = slice(first := rows[0] if rows else 0, first + _ROW)
    state["trouble_places"] = data.key, odd["place"].to_numpy()
    show_grid(data, odd["place"].to_numpy()[here], "people_row", heads=list(odd["what"][here]), in_a_row=True)
    export(odd.drop(columns="place"), "ages-and-sexes.csv")


def _traits(data: Data, asked: Selection) -> None:
    """How well what is no disease predicts each finding, among the selected films."""
    key = ("traits", data.key, asked)
    places = data.films.places(asked)
    traits = known_traits(data.films).iloc[places]
    if traits.empty:
        say_none("View, age, sex, size and pixel spacing are not known of these films, or the same in all.")
        return

    def make(on_step: work.OnStep) -> list:
        findings = data.summary.findings
        labels = labels_of(data.films.index.take(places), findings, data.summary.none)
        table = data.films.index.table.iloc[places]
        patients = table["patient"].where(table["patient"] != "", table["image"]).to_numpy()  # nobody's: one of its own
        return predict_by_traits(traits, labels, findings, patients, on_step)

    if work.is_stopped(key):
        say_none("Stopped.")
        st.button("Look for such findings", key="traits_begin", on_click=lambda: work.begin_latest(key, make))
        return
    doing = work.begin_latest(key, make)
    doing.wait(0.5)
    if not doing.is_done:
        work.show_progress(doing, "Traits tried", "traits")
        return
    if doing.problem or not doing.made:
        say_none(doing.problem or
                 "Fewer than twenty patients have each finding, or do not have it: too few to say anything.")
        return
    st.html("<h2>Findings that can be predicted without looking at the lungs</h2><p class='key'>AUC of a trait alone, "
            "each film judged by the films of other patients; pale where the 95% interval by patient holds 0.5</p>")
    _show_traits(doing.made)
    st.caption("A network may learn a trait in the finding's stead. 0.5 is chance; each trait has its best chance "
               "here: its values, in twenty bins, need not rise with the finding.")


def _show_traits(told: list[TraitAuc]) -> None:
    st.plotly_chart(draw_traits(told), key="traits", config={"displayModeBar": False})
    export(pd.DataFrame(told), "shortcuts.csv")


def show_apart(data: Data, asked: Selection) -> None:
    """What counts alone can tell of trouble: what a finding can be told by, and how far two groups are apart."""
    if state.get("counts_trouble") not in _OF_COUNTS:
        state["counts_trouble"] = state["trouble_kept"] if state.get("trouble_kept") in _OF_COUNTS else "traits"
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = state["trouble_kept"] = st.segmented_control(
            "Trouble", _OF_COUNTS, key="counts_trouble", format_func=KINDS.get, required=True,
            label_visibility="collapsed", width="content")
        st.caption("Of counts alone the other kinds of trouble cannot be told: they need the films or their table.")
    if kind == "shift":
        _shift(data, asked)
    else:
        _traits_of_counts(data, asked)


def _traits_of_counts(data: Data, asked: Selection) -> None:
    told = predict_by_counts(data.summary, asked.kinds(data.summary))
    if not told:
        say_none("View, age, sex and follow-up are not known of these films, or the same in all; or fewer than twenty "
                 "films have each finding, or do not have it.")
        return
    st.html("<h2>Findings that can be predicted without looking at the lungs</h2><p class='key'>AUC of a trait alone, "
            "over all selected films; no interval: counts do not know patients</p>")
    _show_traits(told)
    st.caption("A network may learn a trait in the finding's stead. 0.5 is chance; each trait has its best chance "
               "here: a film is judged by the share of all films of its value, itself among them, ages in bands of "
               "five years. With few films of a finding that flatters.")


def _shift(data: Data, asked: Selection) -> None:
    """The selected films against others."""
    table = show_shift(data, asked)
    if table is not None:
        export(table, "side-by-side.csv")
        st.caption("A network that is judged on films other than those it learned from meets this shift. Labels of two "
                   "data sets may mean different things: compare them with care.")
