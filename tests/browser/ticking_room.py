"""The app with a fragment that asks the server many times a second, once it is ready: `python ticking_room.py PORT`.

The foot of the sidebar asks so once a second while a model loads, and a click that it forestalls is a matter of luck.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    import streamlit as st
    from streamlit import config
    from streamlit.web import bootstrap

    from cxr_core.ui import frame, resources

    opened = frame.open

    def open_and_tick() -> None:
        opened()
        with st.sidebar:
            st.fragment(lambda: st.empty(), run_every=None if resources.loading() else 0.02)()

    frame.open = open_and_tick
    config.set_option("server.port", int(sys.argv[1]))
    config.set_option("server.headless", True)
    config.set_option("server.address", "127.0.0.1")
    bootstrap.run(str(ROOT / "app.py"), False, [], {})
