"""The Compare page in a real browser: viewers that move together, and maps that reach them without a rerun."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pointing import settled

WAIT = 240_000


@pytest.fixture(scope="module")
def reader(server: str, browser: Browser) -> Iterator[Page]:
    """A page that compares the models' maps of the phantom."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(WAIT)
    page.goto(server)
    page.get_by_role("button", name="sample phantom").click()
    expect(page.locator(".viewer[data-film]")).to_be_visible(timeout=WAIT)
    page.get_by_test_id("stSidebarNav").get_by_text("Compare").click()
    expect(page.locator(".viewer.cell[data-film]").first).to_be_visible(timeout=WAIT)
    yield page
    page.close()


def cells(page: Page) -> list[Locator]:
    return page.locator(".viewer.cell[data-film]").all()


def settle(page: Page) -> None:
    """Every map is made, or has said why not: an ensemble has no Grad-CAM."""
    for status in ("waiting", "making"):
        expect(page.locator(f".viewer.cell[data-status={status}]")).to_have_count(0, timeout=WAIT)


def pixels(cell: Locator) -> str:
    """What is on the canvas."""
    return cell.locator("canvas").evaluate("canvas => canvas.toDataURL()")


def middle(cell: Locator) -> tuple[float, float]:
    box = cell.locator("canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_film_of_the_read_page_is_shown_by_every_cell_and_its_map_is_drawn(reader: Page) -> None:
    settle(reader)
    drawn_ones = reader.locator(".viewer.cell[data-status=done][data-heat=true]")
    assert drawn_ones.count() == reader.locator(".viewer.cell[data-status=done]").count() >= 2
    first = cells(reader)[0]
    first.locator("canvas").focus()
    drawn = [pixels(cell) for cell in cells(reader)]
    reader.keyboard.press("h")
    reader.keyboard.press("b")
    settled(reader)
    without = [pixels(cell) for cell in cells(reader)]
    assert len(set(without)) == 1  # the same film, pixel for pixel
    assert all(one != bare for one, bare in zip(drawn[:1], without[:1], strict=True))
    reader.keyboard.press("h")
    reader.keyboard.press("b")
    settled(reader)
    assert [pixels(cell) for cell in cells(reader)] == drawn


def test_all_viewers_pan_zoom_and_window_together_without_asking_the_server(reader: Page) -> None:
    settle(reader)
    here, there = cells(reader)[0], cells(reader)[-1]
    here.locator("canvas").focus()
    reader.keyboard.press("h")  # films alone, so that any two cells must show the same
    reader.keyboard.press("b")
    seen = {pixels(there)}
    centre = middle(here)
    reader.mouse.move(*centre)
    for act in ("zoom", "pan", "window", "invert", "reset"):
        if act == "zoom":
            reader.mouse.wheel(0, -300)
        elif act in ("pan", "window"):
            reader.mouse.down(button="left" if act == "pan" else "right")
            reader.mouse.move(centre[0] + 40, centre[1] + 25, steps=3)
            reader.mouse.up(button="left" if act == "pan" else "right")
            centre = (centre[0] + 40, centre[1] + 25)
        else:
            reader.keyboard.press("i" if act == "invert" else "0")
        reader.mouse.move(2, 2)  # away: the pointer's place is marked in the other viewers
        settled(reader)
        assert pixels(here) == pixels(there), act
        assert act == "reset" or pixels(there) not in seen, act
        seen.add(pixels(there))
        reader.mouse.move(*centre)
        here.locator("canvas").focus()
    reader.keyboard.press("h")
    reader.keyboard.press("b")


def test_one_slider_sets_the_strength_of_all_maps(reader: Page) -> None:
    settle(reader)
    reader.mouse.move(2, 2)
    settled(reader)
    before = [pixels(cell) for cell in cells(reader)]
    reader.locator(".film-grid").get_by_label("Heat map opacity").fill("90")
    settled(reader)
    after = [pixels(cell) for cell in cells(reader)]
    assert sum(one != other for one, other in zip(before, after, strict=True)) >= len(after) / 2  # some may be empty, or not possible
    reader.locator(".film-grid").get_by_label("Heat map opacity").fill("55")


def swiped(reader: Page) -> tuple[Locator, Locator]:
    """The viewer of two maps over one film, and what is swiped between them."""
    settle(reader)
    reader.get_by_text("Swipe", exact=True).click()
    swipe = reader.get_by_label("Swipe between the two maps")
    expect(swipe).to_be_visible(timeout=WAIT)
    return reader.locator(".st-key-compare_together .viewer[data-film]"), swipe


def test_the_swipe_shows_one_map_at_each_end_and_both_between(reader: Page) -> None:
    together, swipe = swiped(reader)
    shown = []
    for place in ("0", "500", "1000"):
        swipe.fill(place)
        settled(reader)
        shown.append(pixels(together))
    assert len(set(shown)) == 3
    left, right = (reader.locator(".st-key-compare_together .between span").nth(place) for place in (0, 1))
    assert left.inner_text() != right.inner_text()


def test_the_divider_is_dragged_where_it_is_seen_and_the_slider_stands_at_it(reader: Page) -> None:
    together, swipe = swiped(reader)
    swipe.fill("500")
    together.scroll_into_view_if_needed()
    canvas, slider = together.locator("canvas").bounding_box(), swipe.bounding_box()
    for value in (0, 250, 1000):  # the middle of a thumb of 16 px
        thumb = slider["x"] + 8 + (slider["width"] - 16) * value / 1000
        assert thumb == pytest.approx(canvas["x"] + canvas["width"] * value / 1000, abs=1)
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 3
    reader.mouse.move(x + 6, y)
    reader.mouse.down()
    reader.mouse.move(x + canvas["width"] / 4, y, steps=3)
    reader.mouse.up()
    assert int(swipe.input_value()) == pytest.approx(750, abs=3)
    reader.mouse.move(x, y)  # far from it the film is panned
    reader.mouse.down()
    reader.mouse.move(x + 20, y, steps=2)
    reader.mouse.up()
    assert int(swipe.input_value()) == pytest.approx(750, abs=3)
    reader.keyboard.press("0")


def test_the_models_names_stay_in_sight_while_the_page_scrolls(reader: Page) -> None:
    head, cell = reader.locator(".heads .head").first, cells(reader)[0]
    cell.evaluate("cell => cell.scrollIntoView({ block: 'start' })")
    top, below = head.bounding_box(), cell.bounding_box()
    assert 0 <= top["y"] < 20 and below["y"] < 20 < below["y"] + below["height"]
    assert head.evaluate("""head => {
      const box = head.getBoundingClientRect();
      return head.contains(head.getRootNode().elementFromPoint(box.x + 20, box.y + box.height / 2));
    }""")  # and nothing lies over them


CUT = """tag => [...tag.querySelectorAll("*")].some(
  one => getComputedStyle(one).textOverflow === "ellipsis" && one.scrollWidth > one.clientWidth + 1)"""


def test_every_chosen_model_is_seen_and_its_name_is_whole(reader: Page) -> None:
    room = reader.locator(".st-key-compare_models").get_by_test_id("stMultiSelectTagsContainer")
    outer, shown = room.bounding_box(), room.locator("[data-tag]").all()
    assert shown and not any(tag.evaluate(CUT) for tag in shown)
    tags = [tag.bounding_box() for tag in shown]
    for tag in tags:
        assert outer["x"] <= tag["x"] and tag["x"] + tag["width"] <= outer["x"] + outer["width"]
        assert outer["y"] <= tag["y"] and tag["y"] + tag["height"] <= outer["y"] + outer["height"]


@pytest.mark.parametrize("wide", [1440, 1280, 1130])
def test_nothing_moves_as_a_choice_loses_the_focus(reader: Page, wide: int) -> None:
    """A click below a choice takes its focus: were it lower with it, the click would go by what it was aimed at."""
    reader.set_viewport_size({"width": wide, "height": 900})
    below = reader.locator(".film-grid .bar")
    for name in ("Models", "Methods"):
        reader.get_by_role("combobox", name=name).focus()
        with_focus = below.bounding_box()
        reader.get_by_role("combobox", name=name).blur()
        assert below.bounding_box() == with_focus, name
    reader.set_viewport_size({"width": 1440, "height": 900})


# What a viewer shows of the film, whatever its size, as 32 x 32 colours.
SMALL = """canvas => {
  const film = [...globalThis.hilumFilms.values()].at(-1);
  const fit = Math.min(canvas.width / film.width, canvas.height / film.height);
  const small = Object.assign(document.createElement("canvas"), { width: 32, height: 32 }), g = small.getContext("2d");
  const wide = film.width * fit, tall = film.height * fit;
  g.imageSmoothingQuality = "high";
  g.drawImage(canvas, (canvas.width - wide) / 2, (canvas.height - tall) / 2, wide, tall, 0, 0, 32, 32);
  return [...g.getImageData(0, 0, 32, 32).data];
}"""


def apart(one: list[int], other: list[int]) -> float:
    """The mean distance of two such pictures, 0 to 255."""
    return float(np.abs(np.subtract(one, other)).mean())


def test_each_end_of_the_swipe_shows_the_map_of_its_cell(reader: Page) -> None:
    together, swipe = swiped(reader)
    cells(reader)[0].locator("canvas").focus()
    reader.keyboard.press("0")
    reader.keyboard.press("b")  # boxes are as thick in a small viewer as in a large one
    reader.mouse.move(2, 2)
    settled(reader)
    first, second = (cell.locator("canvas").evaluate(SMALL) for cell in cells(reader)[:2])
    ends = []
    for place in ("1000", "0"):
        swipe.fill(place)
        settled(reader)
        ends.append(together.locator("canvas").evaluate(SMALL))
    cells(reader)[0].locator("canvas").focus()
    reader.keyboard.press("b")
    for end, own, other in ((ends[0], first, second), (ends[1], second, first)):
        assert apart(end, own) < 3 < 2 * apart(end, own) + 2 < apart(end, other)
