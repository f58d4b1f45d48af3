"""What earlier films of the same patient showed: the history bits of the clinical model.

A data set may hold some of a patient's films only, so the history is taken from NIH's whole label file: every film of
the patient with a smaller follow-up number counts, whether the film itself is at hand or not. The film's own labels
and those of later films never do. Even so the bits are text-mined labels of the patient who is scored: they leak what
a first visit would not know, and the figures are reported with and without them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.nih import find_tables
from cxr_core.datasets.nih_table import read_entries
from cxr_core.errors import DataError
from cxr_core.findings import NIH14


def with_history(index: Index, entries: pd.DataFrame | None = None) -> Index:
    """The index with two more columns: `history` and `earlier`.

    Parameters
    ----------
    index : Index
    entries : DataFrame, optional
        The whole label file: image, patient, follow_up and labels of all films there are of these patients. By default
        the one in the index's folder. Patient and follow-up are taken from it, never mixed with the index's own: NIH
        renumbered the follow-ups in 2020.

    Returns
    -------
    Index
        `history` is NIH's `A|B` text of all findings of the earlier films, "" where they had none or there were none,
        and None for a film that is not in `entries`, or before which it has not all visits. `earlier` is the number of
        earlier films, 0 for a first film, NaN where it is not known.

    Raises
    ------
    DataError
        When no label file in the folder names the films of the index.
    """
    entries = whole_table(index) if entries is None else entries
    known = earlier_findings(entries).reindex(index.table["image"])
    table = index.table.copy()
    texts = [text if isinstance(text, str) else None for text in known["history"]]
    table["history"] = pd.Series(texts, table.index, object)
    table["earlier"] = known["earlier"].to_numpy(float)
    return replace(index, table=table)


def unknown_histories(index: Index) -> str:
    """How many films of an index `with_history` have none that is known, in words; empty where all are."""
    unknown = int(index.table["earlier"].isna().sum())
    return (f"The history of {unknown:,} of {len(index):,} films is unknown: the label file does not hold all earlier "
            "films of their patients.") if unknown else ""


def earlier_findings(entries: pd.DataFrame) -> pd.DataFrame:
    """`history` and `earlier` of every film of a label file, by its image name.

    Films of one patient with the same follow-up number are of one visit: neither is earlier than the other. NIH counts
    visits from 0: where a file has fewer before a film than its follow-up number says, nobody knows what they showed.
    """
    findings = list(NIH14)
    bits = pd.DataFrame(Index(Path(), entries).targets(NIH14).astype(bool), columns=findings, index=entries.index)
    visits = bits.groupby([entries["patient"], entries["follow_up"]]).max()
    visits["films"] = bits.groupby([entries["patient"], entries["follow_up"]]).size()
    patient = visits.index.get_level_values(0)
    seen = visits[findings].groupby(patient).cummax().astype(np.float32)
    before = seen.groupby(patient).shift(fill_value=0).astype(bool)
    before["earlier"] = visits["films"].groupby(patient).cumsum() - visits["films"]
    before["whole"] = before.groupby(patient).cumcount() == pd.to_numeric(visits.index.get_level_values(1))
    rows = before.loc[pd.MultiIndex.from_frame(entries[["patient", "follow_up"]])]
    codes, texts = _texts(rows[findings].to_numpy())
    whole = rows["whole"].to_numpy()
    return pd.DataFrame({
        "history": np.where(whole, texts[codes], None),
        "earlier": np.where(whole, rows["earlier"].to_numpy(float), np.nan),
    }, index=pd.Index(entries["image"]))


def whole_table(index: Index) -> pd.DataFrame:
    """The rows of the label file in the index's folder that names all its films, the newest version of those.

    Raises
    ------
    DataError
        When there is none.
    """
    images = set(index.table["image"])
    read = [read_entries(file) for file in find_tables(index.root)]
    whole = [entries for entries in read if images <= set(entries.table["image"])]
    if not whole:
        raise DataError(
            f"The clinical model needs each patient's earlier films, but no label file in {index.root.name!r} names "
            f"all {len(index)} films. Put Data_Entry_2017_v2020.csv (112,120 rows, gzipped or not) into that folder."
        )
    return max(whole, key=lambda entries: (entries.version, len(entries.table))).table


def _texts(bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of bits (films, findings) as a code each and the `A|B` text of each code."""
    packed, codes = np.unique(bits @ (1 << np.arange(bits.shape[1])), return_inverse=True)
    texts = ["|".join(name for place, name in enumerate(NIH14) if value >> place & 1) for value in packed]
    return codes, np.array(texts, object)
