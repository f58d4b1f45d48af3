"""The viewer does what its keys and the mouse say, in the browser alone, and its figures are those of the film."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pointing import settled
from tagged_film import tagged_film

from cxr_core.imaging.read import read_radiograph
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.ui.viewer import PARTS, source

WAIT = 180_000


@pytest.fixture(scope="module")
def reader(server: str, browser: Browser) -> Iterator[Page]:
    """A page that shows the phantom with its last map."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(WAIT)
    page.goto(server)
    page.get_by_role("button", name="sample phantom").click()
    seen(page)
    yield page
    page.close()


@pytest.fixture
def viewer(reader: Page) -> Locator:
    """The phantom's viewer as it opens, whatever the test before left."""
    found = reader.locator(".viewer[data-film]")
    found.locator("canvas").focus()
    reader.keyboard.press("0")
    heat = found.get_by_role("button", name="Heat map on or off")
    if heat.get_attribute("aria-pressed") == "false":
        heat.click()
    reader.mouse.move(0, 0)
    return found


def seen(page: Page) -> Locator:
    found = page.locator(".viewer[data-film]")
    expect(found).to_be_visible(timeout=WAIT)
    expect(page.locator(".viewer[data-heat=true], .refusal").first).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=WAIT)
    return found


def told(viewer: Locator, pattern: str) -> list[float]:
    """The numbers of a pattern in the line under the film."""
    settled(viewer.page)
    text = viewer.locator(".read").inner_text()
    found = re.search(pattern, text)
    assert found, f"{pattern} is not in {text!r}"
    return [float(one) for one in found.groups()]


def middle(viewer: Locator) -> tuple[float, float]:
    box = viewer.locator("canvas").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def picture(viewer: Locator) -> str:
    """What is on the canvas, without the ring of the focus."""
    settled(viewer.page)
    return viewer.locator("canvas").evaluate("canvas => canvas.toDataURL()")


def drag(page: Page, start: tuple[float, float], by: tuple[float, float], button: str = "left") -> None:
    page.mouse.move(*start)
    page.mouse.down(button=button)
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=4)
    page.mouse.up(button=button)


def test_nothing_the_viewer_does_asks_the_server(server: str, page: Page) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(server)
    page.get_by_role("button", name="sample phantom").click()
    viewer = seen(page)
    expect(page.locator(".status.ready")).to_be_visible(timeout=WAIT)  # until then the page asks once a second
    before = -1
    for _ in range(60):  # and what it asks when all is drawn may come late
        if before == len(sent):
            break
        before = len(sent)
        page.wait_for_timeout(1500)
    canvas, centre = viewer.locator("canvas"), middle(viewer)
    page.mouse.move(*centre)
    page.mouse.wheel(0, -300)
    drag(page, centre, (40, 30))
    drag(page, centre, (60, 10), "right")
    canvas.focus()
    for key in "wimrflhb?]0":
        page.keyboard.press(key)
    page.get_by_label("Heat map opacity").fill("80")
    page.wait_for_timeout(500)
    assert before > 0 and len(sent) == before


def test_the_wheel_zooms_where_the_pointer_is(viewer: Locator, reader: Page) -> None:
    centre = middle(viewer)
    reader.mouse.move(centre[0] - 150, centre[1] - 100)
    zoom, at = told(viewer, r"zoom ([\d.]+)"), told(viewer, r"\((\d+), (\d+)\)")
    reader.mouse.wheel(0, -400)
    assert told(viewer, r"zoom ([\d.]+)")[0] > 2 * zoom[0]
    assert told(viewer, r"\((\d+), (\d+)\)") == pytest.approx(at, abs=2)


def test_a_drag_moves_the_film_with_the_pointer(viewer: Locator, reader: Page) -> None:
    centre = middle(viewer)
    reader.mouse.move(*centre)
    at = told(viewer, r"\((\d+), (\d+)\)")
    drag(reader, centre, (90, -60))
    assert told(viewer, r"\((\d+), (\d+)\)") == pytest.approx(at, abs=2)


def test_a_right_drag_widens_the_window_and_moves_its_level(viewer: Locator, reader: Page) -> None:
    before = told(viewer, r"W (\d+) · L (\d+)")
    drag(reader, middle(viewer), (100, 0), "right")
    wider = told(viewer, r"W (\d+) · L (\d+)")
    assert wider[0] > before[0] and wider[1] == before[1]
    drag(reader, middle(viewer), (0, 100), "right")
    assert told(viewer, r"W (\d+) · L (\d+)")[1] > before[1]


@pytest.mark.parametrize(("key", "said"), [("i", "inverted"), ("r", "turned 90°"), ("f", "flipped")])
def test_a_film_that_is_not_as_it_came_says_so(viewer: Locator, reader: Page, key: str, said: str) -> None:
    viewer.locator("canvas").focus()
    before = picture(viewer)
    reader.keyboard.press(key)
    expect(viewer.locator(".turned")).to_contain_text(said)
    assert picture(viewer) != before
    reader.keyboard.press("0")
    expect(viewer.locator(".turned")).to_be_empty()
    assert picture(viewer) == before


@pytest.mark.parametrize("name", ["Heat map on or off", "Magnifier", "Next window preset"])
def test_a_button_changes_the_picture(viewer: Locator, reader: Page, name: str) -> None:
    reader.mouse.move(*middle(viewer))
    before = picture(viewer)
    viewer.get_by_role("button", name=name).click()
    reader.mouse.move(*middle(viewer))
    assert picture(viewer) != before


