"""Where the films are."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """`CXR_DATA`, else `shared/data` beside the checkout."""
    given = os.environ.get("CXR_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "data"


def is_named() -> bool:
    """Whether `CXR_DATA` names it: somebody wants these films looked at."""
    return bool(os.environ.get("CXR_DATA"))
