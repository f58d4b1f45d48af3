"""Cells of labels in NIH's form, however they are spelt and whatever stands between two: `mass; Pleural effusion`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import pandas as pd

from cxr_core.datasets.columns import KNOWN, finding_named
from cxr_core.findings import CHILD_PNEUMONIA, NO_FINDING

NOTHING = ("", "nan", "<na>", "n/a", "null", "none")  # what pandas takes for an empty cell of a CSV, in any file
_KNOWN = (*KNOWN, CHILD_PNEUMONIA)
_SHOWN = 8  # findings that are named in a remark


def in_our_words(texts: pd.Series, remarks: list[str], known: Collection[str] = _KNOWN) -> pd.Series:
    """Cells of labels as NIH's `A|B`; empty where one says nothing. `remarks` is told what is not as NIH has it.

    A name that is not known here stays as it is: it may be one of a vocabulary of somebody's own. `known` are those
    that need no remark.
    """
    written = {text: "" if text.strip().lower() in NOTHING else text for text in texts.unique()}
    between = separators(written.values())
    told = {text: "|".join(_names(said, between)) for text, said in written.items()}
    if len(between) > 1:
        remarks.append(f"Labels with {' or '.join(map(repr, between[1:]))} between them are read as several findings.")
    if strange := unknown(told.values(), known):
        more = f" and {len(strange) - _SHOWN:,} more" if len(strange) > _SHOWN else ""
        named = ", ".join(name[:60] for name in strange[:_SHOWN])
        remarks.append(f"Labels that are no finding known here, left as they are: {named}{more}.")
    return texts.map(told)


def separators(texts: Collection[str]) -> str:
    """What stands between two findings in these cells: `|`, and of comma, semicolon and slash those that do here.

    No finding's name has a comma or a semicolon, so one known name beside such a letter tells. A slash is in names of
    others, Nodule/Mass for one: it counts where nothing but findings stand beside it, and more than one pair of them.
    """
    found = "|"
    for letter in ",;/":
        parts = {part for text in texts for part in re.split(f"[{found}]", text) if letter in part}
        named = [[finding_named(piece) for piece in part.split(letter)] for part in parts]
        if letter != "/":
            separates = any(any(names) for names in named)
        else:
            separates = len({name for names in named if all(names) for name in names}) > 2
        found += letter if separates else ""
    return found


def unknown(cells: Iterable[str], known: Collection[str]) -> list[str]:
    """The names in `A|B` cells that are none of the known, in order."""
    names = {name for cell in cells for name in cell.split("|") if name}
    return sorted(names.difference(known))


def _names(text: str, between: str) -> list[str]:
    """The findings of a cell, each once; No Finding where there is no other."""
    parts = [part.strip() for part in re.split(f"[{between}]", text)]
    names = dict.fromkeys(finding_named(part) or part for part in parts if part)
    return [name for name in names if name != NO_FINDING] or ([NO_FINDING] if names else [])
