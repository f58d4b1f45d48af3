"""Which data set the page looks at: the shipped counts, a set that lies here, or a folder that the user names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from cxr_core.datasets.collection import Collection
from cxr_core.datasets.counts import Counts, Selection, count
from cxr_core.datasets.folder import data_folder, is_named
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.sources import is_table
from cxr_core.datasets.summary import Summary, load_summary
from cxr_core.errors import CxrError
from cxr_core.ui.dataset import folder_state

state = st.session_state
SHIPPED, OTHER = "", "other"
_COUNTS = "counts"  # the shipped ones in an address, where the page would open on films
LINK = "link_of"  # by what an address knows the films that it was made on, where their folder was typed in
_LONGEST = 40  # letters of a data set's name
_NAMES = {
    SHIPPED: "NIH, all (counts)", OTHER: "Folder or table …", "data": "The data folder",
    "nih": "NIH, reduced films", "nih_download": "NIH as downloaded", "coronahack": "CoronaHack",
    "covid": "COVID-19, adults",
}


@dataclass(frozen=True)
class Data:
    """What is looked at: counts in every case, films where there are some. `key` changes when the data do."""

    name: str
    key: str
    summary: Summary
    films: Collection | None = None


def chosen_name(address: Mapping[str, str]) -> str:
    """The data set that the page opens on: the address's, else that of before, else what `CXR_DATA` holds first.

    One that is not here is opened all the same, and said to be gone: others' counts in its stead would pass for its
    own. An address that asks something and names no data set asks it of the shipped counts.
    """
    asked = address.get("data", state.get("dataset_kept", SHIPPED if address else _first()))
    return SHIPPED if asked == _COUNTS else asked[:_LONGEST]


def _first() -> str:
    """What is looked at where nobody has said what: the films that the server was given, else the shipped counts."""
    return next(iter(offered_names()), SHIPPED) if is_named() else SHIPPED


def choose_name(address: Mapping[str, str]) -> str:
    """Draw the choice of a data set in the sidebar; its name."""
    if "dataset_name" not in state:
        state["dataset_name"] = chosen_name(address)
    offered, asked = offered_names(), state["dataset_name"]
    gone = [] if asked in (SHIPPED, OTHER, *offered) else [asked]
    with st.container(key="data_choice"):
        name = st.selectbox("Data set", [SHIPPED, *offered, *gone, OTHER], key="dataset_name",
                            format_func=lambda one: f"{title(one)} (not here)" if one in gone else title(one))
        if name == OTHER:
            _type_folder()
        labels = _choose_labels(name, address)
    state["dataset_kept"], state["dataset_labels"] = name, labels
    return name


def _type_folder() -> None:
    """Where a folder is named, or a table; then also where its films lie."""
    if "dataset_folder" not in state:
        state["dataset_folder"] = state.get("dataset_typed", "")
    state["dataset_typed"] = st.text_input(
        "Folder or table on this server", key="dataset_folder", placeholder="/data/chestxray14",
        help="Of the machine that serves this page, not of the one you sit at. A folder: NIH ChestX-ray14 or its 5% "
             "sample as downloaded, CoronaHack, COVID-19 films, or TFRecords. Or a table of films, CSV or Parquet: a "
             "column image, file or path, and labels as NIH's text or a column of 0 and 1 for each finding; patient, "
             "age, sex, view, follow_up, split and boxes (as Films as CSV writes them) are used where it has them.",
    ).strip()
    if not is_table(Path(state["dataset_typed"])):
        return
    if "dataset_films" not in state:
        state["dataset_films"] = state.get("dataset_films_typed", "")
    state["dataset_films_typed"] = st.text_input(
        "Folder of its films", key="dataset_films", placeholder="where the table lies",
        help="A film is found below it by the table's path, else by its name.",
    ).strip()


def offer_again(name: str) -> None:
    """Draw a way to read a folder again."""
    if name != SHIPPED:
        st.button("Read the folder again", key="read_again", on_click=folder_state.read_again, type="tertiary",
                  help="A changed table is seen by itself. After films were added, taken away or replaced, or a folder "
                       "has come back, read the data set again.")


def _choose_labels(name: str, address: Mapping[str, str]) -> str:
    """Draw a choice among a folder's label files, where there are several; the version or name of that to use."""
    root = _root(name)
    versions = list(folder_state.label_files(root)) if root is not None else []
    if len(versions) < 2:
        return ""
    if state.get("label_version") not in versions:
        asked = state.get("dataset_labels") or address.get("labels", "")
        state["label_version"] = asked if asked in versions else versions[0]
    return st.segmented_control("Labels", versions, key="label_version", required=True,
                                help="This folder has several label files. In 2020 NIH put follow-up numbers in order "
                                     "of time; those of 2017 are the ones in the films' names.")


