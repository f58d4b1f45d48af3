"""The clinical form in a real browser, where its fields come to be only when it is opened."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect
from tagged_film import tagged_film

WAIT = 120_000


def test_the_form_opens_with_the_tags_and_takes_unknown(clinical_server: str, page: Page, tmp_path: Path) -> None:
    film = tmp_path / "film.dcm"
    tagged_film(film)
    page.goto(clinical_server)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(film)
    button = page.get_by_test_id("stPopoverButton").filter(has_text="Patient")
    expect(button).to_contain_text("67 y · F · AP · history unknown", timeout=WAIT)
    expect(page.locator(".st-key-why")).to_contain_text("held fixed", timeout=WAIT)
    button.click()
    form = page.get_by_test_id("stPopoverBody")
    for name, value in (("Age", "67"), ("Sex", "F"), ("View", "AP")):
        expect(form.get_by_role("combobox", name=name)).to_have_value(value)
    form.get_by_text("Earlier films are known").click()
    expect(button).to_contain_text("67 y · F · AP · no earlier finding", timeout=WAIT)
    form.get_by_role("combobox", name="Age").click()
    page.get_by_role("option", name="Unknown", exact=True).click()
    expect(button).to_contain_text("F · AP · no earlier finding · age unknown", timeout=WAIT)
    expect(form).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
