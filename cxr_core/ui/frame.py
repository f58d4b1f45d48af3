"""What surrounds every page: the window, the notice, and problems in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from cxr_core.errors import CxrError
from cxr_core.ui import resources

_ICON = Path(__file__).with_name("icon.png")
_LOGO = Path(__file__).with_name("logo.svg")
_MARK = "opened_through_app"
_STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding: .9rem 1.2rem .4rem; max-width: none; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: .7rem; }
[data-testid="stSidebar"] { min-width: 15rem; max-width: 15rem; }
[data-testid="stSidebarUserContent"] { padding: 0 1rem 6rem; }
[data-testid="stHeader"] { background: transparent; height: 0; }
.st-key-foot { position: fixed; bottom: 0; box-sizing: border-box; width: 12rem; padding: .6rem 0 .9rem; background: #080b0f; }
.st-key-foot p { font-size: .78rem; line-height: 1.45; }
.chips { display: flex; flex-wrap: wrap; max-height: 2.6rem; overflow: hidden; gap: .35rem; align-items: center; min-height: 2.5rem; }
.chips span { border: 1px solid #233040; border-radius: 1rem; padding: .1rem .65rem; font-size: .78rem; color: #b7c4d2; }
.chips span.warned { border-color: #8a6d2c; color: #ffd166; }
.chips span.refused { border-color: #b6484c; color: #ff8f8f; }
.why { border: 1px solid #1d2935; border-radius: .5rem; background: #0e151d; padding: .6rem .8rem; font-size: .82rem;
  line-height: 1.5; color: #b7c4d2; min-height: 4.9rem; }
.why b { color: #dfe6ee; } .why .good { color: #5fd38d; } .why .poor { color: #ffd166; }
.foot { color: #7f91a5; font-size: .74rem; line-height: 1.45; }
.begin { max-width: 46rem; margin: 12vh auto 1rem; text-align: center; }
.begin h1 { font-size: 2rem; font-weight: 600; padding: 0 0 .5rem; }
.begin p { color: #9fb0c2; font-size: .95rem; line-height: 1.6; margin: 0 auto; max-width: 38rem; }
.st-key-begin { max-width: 38rem; margin: 0 auto; }
.st-key-begin [data-testid="stFileUploaderDropzone"] { min-height: 11rem; flex-direction: column; align-items: center;
  justify-content: center; gap: .8rem; border: 1px dashed #35506a; background: #0e151d; }
.st-key-begin [data-testid="stFileUploaderDropzone"]::before { content: "Drop chest films here"; color: #dfe6ee; font-size: 1.05rem; }
.st-key-begin .terms { color: #7f91a5; font-size: .8rem; line-height: 1.6; text-align: center; margin: .4rem 0 0; }
h1.page { font-size: 1.35rem; font-weight: 600; padding: 0; }
.figures { width: 100%; border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
.figures th, .figures td { border: 0; border-bottom: 1px solid #1a2430; padding: .32rem .5rem; text-align: right; white-space: nowrap; }
.figures th { color: #8fa1b5; font-weight: 400; font-size: .76rem; }
.figures th:first-child, .figures td:first-child { text-align: left; padding-left: 0; }
.figures tr.pale td { color: #5d6c7d; }
.swatch { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin-right: .5rem; }
[data-testid="stHtml"] h2 { font-size: .95rem; font-weight: 600; padding: .2rem 0 .5rem; }
.st-key-card p, .st-key-card li { font-size: .86rem; line-height: 1.55; }
.care { border-left: 2px solid #8a6d2c; padding: .1rem 0 .1rem .7rem; margin: 0; color: #d9c08a; font-size: .8rem; line-height: 1.5; }
.st-key-problem { max-width: 46rem; margin: 10vh auto 0; }
</style>
"""


def open() -> None:  # noqa: A001 - `frame.open()` reads as what it does
    """Open the window: page config, notice, status. Only app.py calls it, before a page runs."""
    st.set_page_config("Hilum", page_icon=str(_ICON), layout="wide", initial_sidebar_state="expanded")
    st.session_state[_MARK] = True
    resources.warm_up()
    st.html(_STYLE)
    st.logo(str(_LOGO), size="large")
    with st.sidebar, st.container(key="foot"):
        st.fragment(_status, run_every=1.0 if resources.loading() else None)()


def _status() -> None:
    st.caption(f"{resources.status()}  \nResearch use only.  \nNot a medical device.")
    if not resources.loading() and st.session_state.pop("was_loading", False):
        st.rerun()  # once, so that the fragment stops asking
    elif resources.loading():
        st.session_state["was_loading"] = True


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
        with st.container(key="problem"):
            st.error(str(problem))
