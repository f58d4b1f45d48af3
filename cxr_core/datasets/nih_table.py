"""NIH's label file, in both its versions and as the 5% sample has it."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.label_words import in_our_words, unknown
from cxr_core.datasets.own_table import labelled_rows, own_patients, read_table, rows_of_films, text_of
from cxr_core.errors import DataError
from cxr_core.findings import NIH15, NO_FINDING
from cxr_core.imaging.age import OLDEST, years_of

_COLUMNS = {
    "imageindex": "image", "patientid": "patient", "followup": "follow_up", "patientage": "age", "patientgender": "sex",
    "viewposition": "view", "findinglabels": "labels",
}
_SPACING = ("originalimagepixelspacing[x", "originalimagepixelspacing_x")
_ORIGINAL = {  # what the film measured before NIH made it 1024 px: in px and mm
    "original_width": ("originalimage[width", "originalimagewidth"),
    "original_height": ("height]", "originalimageheight"), "spacing_mm": _SPACING,
}
_NONE = pd.Series(dtype=float)


@dataclass(frozen=True)
class Entries:
    """The rows of a label file: image, patient, follow_up, age, sex, view, labels; its version; remarks in words.

    Where the file has them also original_width and original_height (px), spacing_mm, and boxes (cells, as `box_cells`
    has them; NIH's own file has none); where ages are impossible, age_written has these alone.
    """

    table: pd.DataFrame
    version: str
    remarks: tuple[str, ...]


def is_entries(path: Path) -> bool:
    """Whether a file's header has the columns that a label file is known by."""
    try:
        with (gzip.open if path.name.endswith(".gz") else open)(path, "rt", encoding="utf-8-sig") as lines:
            header = {_plain(name) for name in lines.readline(4096).split(",")}
    except (OSError, EOFError, UnicodeDecodeError, zlib.error):
        return False
    return {"imageindex", "findinglabels"} <= header


def read_entries(path: Path) -> Entries:
    """Read a label file, plain or gzipped.

    Ages may be years (`58`) or carry a unit (`058Y`, `013M`, `001D`); what is over 120 years becomes unknown.

    Raises
    ------
    DataError
        When the file cannot be read, lacks a column, or has no rows.
    """
    rows = read_table(path, index_col=False, encoding="utf-8-sig")  # of 2017, the header ends in a comma
    names = {_plain(str(name)): name for name in rows.columns}
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise DataError(f"{path.name} lacks the columns {', '.join(missing)}; it has {', '.join(names.values())}.")
    if rows.empty:
        raise DataError(f"{path.name} has no rows. Download it again.")
    remarks: list[str] = []
    rows = rows_of_films(rows, text_of(rows[names["imageindex"]]), remarks)
    labels = in_our_words(text_of(rows[names["findinglabels"]]), remarks, NIH15)
    _refuse_strange(path.name, labels)
    rows = labelled_rows(rows.assign(**{names["findinglabels"]: labels}), labels, remarks)
    table = rows[[names[name] for name in _COLUMNS]].set_axis(list(_COLUMNS.values()), axis=1)
    for column in ("image", "labels", "sex", "view"):
        table[column] = text_of(table[column])
    table["patient"] = own_patients(table["patient"], table["image"], remarks)
    table["follow_up"] = table["follow_up"].fillna(0)
    has_units = not pd.api.types.is_numeric_dtype(table["age"])
    written = table["age"]
    table["age"] = read_ages(written, remarks)
    spacing = next((rows[names[name]] for name in _SPACING if name in names), _NONE)
    version = version_of(table, spacing, has_units)
    number = pd.to_numeric(written.astype(str).str.extract(r"(-?\d+)")[0], errors="coerce")
    beyond = table["age"].isna() & number.notna()
    if beyond.any():
        table["age_written"] = number.where(beyond).astype(np.float32)
    for column, spellings in _ORIGINAL.items():
        if (name := next((names[one] for one in spellings if one in names), None)) is not None:
            table[column] = pd.to_numeric(rows[name], errors="coerce").astype(np.float32)
    if "boxes" in names:
        table["boxes"] = text_of(rows[names["boxes"]])
    return Entries(table, version, tuple(remarks))


def _refuse_strange(name: str, labels: pd.Series) -> None:
    """DataError where no label is a finding known here: every film would count as one without NIH's findings."""
    named = {one for text in labels.unique() for one in text.split("|")} - {"", NO_FINDING}
    if named and len(strange := unknown(named, NIH15)) == len(named):
        shown = ", ".join(repr(one[:60]) for one in strange[:5])
        raise DataError(
            f"None of the labels of {name} is a finding known here: {shown}. Known are {', '.join(NIH15)}, with | "
            "between two; a set of findings of its own is read with --table."
        )


def read_sizes(path: Path) -> pd.DataFrame:
    """What a label file says of the films before NIH made them 1024 px, by their image; the rest of it is left unread.

    Of original_width, original_height (px) and spacing_mm those that the file has, float32.

    Raises
    ------
    DataError
        When the file cannot be read, or names no image.
    """
    wanted = {"imageindex": "image"} | {name: one for one, names in _ORIGINAL.items() for name in names}
    rows = read_table(path, index_col=False, encoding="utf-8-sig", usecols=lambda name: _plain(str(name)) in wanted)
    rows = rows.rename(columns={name: wanted[_plain(str(name))] for name in rows})
    rows = rows.loc[:, ~rows.columns.duplicated()]
    if "image" not in rows:
        raise DataError(f"{path.name} has no column Image Index.")
    rows = rows.assign(image=text_of(rows["image"])).drop_duplicates("image").set_index("image")
    return rows.apply(pd.to_numeric, errors="coerce").astype(np.float32)


def read_ages(ages: pd.Series, remarks: list[str]) -> pd.Series:
    """Ages in years, whatever their unit (`58`, `058Y`, `013M`); NaN where none can be told, or over 120 years."""
    if pd.api.types.is_numeric_dtype(ages):
        years = ages.astype(float)
    else:
        text = ages.astype(str).str.strip().str.upper()
        years = text.map({one: years_of(one) for one in text.dropna().unique()}).astype(float)
        small = int(text.str[-1:].isin(list("MWD")).sum())
        if small:
            remarks.append(f"{small} ages are in months, weeks or days; they are read as parts of a year.")
    beyond = years > OLDEST
    if beyond.any():
        remarks.append(
            f"{beyond.sum()} ages are over {OLDEST} years ({years[beyond].min():.0f} to {years[beyond].max():.0f}):"
            " they are wrong in the label file, and taken as unknown."
        )
    unread = int(years.isna().sum())
    if unread:
        remarks.append(f"{unread} rows have no age that can be read.")
    return years.mask(beyond | (years < 0), np.nan)


def version_of(table: pd.DataFrame, spacing: pd.Series = _NONE, has_units: bool = False) -> str:
    """Tell the version by content. Of 2020, follow-ups are in order of time and pixel spacings have 17 digits.

    In the 2017 file each follow-up number is the one in the film's name; in 2020 they were put in order of time, so
    that 24,106 of 112,120 differ, and 0.143 mm became 0.14300000000000002.
    """
    in_name = pd.to_numeric(table["image"].str.extract(r"_(\d+)\.\w+$")[0], errors="coerce")
    if (in_name.notna() & (in_name != table["follow_up"])).any() or (spacing == 0.14300000000000002).any():
        return "2020"
    return "2017" if has_units or (spacing == 0.143).any() else ""


def _plain(name: str) -> str:
    """A column's name in lower case, without spaces and signs that copies of the file differ in."""
    return name.strip().strip('"').lower().replace(" ", "").replace("#", "").replace("-", "")
