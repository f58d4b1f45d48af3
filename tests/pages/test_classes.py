"""The pages and the command line on a model of exclusive classes: three shares of one whole, and the audit."""

from __future__ import annotations

import base64
import json
import shutil
import time
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import tiny_classes
from page_parts import plain, segment, spec
from streamlit.testing.v1 import AppTest

from cxr_core.cli import main
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import load_card, write_card
from cxr_core.models.classifier import load_classifier
from cxr_core.reading import explain_film, read_film
from cxr_core.ui.findings_panel import findings_table

APP = str(Path(__file__).parents[2] / "app.py")
MODEL = tiny_classes.SPEC.id


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.png"
    path.write_bytes(make_phantom(300))
    return path


@pytest.fixture
def app(classes_model: Path) -> AppTest:
    st.cache_resource.clear()
    st.cache_data.clear()
    return AppTest.from_file(APP, default_timeout=300).run()


def test_a_film_is_called_one_class_and_the_shares_sum_to_one(classes_model: Path, film: Path) -> None:
    classifier = load_classifier(MODEL)
    reading = read_film(film.read_bytes(), MODEL, classifier=classifier)
    assert sum(score.probability for score in reading.scores) == pytest.approx(1)
    (called,) = [score for score in reading.scores if score.call == "likeliest"]
    assert called == max(reading.scores, key=lambda score: score.probability)
    assert all(score.operating_point is None and score.unsure is None for score in reading.scores)
    for score in reading.scores:
        if score is not called:
            explained = explain_film(reading, score.finding, classifier=classifier, steps=8)
            assert score.call == "other" and not explained.boxes


def test_the_panel_puts_the_likeliest_class_first_and_marks_no_threshold(classes_model: Path, film: Path) -> None:
    reading = read_film(film.read_bytes(), MODEL)
    table = findings_table(reading.prediction, load_card(classes_model / "weights" / MODEL), None)
    likeliest = max(reading.scores, key=lambda score: score.probability).finding
    assert table.index(likeliest) < min(table.index(one) for one in tiny_classes.SPEC.findings if one != likeliest)
    assert table.count(">likeliest<") == 1 and "operating point" not in table and "<b " not in table


def test_the_read_page_shows_the_audit_in_a_line(app: AppTest, classes_model: Path, film: Path) -> None:
    app.file_uploader(key="film").upload("x.png", film.read_bytes(), "image/png").run()
    assert not app.exception and not app.error
    audit = load_card(classes_model / "weights" / MODEL).classes.audit.in_words
    assert audit.startswith("Shortcut audit: of ") and audit in plain(app)
    assert "official NIH test list" not in plain(app)


def test_the_models_page_shows_confusion_and_audit_and_performance_the_films_behind_it(
    app: AppTest, classes_model: Path
) -> None:
    app.switch_page("pages/models.py").run()
    assert not app.exception and not app.error
    card = load_card(classes_model / "weights" / MODEL)
    told = plain(app)
    test = next(one for one in card.classes.confusions if one.films == "test")
    for key, row in zip(test.classes, test.counts, strict=True):
        assert f"<td>{key}</td>" + "".join(f"<td>{count}</td>" for count in row) in told
    assert card.classes.audit.in_words in told and "NIH adults with No Finding" in told
    app.switch_page("pages/performance.py").run()
    assert not app.exception and not app.error
    assert [chart.key for chart in app.get("plotly_chart")] == ["confusion", "histories"]  # what the closed tabs hold
    told = plain(app)
    for key, row in zip(test.classes, test.counts, strict=True):
        assert f"<td>{key}</td>" + "".join(f"<td>{count}</td>" for count in row) in told
    row, column = next((r, c) for r in range(3) for c in range(3) if test.counts[r][c])
    app.selectbox(key="class_true").set_value(test.classes[row])
    app.selectbox(key="class_called").set_value(test.classes[column]).run()
    assert not app.exception and plain(app).count("film-row") == min(8, test.counts[row][column])
    segment(app, "class_films").set_value("nih_adults").run()
    assert not app.exception and "NIH adults without COVID-19: accuracy" in plain(app)