def test_the_legend_names_every_key_and_escape_closes_it(viewer: Locator, reader: Page) -> None:
    viewer.get_by_role("button", name="Keys").click()
    legend = viewer.locator(".legend")
    expect(legend).to_be_visible()
    for key in "WIMRFLHB0":
        expect(legend.locator("dt", has_text=re.compile(f"^{key}$"))).to_have_count(1)
    reader.keyboard.press("Escape")
    expect(legend).to_be_hidden()


def test_a_length_is_in_pixels_where_no_spacing_is_known(viewer: Locator, reader: Page) -> None:
    assert length(viewer, reader, (120, 90))[1] == "px"


def length(viewer: Locator, page: Page, by: tuple[float, float]) -> tuple[float, str]:
    viewer.get_by_role("button", name="Measure").click()
    drag(page, middle(viewer), by)
    value, unit = re.search(r"([\d.]+) (mm at the detector|mm|px)", viewer.locator(".told").text_content()).groups()
    return float(value), unit


@pytest.mark.realdata
def test_a_length_is_in_mm_where_the_spacing_is_known(server: str, page: Page, data_folder: Path) -> None:
    viewer, film = shown(server, page, data_folder / "dicom" / "chest_pa_jpeg_baseline_8bit.dcm")
    box = viewer.locator("canvas").bounding_box()
    zoom = min(box["width"] / film.width, box["height"] / film.height)
    value, unit = length(viewer, page, (120, 90))
    down, across = film.spacing_mm
    assert unit == "mm" and value == pytest.approx(math.hypot(120 * across, 90 * down) / zoom, rel=0.02)


def test_a_length_at_the_detector_is_called_so(server: str, page: Page, tmp_path: Path) -> None:
    tagged_film(tmp_path / "film.dcm")
    film = pydicom.dcmread(tmp_path / "film.dcm")
    film.ImagerPixelSpacing = [0.2, 0.2]
    film.save_as(tmp_path / "film.dcm")
    viewer, _ = shown(server, page, tmp_path / "film.dcm")
    assert length(viewer, page, (120, 90))[1] == "mm at the detector"


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["chest_pa_monochrome1_15bit_j2k.dcm", "chest_pa_jpeg_baseline_8bit.dcm"])
def test_the_probe_says_the_value_that_the_file_holds(
    server: str, page: Page, data_folder: Path, name: str
) -> None:
    viewer, film = shown(server, page, data_folder / "dicom" / name)
    centre = middle(viewer)
    for across, down in ((0, 0), (-120, 40), (90, -160)):
        page.mouse.move(centre[0] + across, centre[1] + down)
        x, y, value = told(viewer, r"\((\d+), (\d+)\) [=≈] (\d+)")
        if "=" in viewer.locator(".read").inner_text():
            assert value == film.pixels[int(y), int(x)]
        else:  # a large film is shown shrunk: the mean of what lies there
            around = film.pixels[int(y) - 2:int(y) + 3, int(x) - 2:int(x) + 3]
            assert around.min() <= value <= around.max() and film.width > 1600


def shown(server: str, page: Page, path: Path) -> tuple[Locator, Radiograph]:
    """A file in the viewer, and as cxr_core reads it."""
    page.goto(server)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    return seen(page), read_radiograph(path.read_bytes())


# Two calls of a component before its module is there: Streamlit makes both, then cleans up after the first.
OVERTAKEN = """async ([js, kind]) => {
  document.body.innerHTML = `<div class="${kind}"></div>`;
  const { default: call } = await import(URL.createObjectURL(new Blob([js], { type: "text/javascript" })));
  const map = { film: "f".repeat(64), group: "films", colours: Array(768).fill(0), heat: null, grid: 0, steps: 0,
    boxes: [], reference: [], signed: false, second: null };
  const message = (status, version) => ({ ...map, status, version, note: "", again: false });
  const data = { ...map, aspect: 1, columns: [{ title: "A", remark: "" }], rows: [{ title: "B", cells: ["a"] }],
    messages: { a: message("waiting", 0) } };
  const [first, second] = [1, 2].map(() => call({ data, parentElement: document.body, setTriggerValue() {} }));
  first();
  globalThis.hilumFilms = new Map([[map.film, { film: map.film, rows: 4, columns: 4, height: 4, width: 4, bits: 8,
    center: 128, window: 256, spacing: null, pixels: new Uint8Array(16) }]]);
  dispatchEvent(new Event("hilum-film"));
  globalThis.hilumCells = { a: message("done", 1) };
  dispatchEvent(new Event("hilum-cells"));
  const { film, status } = document.querySelector(".viewer").dataset;
  second();
  globalThis.hilumCells = { a: message("failed", 2) };
  dispatchEvent(new Event("hilum-cells"));
  return [film, status, document.querySelector(".viewer").dataset.status];
}"""


@pytest.mark.parametrize(("name", "kind", "status"), [("single.js", "viewer", None), ("grid.js", "film-grid", "done")])
def test_what_is_cleaned_up_late_leaves_the_newer_call_its_film_and_its_maps(
    page: Page, name: str, kind: str, status: str | None
) -> None:
    js = "".join(source(one) for one in (*PARTS, name))
    assert page.evaluate(OVERTAKEN, [js, kind]) == ["f" * 8, status, status]  # and once gone it hears no more
