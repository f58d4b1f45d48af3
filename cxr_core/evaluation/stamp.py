"""What a figure was made of, in a line or two under it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from cxr_core.evaluation.results import Results
from cxr_core.words import counted

WIDTH = 118  # letters that fit under a figure of half a page


@dataclass(frozen=True)
class Stamp:
    """The model and the films of a figure. Unknown is an empty text, None for `overlap`.

    `split_digest` is the sha256 over the films' sorted names, `overlap` the patients shared with training.
    """

    model: str
    digest: str
    films: str
    n: int
    patients: int
    split_digest: str
    label_version: str
    overlap: int | None
    date: str

    @classmethod
    def of(cls, results: Results, films: str, digest: str) -> Stamp:
        """The stamp of figures of these results, the part of them that is called `films`."""
        made = results.provenance
        return cls(
            results.model_id, digest, films, len(results), int(results.films["patient"].nunique()),
            results.digest_of_films, results.label_version,
            made.overlap if made else None, (made.date if made else "")[:10],
        )

    @property
    def of_films(self) -> str:
        """Which films."""
        return (f"{self.films}: {counted(self.n, 'film')} of {counted(self.patients, 'patient')}, "
                f"names sha256 {self.split_digest[:8]}, labels {self.label_version or 'unknown'}")

    @property
    def of_model(self) -> str:
        """Which model."""
        overlap = "unknown" if self.overlap is None else f"{self.overlap:,}"
        return (f"{self.model} sha256 {self.digest[:8] or 'unknown'}, patients shared with training: {overlap}"
                + (f", scored {self.date}" if self.date else ""))


def in_lines(stamps: Sequence[Stamp], width: int = WIDTH) -> tuple[str, ...]:
    """Stamps as lines of at most `width` letters, what they share said once."""
    told = [*dict.fromkeys(stamp.of_films for stamp in stamps), *dict.fromkeys(stamp.of_model for stamp in stamps)]
    return tuple(line for one in told for line in textwrap.wrap(one, width))
