"""Films of a data set as tiles: picture, labels, age and view, and boxes that NIH drew."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial

import numpy as np

from cxr_core.datasets.boxes import SIDE
from cxr_core.datasets.collection import Collection, film_bytes
from cxr_core.datasets.scored import FilmScores
from cxr_core.findings import NO_FINDING, parse_labels, title_of
from cxr_core.geometry import Box
from cxr_core.imaging.age import age_in_words
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.thumbnails import Thumbnails
from cxr_core.ui.film_grid import Tile


def _parts(box: Box) -> tuple[float, float, float, float, str]:
    """NIH's box in parts of the film."""
    return box.x / SIDE, box.y / SIDE, box.w / SIDE, box.h / SIDE, title_of(box.label)


def ask_pictures(
    pictures: Thumbnails, data: Data, places: Sequence[int], asker: Hashable
) -> list[tuple[str, int]]:
    """Have the pictures of these films made for a grid of a session, `asker`; their keys."""
    keys = [(data.key, int(place)) for place in places]
    pictures.ask(((key, partial(film_bytes, data.films, key[1])) for key in keys), asker)
    return keys


def in_words(labels: str) -> str:
    """NIH's `A|B` text as a reader says it."""
    return ", ".join(title_of(name) for name in parse_labels(labels)) or title_of(NO_FINDING)


def who(films: Collection, place: int) -> str:
    """Age, sex, view and follow-up of a film, as far as they are known."""
    row = films.index.table.iloc[place]
    age = age_in_words(row["age"]).removesuffix(" y") if np.isfinite(row["age"]) else ""
    told = [f"{age} {row['sex']}".strip(), str(row["view"]), f"no. {row['follow_up']}"]
    return " · ".join(one for one in told if one)


def tiles_of(
    pictures: Thumbnails, data: Data, places: Sequence[int], scores: FilmScores | None = None, finding: str = "",
    marked: Sequence[int] = (), heads: Sequence[str] = (), notes: Sequence[str] = (),
) -> list[Tile]:
    """Tiles in the order of `places`; with scores also the finding's, or a note each."""
    films, made = data.films, []
    for number, place in enumerate(int(one) for one in places):
        row = films.index.table.iloc[place]
        picture = pictures.get((data.key, place))
        score = notes[number] if notes else ""
        if scores is not None and np.isfinite(value := scores.of(finding)[place]):
            score = f"{title_of(finding)} {value:.0%}"
        made.append(Tile(
            str(place), picture.address if picture else "", heads[number] if heads else in_words(row["labels"]),
            who(films, place), score, picture.problem if picture else "",
            (picture.width or 1, picture.height or 1) if picture else (1, 1),
            tuple(_parts(box) for box in row["boxes"]), place in marked,
        ))
    return made
