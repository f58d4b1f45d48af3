"""The app with the tiny clinical model for its only one, for a browser: `python clinical_room.py WEIGHTS PORT`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    os.environ["CXR_WEIGHTS"] = sys.argv[1]
    import pytest
    import tiny_training as tiny
    from streamlit import config
    from streamlit.web import bootstrap

    tiny.register(pytest.MonkeyPatch())
    config.set_option("server.port", int(sys.argv[2]))
    config.set_option("server.headless", True)
    config.set_option("server.address", "127.0.0.1")
    bootstrap.run(str(ROOT / "app.py"), False, [], {})
