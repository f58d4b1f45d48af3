"""A real browser reads films, and asks nobody but the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cxr_core.imaging.phantom import make_phantom

WAIT = 180_000  # ms: TensorFlow and a network are loaded, while other processes do the same


def drop(page: Page, *films: Path) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(films)


def test_a_film_is_read_in_the_browser(server: str, page: Page, tmp_path: Path) -> None:
    asked: set[str] = set()
    page.on("request", lambda one: asked.add(one.url.split("/")[2]) if one.url.startswith("http") else None)
    page.on("websocket", lambda one: asked.add(one.url.split("/")[2]))
    page.goto(server)
    film = tmp_path / "IM0001"
    film.write_bytes(make_phantom(512))
    drop(page, film)
    expect(page.locator(".findings tr")).to_have_count(15, timeout=WAIT)
    expect(page.locator(".viewer[data-heat=true]")).to_be_visible(timeout=WAIT)
    page.locator(".findings tr[data-finding=Hernia]").click()
    expect(page.locator(".st-key-why")).to_contain_text("Why Hernia?", timeout=WAIT)
    expect(page.locator(".findings tr.chosen")).to_have_attribute("data-finding", "Hernia")
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=WAIT)
    expect(page.locator(".st-key-why")).to_contain_text("Completeness gap")
    page.get_by_text("What the network saw").click()
    expect(page.locator(".seen img")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert asked == {server.removeprefix("http://")}


def test_the_status_of_the_model_needs_no_click(server: str, page: Page) -> None:
    page.goto(server)
    expect(page.locator(".status.ready")).to_contain_text("ready", timeout=WAIT)


def test_plotly_is_fetched_before_a_figure_is_asked_for(server: str, page: Page) -> None:
    """And nothing of it is seen: the page is as high as the window."""
    page.goto(server)
    page.wait_for_function("performance.getEntriesByType('resource').some(one => one.name.includes('PlotlyChart'))",
                           timeout=WAIT)
    expect(page.locator(".st-key-figures_ahead")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollHeight === innerHeight")


def test_a_finding_is_chosen_by_the_keyboard(server: str, page: Page) -> None:
    page.goto(server)
    page.get_by_role("button", name="sample phantom").click()
    rows = page.locator(".findings tr[data-finding]")
    expect(rows).to_have_count(14, timeout=WAIT)
    second = rows.nth(1).get_attribute("data-finding")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".findings tr.chosen")).to_have_attribute("data-finding", second, timeout=WAIT)


def test_films_stand_on_a_strip_and_outlive_a_walk(server: str, page: Page, tmp_path: Path) -> None:
    films = [tmp_path / "jane-doe-1", tmp_path / "jane-doe-2"]
    for film, side in zip(films, (400, 512)):
        film.write_bytes(make_phantom(side))
    page.goto(server)
    drop(page, *films)
    page.get_by_role("button", name="Film 2").click()
    expect(page.locator(".chips")).to_contain_text("512 × 512", timeout=WAIT)
    expect(page.locator(".thumb img")).to_have_count(2, timeout=WAIT)
    expect(page.get_by_text("jane-doe").locator("visible=true")).to_have_count(0)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Read").click()
    expect(page.locator(".viewer[data-heat=true]")).to_be_visible(timeout=WAIT)
    expect(page.locator(".chips")).to_contain_text("512 × 512")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_bad_file_leaves_the_app_alive(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(server)
    bad = tmp_path / "film.dcm"
    bad.write_bytes(b"no film at all")
    drop(page, bad)
    expect(page.get_by_test_id("stAlert")).to_contain_text("no PNG, JPEG or DICOM", timeout=WAIT)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible(timeout=WAIT)


@pytest.mark.realdata
def test_a_real_dicom_is_read_in_the_browser(server: str, page: Page, data_folder: Path) -> None:
    page.goto(server)
    drop(page, data_folder / "dicom" / "chest_pa_monochrome1_15bit_j2k.dcm")
    expect(page.locator(".chips")).to_contain_text("DICOM CR", timeout=WAIT)
    expect(page.locator(".viewer[data-film]")).to_be_visible(timeout=WAIT)


@pytest.mark.realdata
def test_nihs_boxes_stand_beside_ours_and_can_be_put_away(server: str, page: Page, data_folder: Path) -> None:
    page.goto(server)
    drop(page, first_boxed(data_folder))
    viewer = page.locator(".viewer[data-heat=true]:not([data-reference='0'])")
    expect(viewer).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=WAIT)
    canvas = viewer.locator("canvas")
    assert "drawn by NIH" in canvas.get_attribute("aria-label")
    with_boxes = canvas.screenshot()
    switch = page.get_by_role("button", name="NIH's own boxes")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert canvas.screenshot() != with_boxes


def first_boxed(data_folder: Path) -> Path:
    from cxr_core.datasets.boxes import boxes_of

    films = sorted((data_folder / "nih_download").rglob("*.png"))
    return next(film for film in films if boxes_of(film.name, 1024, 1024))


def test_what_only_the_model_before_had_is_gone_while_the_next_ones_map_is_made(server: str, page: Page) -> None:
    page.goto(server)
    page.get_by_role("button", name="sample phantom").click()
    for title, findings in (("DenseNet121 + clinical", 14), ("Custom CNN", 3)):
        page.get_by_role("combobox").first.click()
        page.get_by_role("option", name=title).click()
        expect(page.locator(".findings tr[data-finding]")).to_have_count(findings, timeout=WAIT)
        patient = page.get_by_role("button", name="Patient:").locator("visible=true")
        expect(patient).to_have_count(1 if findings == 14 else 0, timeout=WAIT)
        expect(page.locator(".viewer[data-heat=true]")).to_be_visible(timeout=WAIT)
    for name in ("What the network saw", "PNG"):
        assert page.get_by_role("button", name=name, exact=True).locator("visible=true").count() == 1
