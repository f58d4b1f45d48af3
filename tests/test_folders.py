"""Where what a user brings is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.folders import user_folder


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"CXR_HOME": "/a", "XDG_DATA_HOME": "/b"}, "/a/weights"),
        ({"XDG_DATA_HOME": "/b"}, "/b/hilum/weights"),
        ({"XDG_DATA_HOME": "not/absolute"}, "/c/.local/share/hilum/weights"),
        ({}, "/c/.local/share/hilum/weights"),
    ],
)
def test_a_user_s_folder_lies_where_the_user_says(
    given: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/c")
    for name in ("CXR_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert user_folder("weights") == Path(expected)
