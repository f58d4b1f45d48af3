"""Operating points that readers chose for themselves, kept in one SQLite file, with who and when.

Each is of one `Card.digest`: on the scale of other weights, or of another calibration, a threshold means something
else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cxr_core.errors import DataError
from cxr_core.folders import open_store, user_folder

FILE = "operating_points.sqlite"
_LONGEST = 80  # letters of a name or a rule
_TABLE = """
create table if not exists choice (
    number integer primary key autoincrement, digest text not null, finding text not null, threshold real not null,
    rule text not null, who text not null, chosen text not null, undone text, films text not null default ''
)"""


@dataclass(frozen=True)
class SavedPoint:
    """A threshold (0 to 1, on the calibrated scale) for one finding of the model with this digest.

    `rule` says how it was found, `chosen` and `undone` when: ISO 8601 in UTC, `undone` empty while it holds. `films`
    says on which films it was found; empty for the card's own, and where nobody wrote that down.
    """

    finding: str
    threshold: float
    rule: str
    who: str
    chosen: str
    undone: str = ""
    films: str = ""

    @property
    def in_words(self) -> str:
        """Whose it is, and since when."""
        return f"your operating point, since {self.chosen[:10]}, by {self.who}"


def save_point(digest: str, finding: str, threshold: float, *, rule: str, who: str, films: str = "") -> SavedPoint:
    """Make this the operating point of a finding; those chosen before stay in the history.

    Raises
    ------
    DataError
        When the threshold is not between 0 and 1, nobody is named, or the file cannot be written.
    """
    if not 0 <= threshold <= 1:
        raise DataError(f"An operating point lies between 0 and 1; found {threshold}.")
    who = " ".join(who.split())[:_LONGEST]
    if not who:
        raise DataError("Say who chooses this operating point: a later reader must be able to ask.")
    point = SavedPoint(finding, float(threshold), rule[:_LONGEST], who, _now(), films=films)
    with _open() as store:
        store.execute(
            "insert into choice (digest, finding, threshold, rule, who, chosen, films) values (?, ?, ?, ?, ?, ?, ?)",
            (digest, finding, point.threshold, point.rule, point.who, point.chosen, point.films),
        )
    return point


def undo(digest: str, finding: str) -> SavedPoint | None:
    """Take back the last choice for a finding; what held before it holds again. Returns that, or None: the card's."""
    with _open() as store:
        store.execute(
            "update choice set undone = ? where number = (select max(number) from choice"
            " where digest = ? and finding = ? and undone is null)", (_now(), digest, finding),
        )
    return saved_points(digest).get(finding)


def saved_points(digest: str) -> dict[str, SavedPoint]:
    """The choices that hold for these weights, by finding; empty when there are none, or no file."""
    return {point.finding: point for point in history(digest) if not point.undone}


def history(digest: str) -> list[SavedPoint]:
    """All choices for these weights, oldest first."""
    if not _file().is_file():
        return []
    with _open() as store:
        rows = store.execute(
            "select finding, threshold, rule, who, chosen, coalesce(undone, ''), films from choice where digest = ?"
            " order by number", (digest,),
        ).fetchall()
    points = [SavedPoint(*row) for row in rows]
    for point in points:  # SQLite keeps what it is given, whatever the column's type
        words = (point.finding, point.rule, point.who, point.chosen, point.undone, point.films)
        if not all(isinstance(one, str) for one in words) or not _is_share(point.threshold):
            raise _broken(ValueError(f"a choice for {str(point.finding)[:40]!r} is no threshold from 0 to 1"))
    return points


def _is_share(value: object) -> bool:
    return isinstance(value, float) and 0 <= value <= 1


def _file() -> Path:
    return user_folder("settings") / FILE


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    with open_store(_file(), _TABLE, _broken) as store:
        if "films" not in {row[1] for row in store.execute("pragma table_info(choice)")}:  # a file of an older version
            store.execute("alter table choice add column films text not null default ''")
        yield store


def _broken(problem: Exception) -> DataError:
    return DataError(
        f"The chosen operating points could not be read or kept ({problem}). The cards' own are used. Free some disk, "
        f"or move {FILE} out of the settings folder and choose again."
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
