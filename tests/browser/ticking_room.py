"""The app with a fragment that asks the server many times a second, once it is ready: `python ticking_room.py PORT`.

The foot of the sidebar asks so once a second while a model loads, and a click that it forestalls is a matter of luck.
"""

from __future__ import annotations

import sys

from room import serve

if __name__ == "__main__":
    import streamlit as st

    from cxr_core.ui import frame, resources

    opened = frame.open

    def open_and_tick() -> None:
        opened()
        with st.sidebar:
            st.fragment(lambda: st.empty(), run_every=None if resources.loading() else 0.02)()

    frame.open = open_and_tick
    serve(sys.argv[1])