def address_of(name: str) -> dict[str, str]:
    """The data set in words for the page's address; its labels where there is a choice."""
    told = _COUNTS if name == SHIPPED != _first() else name
    return {"data": told, "labels": state.get("dataset_labels", "") if name != OTHER else ""}


def _root(name: str) -> Path | None:
    """The folder of a data set; None where there is none, or none is named yet."""
    if name == OTHER:
        typed = state.get("dataset_typed", "")
        return Path(os.path.expanduser(typed)) if typed else None
    return folder_state.offered(data_folder()).get(name)


def open_data(name: str) -> Data | None:
    """The data set of this name; None, said in words, where there is none yet or it cannot be had."""
    if name == SHIPPED:
        return Data(SHIPPED, SHIPPED, shipped())
    root = _root(name)
    if root is None and name == OTHER and state.get(LINK):
        _say("This link leads to a folder that was typed in", "Which one, it does not say: a path may name a person, "
             "and is another on another server. Type it on the left; if its films are others than the link was made "
             "on, that is said. What the link asks of them is kept.")
        return None
    if root is None and name == OTHER:
        _say("Which folder?", "On the left, type the path of a folder on this server: NIH ChestX-ray14 as downloaded "
             "(images, label file, lists and boxes in one folder), its 5% sample, CoronaHack, COVID-19 films, or "
             "TFRecords. Or that of a table of films, CSV or Parquet. What lies on the machine you sit at cannot be "
             "opened from here.")
        return None
    if root is None:
        _say("This data set is not here any more", f"{title(name)}: its folder is gone, was renamed, or lacks its "
             "tables. Bring it back below the server's data folder (CXR_DATA) and read the folder again, or choose "
             "another data set on the left.")
        return None
    try:
        labels = state.get("dataset_labels", "") if name == state.get("dataset_kept") else ""
        below = os.path.expanduser(state.get("dataset_films_typed", "")) if name == OTHER else ""
        films, key = folder_state.opened(root, labels, below)
    except CxrError as problem:
        what = "table" if is_table(root) else "folder"
        _say(f"This {what} cannot be explored", str(problem))
        return None
    return Data(name, key, films.summary, films)


def offered_names() -> list[str]:
    """The data sets with films that lie here."""
    return list(folder_state.offered(data_folder()))


def title(name: str) -> str:
    """How a reader knows a data set: one without a name of its own by that of its folder."""
    folder = None if name in _NAMES else folder_state.offered(data_folder()).get(name)
    return _NAMES.get(name, name) if folder is None else folder.name


def warned(data: Data) -> list[str]:
    """What a reader of the shipped counts must know: that the server's own films cannot be had."""
    if data.name != SHIPPED or not is_named() or offered_names():
        return []
    return ["CXR_DATA names a folder without a data set that is known" if data_folder().is_dir()
            else "CXR_DATA names a folder that is not here"]


def chips(data: Data) -> list[str]:
    """Who and what is looked at, in a few words each."""
    summary, told = data.summary, []
    who = f"of {summary.patients:,} patients" if summary.patients else "of patients that are not known"
    told.append(f"{summary.name}: {summary.films:,} films {who}")
    if summary.label_version:
        told.append(f"labels of {summary.label_version}")
    if data.films is None:
        return [*told, "counts alone: no film is needed, and none is shown"]
    report = data.films.report
    for number, what in ((len(report.missing_films), "rows without a film"),
                         (len(report.films_without_row), "films without a row")):
        if number:
            told.append(f"{number:,} {what}, left out")
    return told


@st.cache_resource
def shipped() -> Summary:
    """The counts that come with the app."""
    return load_summary()


@st.cache_resource(max_entries=8, show_spinner=False)
def all_counts(key: str, _summary: Summary) -> Counts:
    """The counts of a whole data set."""
    return count(_summary)


def summary_of(data: Data, asked: Selection) -> Summary:
    """What a selection is counted by."""
    return data.summary if asked.picked is None else _summary_of_picked(data.key, asked.picked, data)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def _summary_of_picked(key: str, picked: Picked, _data: Data) -> Summary:
    return _data.films.summary_of(Selection(picked=picked))


def films_digest(data: Data) -> str:
    """What these films are known by, whatever their order: `Index.digest`; empty where there are counts alone."""
    return "" if data.films is None else _films_digest(data.key, data)


@st.cache_resource(max_entries=8, show_spinner=False)
def _films_digest(key: str, _data: Data) -> str:
    return _data.films.index.digest()


def _say(head: str, words: str) -> None:
    st.html(f'<div class="nothing"><h1>{escape(head)}</h1><p>{escape(words)}</p></div>')
