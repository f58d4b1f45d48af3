"""A pointer on a Plotly figure, as a reader uses it: what lies beneath is told before it is clicked."""

from __future__ import annotations

from playwright.sync_api import Page


def point_at(page: Page, across: float, down: float, tries: int = 600) -> bool:
    """Move to this place of the window, in px, and stir there until the figure tells what it is; False if it does not.

    A figure that is still being drawn, or drawn anew, has nothing beneath the pointer: a click is lost on it.
    """
    for turn in range(tries):
        page.mouse.move(across + turn % 2, down)
        page.wait_for_timeout(60)
        if page.locator(".hoverlayer .hovertext").count():
            return True
    return False


def click_at(page: Page, across: float, down: float) -> None:
    """Click where the figure tells what lies beneath; AssertionError if nothing does within a minute."""
    assert point_at(page, across, down), "nothing on the figure answered the pointer"
    page.mouse.down()
    page.mouse.up()
