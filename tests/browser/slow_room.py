"""The app, whose Performance page is drawn for six seconds more after its matrix: `python slow_room.py PORT`.

So it is on a slow machine with much to draw, and what is clicked in that time is a matter of luck.
"""

from __future__ import annotations

import sys

from room import serve

if __name__ == "__main__":
    import time

    from cxr_core.ui.trust import classes

    show = classes.show_classes

    def show_and_linger(names: list[str]) -> None:
        show(names)
        time.sleep(6)

    classes.show_classes = show_and_linger
    serve(sys.argv[1])
