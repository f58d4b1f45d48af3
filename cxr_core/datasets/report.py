"""What was found while a data set was read, and did not fit."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_core.words import counted


@dataclass(frozen=True)
class UnreadFilm:
    """A film that cannot be read: its path below the data's folder, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class DataReport:
    """Rows whose film is not there, films without a row, and remarks in words. Nothing of it is fatal."""

    missing_films: tuple[str, ...] = ()
    films_without_row: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """One line a kind; empty when all fitted."""
        lines = list(self.remarks)
        if self.missing_films:
            rows_have = counted(len(self.missing_films), "row has", "rows have")
            lines.append(f"{rows_have} no film, {self.missing_films[0]} for one; left out.")
        if self.films_without_row:
            strays = self.films_without_row
            lines.append(f"{counted(len(strays), 'film has', 'films have')} no row, {strays[0]} for one; left out.")
        return "\n".join(lines)