def test_the_command_line_says_the_class_and_the_audit(
    classes_model: Path, film: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit = load_card(classes_model / "weights" / MODEL).classes.audit.in_words
    assert main(["predict", str(film), "--model", MODEL, "--json"]) == 0
    told = capsys.readouterr()
    (row,) = json.loads(told.out)
    assert row["audit"] == audit and audit in told.err
    assert sorted(row["calls"].values()) == ["likeliest", "other", "other"]
    assert set(row["operating_points"].values()) == {None}
    assert main(["explain", str(film), "--model", MODEL, "--steps", "8"]) == 0
    said = capsys.readouterr().out
    assert "likeliest" in said and "operating point" not in said and audit in said
    assert main(["models"]) == 0
    assert audit in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    (described,) = [one for one in json.loads(capsys.readouterr().out) if one["id"] == MODEL]
    assert described["classes"]["confusions"][0]["counts"] and described["classes"]["audited"]["called"]
    assert main(["models", "--markdown-findings"]) == 0
    assert "| test: true, called | Normal | Pneumonia | COVID-19 |" in capsys.readouterr().out


def test_the_published_accuracy_is_told_apart_from_ours() -> None:
    from cxr_core.evaluation.classes import ClassesCard
    from cxr_core.render.classes_table import accuracy_table

    table = accuracy_table("resnet18-224-covid3", ClassesCard(1.0))
    assert "published: Ibisoglu, Akcay 2021, test" in table and "79.6%" in table
    assert '<tr class="pale"><td>published' in table and "58 COVID-19 films moved to test" in table
    assert "published" not in accuracy_table(MODEL, ClassesCard(1.0))


def test_the_paper_s_accuracy_is_a_mark_beside_ours_on_the_page_and_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.evaluation.published import accuracy_of
    from cxr_core.models.weights import weights_folder
    from cxr_core.ui.trust.choice import shown
    from cxr_core.ui.trust.reports import report_of_classes

    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    model, paper = "resnet18-224-covid3", accuracy_of("resnet18-224-covid3")
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/performance.py").run()
    segment(app, "kind").set_value("classes").run()
    assert not app.exception and not app.error
    figure = json.loads(spec(app, "accuracies"))
    marks = {trace["name"]: trace for trace in figure["data"]}
    theirs = marks["Ibisoglu, Akcay 2021, on films of their own"]
    assert theirs["x"] == [paper.test, paper.val] and theirs["marker"]["symbol"] == "x-thin-open"
    card = load_card(weights_folder() / model)
    assert sorted(_plain(marks["measured here"]["x"])) == sorted(one.accuracy.value for one in card.classes.confusions)
    (true, called) = (app.selectbox(key=key).value for key in ("class_true", "class_called"))
    assert (true, called) == ("Normal", "Pneumonia")  # the largest of what is called wrongly, not an empty cell
    assert "<th>Class</th>" in plain(app) and plain(app).count("film-row") == 8
    told = unescape(report_of_classes(shown(model), "nih_adults")).split("</head>")[1]
    assert card.classes.audit.in_words in told and "published: Ibisoglu, Akcay 2021, test" in told
    assert "ROC of each class" in told and "labels Data_Entry_2017_v2020" in told.split("<h2>")[0]
    assert "likeliest class" in told and "card's operating point" not in told


def test_each_class_has_its_precision_and_its_groups_of_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.evaluation.subgroups import auc_gaps
    from cxr_core.ui import stored

    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/performance.py").run()
    segment(app, "kind").set_value("classes").run()
    open_tab(app, "Precision and recall")
    told = stored.results("resnet18-224-covid3", "test")
    figure = json.loads(spec(app, "class_pr"))
    for key, share in zip(told.findings, told.labels.mean(axis=0), strict=True):
        (line,) = [trace for trace in figure["data"] if trace.get("name") == key]
        assert _plain(line["y"])[_plain(line["x"]).index(1.0)] >= share  # all are found: no less is right than by chance
        assert f"prevalence {share:.1%}, {key}" in json.dumps(figure["layout"])
    open_tab(app, "Groups of people")
    assert not app.exception and "is known of half" in app.info[-1].value  # nobody says whose CoronaHack's films are
    segment(app, "class_films").set_value("nih_adults").run()
    app.selectbox(key="class_group").set_value("Pneumonia").run()
    for _ in range(240):
        if app.exception or any(one.key == "class_gaps" for one in app.get("plotly_chart")):
            break
        time.sleep(0.5)
        app.run()
    assert not app.exception
    adults = stored.results("resnet18-224-covid3", "nih_adults")
    column = adults.findings.index("Pneumonia")
    gaps = auc_gaps(adults.films, adults.labels[:, column], adults.probability[:, column])
    women = next(gap for gap in gaps if gap.group == "F")
    figure = json.loads(spec(app, "class_gaps"))
    drawn = {label.split("  ·")[0]: value for trace in figure["data"] if trace.get("mode") == "markers"
             for label, value in zip(trace["y"], _plain(trace["x"]), strict=True)}
    assert drawn["F"] == pytest.approx(women.value)
    assert f"F  ·  {women.films:,} films" in json.dumps(figure, ensure_ascii=False)


def open_tab(app: AppTest, name: str) -> None:
    app.session_state["class_tabs"] = name
    app.run()


def _plain(values: list | dict) -> list[float]:
    """Numbers of a figure, which leaves as a list or packed."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    return values


def test_results_of_classes_that_were_evaluated_or_imported_stand_with_the_classes(
    app: AppTest, classes_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.evaluation.results import load_results
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import write_results
    from cxr_core.ui import stored

    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    told = load_results(classes_model / "weights" / MODEL)
    for kind in ("evaluated", "imported"):
        made = replace(told.provenance, kind=kind, data="films <of> mine")
        write_results(file_of(f"of-{kind}"), replace(told, provenance=made))
    assert stored.names() == [] and stored.names_of_classes() == [MODEL, "of-evaluated", "of-imported"]
    app.switch_page("pages/performance.py").run()
    for name in ("of-evaluated", "of-imported"):
        app.selectbox(key="class_model").set_value(name).run()
        assert not app.exception and not app.error
        assert "films &lt;of&gt; mine" in " ".join(str(one.proto.body) for one in app.get("html"))
        audited = load_card(classes_model / "weights" / MODEL).classes.audit.in_words
        assert (audited in plain(app)) == (name == "of-evaluated")  # whose model the others are of nobody knows

    card = load_card(classes_model / "weights" / MODEL)
    (test,) = (one for one in card.classes.confusions if one.films == "test")
    assert main(["results", "show", "of-evaluated"]) == 0
    said = capsys.readouterr().out
    assert f"test: accuracy {test.accuracy.value:.1%}" in said and "true, called" in said
    assert main(["results", "show", MODEL, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["confusion"]["counts"] == [list(row) for row in test.counts]
    assert shown["subsets"]["nih_adults"]["confusion"]["accuracy"]["value"] == pytest.approx(
        next(one for one in card.classes.confusions if one.films == "nih_adults").accuracy.value
    )


def test_weights_that_nobody_audited_say_so_wherever_a_film_is_read(
    classes_model: Path, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As imported ones do, whose cards know nothing of their classes."""
    shutil.copytree(classes_model / "weights" / MODEL, tmp_path / "weights" / MODEL)
    write_card(tmp_path / "weights" / MODEL, replace(load_card(tmp_path / "weights" / MODEL), classes=None, subsets=()))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    assert main(["predict", str(film), "--model", MODEL, "--json"]) == 0
    told = capsys.readouterr()
    (row,) = json.loads(told.out)
    assert row["audit"].startswith("Not audited for shortcuts") and row["audit"] in told.err
    assert main(["models"]) == 0 and row["audit"] in capsys.readouterr().out
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.file_uploader(key="film").upload("x.png", film.read_bytes(), "image/png").run()
    assert not app.exception and row["audit"] in plain(app)
    app.switch_page("pages/models.py").run()
    assert not app.exception and row["audit"] in plain(app)
