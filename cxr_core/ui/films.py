"""The films of a session: dropped once, kept while the reader walks about, shown on a strip."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cxr_core.errors import CxrError
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.imaging.read import load_bytes, read_radiograph
from cxr_core.ui.pictures import inline_picture, thumbnail

_PHANTOM = "phantom"


@dataclass(frozen=True)
class Film:
    """A film as it came. `name` is the file's own, which may be a patient's: it is looked at, never shown."""

    id: str
    name: str
    data: bytes
    sha256: str

    @property
    def is_phantom(self) -> bool:
        return self.id == _PHANTOM


def chosen_film() -> Film | None:
    """The film to read, or None before there is one."""
    films = _films()
    return films.get(st.session_state.get("film_id")) or next(iter(films.values()), None)


def open_film(file: Path, name: str = "") -> None:
    """Take a film of a data set into the session, as if it had been dropped, and choose it; st.switch_page shows it.

    The same bytes are taken once. They need not be a film that can be read: the Read page says why one cannot. `name`
    is the film's own where the file's is not: within TFRecords.

    Raises
    ------
    UnreadableFilm
        When the file cannot be opened; nothing changes then.
    """
    take_film(name or file.name, load_bytes(file))


def take_film(name: str, data: bytes) -> None:
    """Take the bytes of a film into the session and choose it, as `open_film` does."""
    sha256 = hashlib.sha256(data).hexdigest()
    known = next((film for film in _films().values() if film.sha256 == sha256), None)
    film = known or Film(f"file_{sha256[:16]}", name, data, sha256)
    _films()[film.id] = film
    if not film.is_phantom:
        _films().pop(_PHANTOM, None)
    _choose(film.id)


def film_drop(label: str) -> None:
    """Where films are dropped, one or several."""
    uploads = st.file_uploader(
        label, key="film", accept_multiple_files=True, on_change=_take, label_visibility="collapsed"
    )
    st.session_state["dropped"] = {upload.file_id for upload in uploads}  # empty after a walk to another page


def phantom_button(label: str, key: str) -> None:
    """A button that brings the drawn sample film."""
    st.button(label, key=key, on_click=_take_phantom, help="A drawn chest, no patient's film.")


def film_strip() -> None:
    """A tile per film, chosen by a click, closed by its cross.

    Films are numbered, not named: a file's name may be a patient's.
    """
    chosen = chosen_film()
    st.session_state["strip_lacks"] = any(film.sha256 not in _pictures() for film in _films().values())
    for number, film in enumerate(_films().values(), 1):
        current = film == chosen
        with st.container(key=f"tile_{'chosen' if current else 'other'}_{number}"):
            st.html(f'<div class="thumb">{_pictures().get(film.sha256, "")}</div>')
            label = "Phantom" if film.is_phantom else f"Film {number}"
            st.button(label, key=f"choose_{film.id}", on_click=_choose, args=(film.id,), width="stretch",
                      type="primary" if current else "secondary")
            st.button("×", key=f"close_{film.id}", on_click=_close, args=(film.id,), help=f"Close {label.lower()}")


def keep_picture(film: Film, radiograph: Radiograph) -> None:
    """Keep the small picture of a film that was read anyway."""
    if film.sha256 not in _pictures():
        _pictures()[film.sha256] = inline_picture(thumbnail(radiograph), "")


def make_pictures() -> bool:
    """Make the small pictures that the strip was drawn without; whether there were any.

    It reads films, and so comes after the one that is looked at.
    """
    for film in _films().values():
        if film.sha256 in _pictures():
            continue
        try:
            keep_picture(film, read_radiograph(film.data))
        except CxrError:
            _pictures()[film.sha256] = "<span>unreadable</span>"
    return st.session_state["strip_lacks"]


def _films() -> dict[str, Film]:
    return st.session_state.setdefault("session_films", {})


def _pictures() -> dict[str, str]:
    return st.session_state.setdefault("film_pictures", {})


def _take() -> None:
    uploads, films = st.session_state["film"] or [], _films()
    known = st.session_state.get("dropped", set())
    for gone in known - {upload.file_id for upload in uploads}:
        films.pop(gone, None)
    new = [upload for upload in uploads if upload.file_id not in known]
    for upload in new:
        films[upload.file_id] = _film(upload.file_id, upload.name, upload.getvalue())
    if new:
        films.pop(_PHANTOM, None)
        _choose(new[0].file_id)


def _take_phantom() -> None:
    _films()[_PHANTOM] = _film(_PHANTOM, _PHANTOM, make_phantom())
    _choose(_PHANTOM)


def _film(film_id: str, name: str, data: bytes) -> Film:
    return Film(film_id, name, data, hashlib.sha256(data).hexdigest())


def _choose(film_id: str) -> None:
    st.session_state["film_id"] = film_id


def _close(film_id: str) -> None:
    _films().pop(film_id, None)
