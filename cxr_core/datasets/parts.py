"""Which films of a data set are meant by a name: official, test, val, all ..."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.sources import Source
from cxr_core.datasets.splits import split_official
from cxr_core.errors import DataError
from cxr_core.findings import NIH15

_OF_NIH = ("nih", "nih_small")
_VERSIONS = {"2017": "Data_Entry_2017", "2020": "Data_Entry_2017_v2020"}
_KNOWN = {
    "nih_small": "Data_Entry_2017_v2020",
    "coronahack": "Chest_xray_Corona_Metadata",
    "covid": "images.csv or metadata.csv",
}


@dataclass(frozen=True)
class Part:
    """Films to score: their `subset` column says which part each is of; `split` says in words which films these are.

    `left_out` films came from a source smaller than was asked for.
    """

    index: Index
    split: str
    left_out: int = 0


def choose_films(source: Source, names: tuple[str, ...], *, min_source: int = 0) -> Part:
    """The films of the parts named.

    `all` is every film; `official` NIH's official test list; `train` and `val` of NIH as downloaded are those of
    `split_official` (a tenth of the patients as val); any other name is one of the data set's own parts.

    Parameters
    ----------
    source : Source
    names : tuple of str
    min_source : int
        Leave out films whose source was smaller, in px, where the data set knows it.

    Raises
    ------
    DataError
        When the data set has no part of that name, or no film is left.
    """
    index, kind = source.index, source.kind
    own = index.table["split"].astype(str)
    if kind == "nih_tfrecords" and (own == "train_val").any():
        kind = "nih"  # written from the download, with its parts
    if kind == "nih":
        own = own.replace("test", "official")
        if {"train", "val"} & set(names):
            own = _with_val(index).replace("test", "official")
    wanted = tuple(_renamed(name, kind) for name in names)
    there = {name: int(count) for name, count in own[own != ""].value_counts().items()}
    for name, asked in zip(wanted, names, strict=True):
        if name != "all" and name not in there:
            parts = [f"{part} ({count:,})" for part, count in {"all": len(index), **there}.items()]
            raise DataError(
                f"There is no film of {asked!r} in {index.root.name!r}. It has {', '.join(parts)}."
            )
    keep = np.ones(len(index), bool) if "all" in wanted else own.isin(wanted).to_numpy()
    subset = own.where(own != "", "all")
    chosen = replace(index, table=index.table.assign(subset=subset)).where(keep)
    left_out = 0
    if min_source and "source_width" in chosen.table:
        large = ~(
            chosen.table["source_width"] < min_source
        ).to_numpy()  # an unknown width is none to leave a film out for
        left_out, chosen = int((~large).sum()), chosen.where(large)
    if not len(chosen):
        raise DataError(
            f"No film of {' and '.join(names)} is left in {index.root.name!r}; "
            f"{left_out:,} have a source under {min_source} px."
        )
    words = " and ".join(_in_words(name, kind) for name in dict.fromkeys(wanted))
    return Part(chosen, f"{words}, source {min_source} px and more" if left_out else words, left_out)


def labelled_findings(source: Source) -> tuple[str, ...]:
    """The findings that a data set's labels speak of: a film without one of them does not have it."""
    if source.labels is not None:
        return source.labels.findings
    if source.kind in _OF_NIH:
        return NIH15
    return tuple(sorted({name for text in source.index.table["labels"].unique() for name in text.split("|")}))


def label_file(source: Source) -> str:
    """The version of a data set's labels, as far as it is known."""
    if source.labels is not None:
        return source.labels.version
    return _VERSIONS.get(source.index.label_version, _KNOWN.get(source.kind, "unknown"))


def _with_val(index: Index) -> pd.Series:
    """The official parts with val set aside; films in no list keep none."""
    parts = index.table["split"].astype(str).copy()
    parts[parts.isin(["train_val", "test"])] = split_official(index).index.table["split"].to_numpy()
    return parts


def _renamed(name: str, kind: str) -> str:
    if kind == "nih" and name == "test":
        return "official"
    return "test" if kind == "nih_small" and name == "official" else name


def _in_words(name: str, kind: str) -> str:
    if kind == "nih" and name == "official":
        return "NIH's official test list"
    if kind == "nih" and name in ("train", "val"):
        return f"{name} of NIH's official train_val list, a tenth of its patients as val"
    if kind == "nih_small" and name == "test":
        return "test, a part of NIH's official test list"
    return name
