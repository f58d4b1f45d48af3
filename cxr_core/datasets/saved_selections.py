"""Selections of films that readers named: kept in one SQLite file beside the operating points.

What a filter asks is kept in words, as the page's address has it; picked films as numbers in the order of their names,
with the digest of the data set, so that no film and no patient is named in the file.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cxr_core.datasets.picked import Picked
from cxr_core.errors import DataError
from cxr_core.folders import open_store, user_folder

FILE = "selections.sqlite"
LONGEST = 60  # letters of a name
_MOST = 500
_TABLE = """
create table if not exists selection (
    name text primary key, films text not null, words text not null, picked blob not null, count integer not null,
    saved text not null
)"""


@dataclass(frozen=True)
class SavedSelection:
    """A named selection: `words` are an address's, `films` is the digest of the data set it was made on.

    `picked` are the films that were picked, None where filters alone say which; not places in the index but in the
    order of the films' names. `count` films were selected when it was saved, ISO 8601 in UTC.
    """

    name: str
    films: str
    words: dict[str, str] = field(default_factory=dict)
    picked: Picked | None = None
    count: int = 0
    saved: str = ""

    def fits(self, films: str) -> bool:
        """Whether it can be opened on a data set of this digest: filters on any, picked films on their own alone."""
        return self.picked is None or self.films == films


def save_selection(told: SavedSelection) -> SavedSelection:
    """Keep a selection under its name.

    Raises
    ------
    DataError
        When it has no name, there is one of that name, there are 500, or the file cannot be written.
    """
    name = " ".join(told.name.split())
    if not name or len(name) > LONGEST:
        raise DataError(f"Give the selection a name of 1 to {LONGEST} letters; found {len(name)}.")
    there = {one.name.casefold() for one in saved_selections()}
    if name.casefold() in there:
        raise DataError(f"There is a selection {name!r} already. Delete it, or choose another name.")
    if len(there) >= _MOST:
        raise DataError(f"There are {_MOST} selections, which is the most. Delete one.")
    kept = SavedSelection(name, told.films, dict(told.words), told.picked, told.count,
                          datetime.now(UTC).isoformat(timespec="seconds"))
    picked = b"" if kept.picked is None else kept.picked.packed
    with _open() as store:
        store.execute("insert into selection values (?, ?, ?, ?, ?, ?)",
                      (kept.name, kept.films, json.dumps(kept.words), picked, kept.count, kept.saved))
    return kept


def saved_selections() -> list[SavedSelection]:
    """All there are, by name; empty when there is no file."""
    if not _file().is_file():
        return []
    with _open() as store:
        rows = store.execute("select name, films, words, picked, count, saved from selection").fetchall()
    return sorted((_read(*row) for row in rows), key=lambda one: one.name.casefold())


def delete_selection(name: str) -> None:
    """Forget a selection; nothing happens where there is none of that name."""
    with _open() as store:
        store.execute("delete from selection where name = ?", (name,))


def _read(name: object, films: object, words: object, picked: object, count: object, saved: object) -> SavedSelection:
    """A row as it is meant: SQLite keeps what it is given, whatever the column's type."""
    try:
        asked = json.loads(words)
        texts = (name, films, saved, *asked, *asked.values())
        if not all(isinstance(one, str) for one in texts) or not isinstance(count, int) or len(picked) % 4:
            raise ValueError("a row is no selection")
        return SavedSelection(name, films, asked, Picked(bytes(picked)) if picked else None, count, saved)
    except (ValueError, TypeError, AttributeError) as problem:
        raise _broken(problem) from None


def _file() -> Path:
    return user_folder("settings") / FILE


def _open() -> AbstractContextManager[sqlite3.Connection]:
    return open_store(_file(), _TABLE, _broken)


def _broken(problem: Exception) -> DataError:
    return DataError(
        f"The named selections could not be read or kept ({problem}). Free some disk, or move {FILE} out of the "
        "settings folder and begin anew."
    )
