"""What surrounds every page: the window, the notice, and problems in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from cxr_core.errors import CxrError, FilmError, ModelError
from cxr_core.ui import background, clicks, resources

_ICON = Path(__file__).with_name("icon.png")
_LOGO = Path(__file__).with_name("logo.svg")
_MARK, _WANTED, _AHEAD = "opened_through_app", "wanted_page", "plotly_sent"
_STYLE = Path(__file__).with_name("frame.css")


def open() -> None:  # noqa: A001 - `frame.open()` reads as what it does
    """Open the window: page config, notice, status. Only app.py calls it, before a page runs."""
    st.set_page_config("Hilum", page_icon=str(_ICON), layout="wide", initial_sidebar_state="expanded")
    st.session_state[_MARK] = True
    background.pause()
    resources.warm_up()
    st.html(_STYLE)
    st.logo(str(_LOGO), size="large")
    with st.sidebar, st.container(key="foot"):
        waiting = st.session_state["was_loading"] = resources.loading()
        st.fragment(_status, run_every=1.0 if waiting else None)()


def _status() -> None:
    kind, text = resources.status()
    st.html(f'<p class="status {kind}" role="status"><i></i>{escape(text)}<br>Research use only.<br>'
            "Not a medical device.</p>")
    if st.session_state["was_loading"] and not resources.loading():
        st.rerun()  # once, so that the fragment stops asking


def load_figures_ahead() -> None:
    """Have the browser fetch and start Plotly, 4.7 MB, once in a session, while the reader looks at something else.

    The first figure of a browser costs that otherwise: half of the wait for the first curves. To be called last, when
    nothing else is waited for: this process imports Plotly then as well.
    """
    if not st.session_state.get(_AHEAD):
        st.session_state[_AHEAD] = True
        with st.container(key="figures_ahead"):  # not shown (frame.css)
            st.plotly_chart({"data": [{"type": "scatter"}]}, key="no_figure")


def require() -> None:
    """Begin a page: with what was clicked on it, or back through app.py for a visitor who came past it.

    `go_on` brings them where they wanted to be.
    """
    if _MARK not in st.session_state:
        page = urlsplit(st.context.url or "").path.rpartition("/")[2]
        st.session_state[_WANTED] = page, st.query_params.to_dict()
        st.switch_page("app.py")
    clicks.take_all()


def go_on(pages: Sequence[st.Page]) -> None:
    """Open the page, and its address, that a visitor had asked for before the window was open."""
    wanted, query = st.session_state.pop(_WANTED, ("", {}))
    for page in pages:
        if wanted and page.url_path == wanted:
            st.switch_page(page, query_params=query)


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show a CxrError in words. Anything else is a bug and goes on its way."""
    try:
        yield
    except CxrError as problem:
        with st.container(key="problem"):
            st.html(f"<h1>{_headline(problem)}</h1>")
            st.error(str(problem), icon=None)
            if isinstance(problem, FilmError):
                st.html('<p class="terms">Films are read as DICOM, PNG or JPEG, known by their content and not by '
                        "their name. Close this one by its cross, or add another.</p>")


def _headline(problem: CxrError) -> str:
    if isinstance(problem, FilmError):
        return "This file cannot be read as a film"
    return "This model cannot be used" if isinstance(problem, ModelError) else "This did not work"
