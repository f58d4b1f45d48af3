"""A pointer on a Plotly figure, as a reader uses it: what lies beneath is told before it is clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playwright.sync_api import Page


def point_at(page: Page, across: float, down: float, tries: int = 600) -> bool:
    """Move to this place of the window, in px, and stir there until the figure tells what it is; False if it does not.

    A figure that is still being drawn, or drawn anew, has nothing beneath the pointer: a click is lost on it.
    """
    return _told(page, lambda: (across, down), "", tries)


def click_at(page: Page, place: Callable[[], Sequence[float]], words: str = "", tries: int = 600) -> None:
    """Click where the figure tells these words; AssertionError if nothing does within a minute.

    `place` gives across and down, in px, and is asked before each move: a figure moves when the page is laid out anew.
    """
    assert _told(page, place, words, tries), f"nothing on the figure answered the pointer with {words or 'anything'}"
    page.mouse.down()
    page.mouse.up()


def _told(page: Page, place: Callable[[], Sequence[float]], words: str, tries: int) -> bool:
    for turn in range(tries):
        across, down = place()
        page.mouse.move(across + turn % 2, down)
        page.wait_for_timeout(60)
        if page.locator(".hoverlayer .hovertext", has_text=words).count():
            return True
    return False
