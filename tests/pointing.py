"""What tests do with a pointer as a reader does: a click on a figure waits until it tells what lies beneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playwright.sync_api import Page


def settled(page: Page) -> None:
    """What was pressed or moved has been heard of, and the next picture of the screen has been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def point_at(page: Page, across: float, down: float, words: str = "") -> bool:
    """Move to this place of the window, in px; whether the figure tells what it is, in these words."""
    page.mouse.move(across, down)
    page.wait_for_timeout(60)
    return page.locator(".hoverlayer .hovertext", has_text=words).count() > 0


def click_at(page: Page, place: Callable[[], Sequence[float]], words: str = "") -> None:
    """Stir where `place` says, across and down in px, until the figure tells these words there, and click.

    A figure that is still being drawn, or drawn anew, has nothing beneath the pointer, and moves when the page is laid
    out anew: a click is lost on it, or meets what is beside. AssertionError if it tells nothing in 600 moves.
    """
    for turn in range(600):
        across, down = place()
        if point_at(page, across + turn % 2, down, words):
            page.mouse.down()
            page.mouse.up()
            return
    raise AssertionError(f"nothing on the figure answered the pointer with {words or 'anything'}")
