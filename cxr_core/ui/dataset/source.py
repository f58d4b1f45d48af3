"""Which data set the page looks at: the shipped counts, a set that lies here, or a folder that the user names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from cxr_core.datasets.collection import Collection, found_below, open_collection
from cxr_core.datasets.counts import Counts, Selection, count
from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.summary import Summary, load_summary
from cxr_core.errors import CxrError, DataError

state = st.session_state
SHIPPED, OTHER = "", "other"
_NAMES = {
    SHIPPED: "NIH, all (counts)", OTHER: "Another folder …", "data": "The data folder", "nih": "NIH, reduced films",
    "nih_download": "NIH as downloaded", "coronahack": "CoronaHack", "covid": "COVID-19, adults",
}


@dataclass(frozen=True)
class Data:
    """What is looked at: counts in every case, films where there are some. `key` changes when the data do."""

    name: str
    key: str
    summary: Summary
    films: Collection | None = None


def chosen_name(address: Mapping[str, str]) -> str:
    """The data set that the page opens on: the address's, else that of before, else the shipped counts."""
    asked = address.get("data", state.get("dataset_kept", SHIPPED))
    return asked if asked in (*_offered(), OTHER) else SHIPPED


def choose_name(address: Mapping[str, str]) -> str:
    """Draw the choice of a data set in the sidebar; its name."""
    if "dataset_name" not in state:
        state["dataset_name"] = chosen_name(address)
    with st.container(key="data_choice"):
        name = st.selectbox("Data set", [SHIPPED, *_offered(), OTHER], key="dataset_name", format_func=_NAMES.get)
        if name == OTHER:
            if "dataset_folder" not in state:
                state["dataset_folder"] = state.get("dataset_typed", "")
            state["dataset_typed"] = st.text_input(
                "Folder on this server", key="dataset_folder", placeholder="/data/chestxray14",
                help="A folder of the machine that serves this page, not of the one you sit at: NIH ChestX-ray14 or "
                     "its 5% sample as downloaded, CoronaHack, COVID-19 films, or TFRecords.",
            ).strip()
    state["dataset_kept"] = name
    return name


def open_data(name: str) -> Data | None:
    """The data set of this name; None, said in words, where there is none yet or it cannot be had."""
    if name == SHIPPED:
        return Data(SHIPPED, SHIPPED, shipped())
    typed = state.get("dataset_typed", "") if name == OTHER else ""
    if name == OTHER and not typed:
        _say("Which folder?", "Type the path of a folder on this server at the left: NIH ChestX-ray14 as downloaded "
             "(images, label file, lists and boxes in one folder), its 5% sample, CoronaHack, COVID-19 films, or "
             "TFRecords. Folders of the machine you sit at cannot be opened from here.")
        return None
    try:
        films, key = _opened(Path(os.path.expanduser(typed)) if name == OTHER else _offered()[name])
    except CxrError as problem:
        _say("This folder cannot be explored", str(problem))
        return None
    return Data(name, key, films.summary, films)


def offered_names() -> list[str]:
    """The data sets with films that lie here."""
    return list(_offered())


def title(name: str) -> str:
    """How a reader knows a data set."""
    return _NAMES.get(name, name)


def chips(data: Data) -> list[str]:
    """Who and what is looked at, in a few words each."""
    summary, told = data.summary, []
    told.append(f"{summary.name}: {summary.films:,} films of {summary.patients:,} patients")
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


def _offered() -> dict[str, Path]:
    return found_below(data_folder())


def _opened(root: Path) -> tuple[Collection, str]:
    """The data set in a folder, and a key that changes when its tables do."""
    try:
        if not root.is_absolute() or not root.is_dir():
            raise DataError(
                f"There is no folder {str(root)[:200]!r} on this server. Give a whole path, from the root on. Only "
                "folders of the machine that serves this page can be opened."
            )
        root = root.resolve()
        tables = sorted(file for file in root.iterdir() if file.suffix in (".csv", ".gz", ".txt", ".tfrec"))
        changed = max([root.stat().st_mtime_ns, *(file.stat().st_mtime_ns for file in tables)])
    except (OSError, ValueError) as problem:  # a path too long, with a NUL, or that may not be looked at
        why = getattr(problem, "strerror", None) or type(problem).__name__
        raise DataError(f"The folder {str(root)[:200]!r} cannot be opened: {why}.") from None
    return _collection(root, changed), f"{root}@{changed}"


@st.cache_resource(max_entries=2, show_spinner="Reading the data set's tables …")
def _collection(root: Path, changed: int) -> Collection:
    return open_collection(root)


def _say(head: str, words: str) -> None:
    st.html(f'<div class="nothing"><h1>{escape(head)}</h1><p>{escape(words)}</p></div>')
