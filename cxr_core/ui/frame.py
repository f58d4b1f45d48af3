"""What surrounds every page: the window, the notice, and problems in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from cxr_core.errors import CxrError
from cxr_core.ui import resources

_ICON = Path(__file__).with_name("icon.png")
_MARK = "opened_through_app"
_STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding: 1.2rem 1.6rem 1rem; max-width: none; }
[data-testid="stSidebar"] { min-width: 16rem; max-width: 17rem; }
[data-testid="stSidebarUserContent"] { padding: 0 1rem 1rem; }
[data-testid="stHeader"] { background: transparent; height: 0; }
.findings { width: 100%; border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
.findings td, .findings th { border: 0; border-bottom: 1px solid #1a2430; padding: .28rem .22rem; white-space: nowrap; }
.findings th { color: #8fa1b5; font-weight: 400; font-size: .74rem; text-align: left; }
.findings tr.chosen td { background: #12202c; }
.findings .number { text-align: right; }
.findings .weak { color: #6b7c8f; }
.findings .bar { position: relative; width: 4.6rem; height: .5rem; background: #1a2430; border-radius: .25rem; }
.findings .bar i { position: absolute; left: 0; top: 0; bottom: 0; border-radius: .25rem; }
.findings .bar u { position: absolute; top: 0; bottom: 0; background: #ffffff22; }
.findings .bar b { position: absolute; top: -.2rem; bottom: -.2rem; width: 2px; background: #dfe6ee; }
.chips span { display: inline-block; border: 1px solid #233040; border-radius: 1rem; padding: .1rem .65rem; margin: 0 .35rem .3rem 0;
  font-size: .78rem; color: #b7c4d2; }
.chips span.warned { border-color: #c99a2e; color: #ffd166; }
.foot { color: #7f91a5; font-size: .74rem; line-height: 1.4; }
</style>
"""


def open() -> None:  # noqa: A001 - `frame.open()` reads as what it does
    """Open the window: page config, notice, status. Only app.py calls it, before a page runs."""
    st.set_page_config("Hilum", page_icon=str(_ICON), layout="wide", initial_sidebar_state="expanded")
    st.session_state[_MARK] = True
    resources.warm_up()
    st.html(_STYLE)
    with st.sidebar:
        st.markdown("### Hilum")
        st.caption(f"{resources.status()}\n\nResearch use only. Not a medical device.")


def require() -> None:
    """Send a visitor who came to a page past app.py back through it."""
    if _MARK not in st.session_state:
        st.switch_page("app.py")


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show a CxrError in words. Anything else is a bug and goes on its way."""
    try:
        yield
    except CxrError as problem:
        st.error(str(problem))
