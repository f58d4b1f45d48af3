"""The app, whose Performance page is drawn for six seconds more after its matrix: `python slow_room.py PORT`.

So it is on a slow machine with much to draw, and what is clicked in that time is a matter of luck.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    import time

    from streamlit import config
    from streamlit.web import bootstrap

    from cxr_core.ui.trust import classes

    show = classes.show_classes

    def show_and_linger(names: list[str]) -> None:
        show(names)
        time.sleep(6)

    classes.show_classes = show_and_linger
    config.set_option("server.port", int(sys.argv[1]))
    config.set_option("server.headless", True)
    config.set_option("server.address", "127.0.0.1")
    bootstrap.run(str(ROOT / "app.py"), False, [], {})
