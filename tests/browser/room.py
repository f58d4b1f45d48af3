"""What the rooms of this folder share: each serves the app with something of it changed, as `python ROOM.py PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def serve(port: str) -> None:
    """Serve the app on this port of this machine, until the process is ended."""
    from streamlit import config
    from streamlit.web import bootstrap

    config.set_option("server.port", int(port))
    config.set_option("server.headless", True)
    config.set_option("server.address", "127.0.0.1")
    bootstrap.run(str(ROOT / "app.py"), False, [], {})
