"""The Dataset page on the whole of NIH's table, every view once, in a process of its own: prints its peak memory, MB.

    python tests/pages/whole_table.py FOLDER    # with NIH's tables; none of the films need be there
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from streamlit.testing.v1 import AppTest

from cxr_core.datasets import sources
from cxr_core.datasets.nih import read_nih
from cxr_core.render.map_figure import draw_map
from cxr_core.ui.dataset import work

VIEWS = ("films", "patients", "trouble")
KINDS = ("doubt", "parts", "people", "traits", "shift", "summary")


def peak() -> float:
    """The most memory that this process has taken so far, MB.

    As Linux has it of this program alone: what `getrusage` tells begins with the memory of the process that started it.
    """
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(told[1]) / 1024


def show(page: AppTest, what: str) -> None:
    """The view, and again when its work beside the page is done; it must have no fault."""
    page.run()
    doing = [one for one in work._works().values() if one.is_running]
    if doing:
        doing[0].wait(600)
        page.run()
    if page.exception:
        raise SystemExit(f"{what}: {page.exception[0].value}")
    print(f"{what} {peak():.0f}", flush=True)


def main(folder: Path) -> None:
    """Open each view, and draw a map with a dot for each film."""
    sources.read_nih = lambda *told, **asked: read_nih(*told, **asked | {"need_films": False})  # rows without a film count
    page = AppTest.from_file(str(Path(__file__).parents[2] / "pages" / "dataset.py"), default_timeout=600)
    page.session_state["opened_through_app"] = True  # which would load a model for the page of films
    page.session_state["dataset_typed"] = str(folder)
    page.query_params["data"] = "other"
    show(page, "counts")
    print(f"rows {re.search('([0-9,]+) films of', ' '.join(one.proto.body for one in page.get('html')))[1]}")
    page.slider(key="select_age").set_value((40, 60))
    show(page, "selected")
    for view in VIEWS:
        page.segmented_control(key="dataset_show").set_value(view)
        show(page, view)
    for kind in KINDS:
        page.segmented_control(key="trouble_kind").set_value(kind)
        show(page, kind)
    everyone, rng = np.arange(112_120), np.random.default_rng(0)
    words = [f"Effusion<br>{one}" for one in everyone]
    draw_map(everyone, rng.normal(size=(len(everyone), 2)), rng.choice(["with", "without"], len(everyone)), words,
             everyone >= 0)
    print(f"map {peak():.0f}")
    print(f"tensorflow {'tensorflow' in sys.modules}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
