"""The Trouble view: a chosen row leads somewhere, and what counts alone can tell is told of counts."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_set
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.counts import Selection, count
from cxr_core.datasets.summary import load_summary
from cxr_core.evaluation.traits_by_counts import predict_by_counts
from cxr_core.ui.dataset.counts import as_csv

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty-one films of seven patients: no age of theirs can be, and the fifth patient stands in two parts."""
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    st.cache_resource.clear()
    folder = small_set.draw_set(tmp_path / "data" / "nih", patients=7)
    table = pd.read_csv(folder / small_set.NEWER).assign(**{"Patient Age": range(130, 151)})
    table.to_csv(folder / small_set.NEWER, index=False)
    names = list(table["Image Index"])
    (folder / "test_list.txt").write_text("\n".join([names[12], *names[15:]]))
    (folder / "train_val_list.txt").write_text("\n".join([*names[:12], *names[13:15]]))
    return folder


def trouble(kind: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=300).run()
    for key, word in {"data": "nih", "show": "trouble"}.items():
        app.query_params[key] = word
    return app.switch_page("pages/dataset.py").run().segmented_control(key="trouble_kind").set_value(kind).run()


def choose_row(page: AppTest, row: int) -> AppTest:
    """What the browser tells when a row of the page's table is clicked."""
    (table,) = page.dataframe
    told = page._tree.get_widget_states()
    told.widgets.add(id=table.proto.id, string_value=json.dumps({"selection": {"rows": [row], "columns": []}}))
    return page._run(told).run()


def tiles(page: AppTest) -> list[str]:
    """The words under each film of the row that is shown."""
    shown = [json.loads(one.proto.json) for one in page.get("bidi_component") if "tiles" in one.proto.json]
    return [json.dumps(one) for one in shown[-1]["tiles"]]


def test_a_row_of_patients_in_two_parts_opens_the_patient(root: Path) -> None:
    page = choose_row(trouble("parts"), 0)
    assert not page.exception and "<h2>Patient 5</h2>" in html(page)
    assert page.segmented_control(key="dataset_show").value == "patients" and "patient" not in page.query_params
    page.segmented_control(key="dataset_show").set_value("trouble").run()
    assert not page.exception and "1 patients, 3 films" in html(page)


def test_a_row_of_ages_shows_its_film_first(root: Path) -> None:
    page = trouble("people")
    assert "21 films of 7 patients" in html(page)
    assert len(tiles(page)) == 16 and "age of 130 years" in tiles(page)[0]
    page = choose_row(page, 18)
    assert not page.exception and len(tiles(page)) == 3 and "age of 148 years" in tiles(page)[0]


def test_films_that_cannot_be_read_are_listed_and_promise_no_click(root: Path) -> None:
    next((root / "images").glob("00000003_001*")).write_bytes(b"no film")
    page = trouble("twins")
    page.button(key="twins_begin").click().run()
    for _ in range(480):
        if "cannot be read</h2>" in html(page) or page.exception:
            break
        time.sleep(0.5)
        page.run()
    assert not page.exception and [*page.dataframe[-1].value["image"]] == ["00000003_001.png"]
    assert not page.dataframe[-1].proto.selection_mode


def test_of_counts_alone_the_shortcuts_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXR_DATA", raising=False)
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.query_params["show"] = "trouble"
    page = app.switch_page("pages/dataset.py").run()
    summary = load_summary()
    told = {(one.finding, one.trait): one.auc for one in predict_by_counts(summary, np.ones(len(summary.cube), bool))}
    (chart,) = page.get("plotly_chart")
    words = json.loads(chart.proto.spec)["data"][1]
    drawn = dict(zip(zip(words["y"], words["x"], strict=True), words["text"], strict=True))
    assert not page.exception and drawn["Edema", "View"] == f"{told['Edema', 'View']:.2f}" and len(drawn) == 14 * 4
    assert "no interval: counts do not know patients" in html(page)
    page.segmented_control(key="select_view").set_value("AP").run()
    assert not page.exception and "View" not in json.loads(page.get("plotly_chart")[0].proto.spec)["data"][1]["x"]


def test_counts_leave_with_every_figure_of_them() -> None:
    summary = load_summary()
    women = count(summary, Selection(sex="F").kinds(summary))
    table = pd.read_csv(io.BytesIO(as_csv(women, whole := count(summary))), keep_default_na=False)
    kinds = table.groupby("count")[["selected", "all"]].sum()
    assert kinds.loc["findings on a film", "selected"] == women.films and kinds.loc["two findings", "all"] > 0
    told = table.set_index(["count", "of", "by"])
    mass, effusion = (whole.names.index(name) for name in ("Mass", "Effusion"))
    assert told.loc[("two findings", "Effusion", "Mass"), "selected"] == women.together[mass, effusion]
    assert told.loc[("finding and view", "No Finding", "AP"), "all"] == whole.views.loc["No Finding", "AP"]
    assert kinds.loc["age and sex", "all"] == whole.ages["films"].sum()
    assert told.loc[("age and sex", "40 to 44 years", "M"), "selected"] == 0
    assert told.loc[("finding", "No Finding", ""), "all"] == whole.findings["No Finding"]
