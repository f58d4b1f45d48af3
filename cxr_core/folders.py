"""Where what a user brings is kept: outside the repository, which holds only what ships."""

from __future__ import annotations

import os
from pathlib import Path


def user_folder(kind: str) -> Path:
    """The user's own folder for one kind of thing ("weights", "results"); it need not exist yet.

    `CXR_HOME` names the folder above it; without that it is `hilum` below `XDG_DATA_HOME`, or below `~/.local/share`
    (XDG Base Directory Specification 0.8).
    """
    given = os.environ.get("CXR_HOME")
    if given:
        return Path(given) / kind
    shared = os.environ.get("XDG_DATA_HOME")
    # the specification: a path that is not absolute counts as none
    above = Path(shared) if shared and Path(shared).is_absolute() else Path.home() / ".local" / "share"
    return above / "hilum" / kind
