"""A reader's own operating point: what the Read page, its files and the command line make of it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.cli import main
from cxr_core.evaluation.saved_points import FILE, SavedPoint, save_point
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import load_card
from cxr_core.models.prediction import Score
from cxr_core.reading import Reading, explain_film, read_film
from cxr_core.ui import resources
from cxr_core.ui.export import to_csv, to_json
from cxr_core.ui.findings_panel import findings_table

APP = str(Path(__file__).parents[2] / "app.py")
MODEL = "resnet18-128-nih14"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def reading(tiny_weights: Path) -> Reading:
    return read_film(make_phantom(300), MODEL)


def save(digest: str, finding: str, threshold: float) -> SavedPoint:
    return save_point(digest, finding, threshold, rule="by hand", who="Dr. <Roe>")


def test_a_score_is_held_against_the_readers_point_and_no_band() -> None:
    score = Score("Mass", 0.4, 0.4, 0.5, (0.3, 0.6))
    point = SavedPoint("Mass", 0.4, "by hand", "Dr. Roe", "2026-11-21T10:00:00+00:00")
    assert score.call == "unsure" and score.held_to(point).call == "present"
    assert score.held_to(replace(point, threshold=0.41)).call == "absent" and score.held_to(point).unsure is None
    assert "your operating point, since 2026-11-21, by Dr. Roe" in score.held_to(point).held_against
    exclusive = replace(score, operating_point=None, unsure=None, likeliest=True)
    assert exclusive.held_to(point) == exclusive


def test_panel_files_and_boxes_use_the_saved_point_and_say_so(reading: Reading) -> None:
    made = reading.prediction
    digest = load_card(resources.find_weights(reading.spec)).digest
    point = save(digest, "Mass", 0.0)
    save(made.digest, "Nodule", 0.0)  # of these weights, and of no calibration
    held, problem = resources.held_to_own_points(reading)
    assert not problem and held.score("Mass").operating_point == 0 and held.score("Nodule") == reading.score("Nodule")
    assert held.score("Mass").call == "present"
    rows = {row["finding"]: row for row in csv.DictReader(io.StringIO(to_csv(held)))}
    assert rows["Mass"]["operating_point_of"] == point.in_words and rows["Nodule"]["operating_point_of"] == "card"
    told = {one["finding"]: one for one in json.loads(to_json(held))["findings"]}
    assert told["Mass"]["operating_point_of"] == point.in_words and told["Mass"]["operating_point"] == 0
    card = load_card(resources.find_weights(reading.spec))
    table = findings_table(held.prediction, card, None)
    assert unescape(table).count(point.in_words) == 2 and "<Roe>" not in table
    assert "your operating point" not in findings_table(made, card, None)
    save(digest, "Mass", 1.0)
    under, _ = resources.held_to_own_points(reading)
    assert explain_film(held, "Mass", steps=4).boxes and not explain_film(under, "Mass", steps=4).boxes


def test_the_command_line_keeps_the_cards_unless_it_is_told(
    reading: Reading, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film.png"
    film.write_bytes(make_phantom(300))
    point = save(load_card(resources.find_weights(reading.spec)).digest, "Mass", 0.125)
    outputs = []
    for flags in ([], ["--operating-points", "saved"]):
        assert main(["predict", str(film), "--model", MODEL, "--json", *flags]) == 0
        outputs.append(json.loads(capsys.readouterr().out)[0])
    cards, saved = outputs
    assert cards["operating_points"]["Mass"] == 0.5 and "own_operating_points" not in cards
    assert saved["operating_points"] == cards["operating_points"] | {"Mass": 0.125}
    assert saved["own_operating_points"] == {"Mass": point.in_words}
    assert main(["explain", str(film), "--model", MODEL, "--finding", "Mass", "--steps", "2",
                 "--operating-points", "saved"]) == 0
    assert "operating point 0.125 (your operating point" in capsys.readouterr().out


def test_a_broken_file_keeps_nobody_from_reading(tiny_weights: Path, home: Path, tmp_path: Path) -> None:
    file = home / "settings" / FILE
    file.parent.mkdir()
    file.write_bytes(b"no database at all" * 100)
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.file_uploader(key="film").upload("x.png", make_phantom(300), "image/png").run()
    told = unescape(" ".join(str(one.proto.body) for one in app.get("html")))
    assert not app.exception and not app.error
    assert "operating points could not be read" in told and "The cards' own are used" in told
    film = tmp_path / "film.png"
    film.write_bytes(make_phantom(300))
    assert main(["predict", str(film), "--model", MODEL]) == 0
    assert main(["predict", str(film), "--model", MODEL, "--operating-points", "saved"]) == 2
