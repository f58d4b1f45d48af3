"""The app with the tiny clinical model for its only one, for a browser: `python clinical_room.py WEIGHTS PORT`."""

from __future__ import annotations

import os
import sys

from room import serve

if __name__ == "__main__":
    os.environ["CXR_WEIGHTS"] = sys.argv[1]
    import pytest
    import tiny_training as tiny

    tiny.register(pytest.MonkeyPatch())
    serve(sys.argv[2])
