"""One film, several models and methods, side by side."""

import streamlit as st

from cxr_core.imaging.radiograph import Radiograph
from cxr_core.ui import (
    background, compare, compare_agreement, compare_trust, film_page, films, frame, resources, words,
)
from cxr_core.ui.nih_boxes import drawn_by_nih
from cxr_core.ui.viewer import send_film

frame.require()
BEGIN = """<div class="begin"><h1>Compare models</h1><p>One film, several models, several ways to explain them, side by
side: do they look at the same place, and can a map be trusted? A film that is open on the Read page is here already.
</p></div>"""


def side_by_side(film: films.Film, radiograph: Radiograph) -> None:
    """The page of a film."""
    choice = compare.choose(film, radiograph, models)
    if choice.without:
        st.html(words.warning(f"Left out, as they do not know this finding: {'; '.join(choice.without)}."))
    if not choice.columns or not choice.methods:
        background.drop()
        st.info("Choose a finding that a model knows, at least one model and one method.")
        return
    anyway = film_page.is_scored_anyway(film.sha256)
    rows = compare.cells_of(choice, film, radiograph, anyway)
    cells = [cell for row in rows for cell in row]
    compare.care(cells, film, anyway)
    if not anyway and any(cell.gate.status == "refused" for cell in cells):
        film_page.score_anyway_button(film.sha256, "The scores will be those of a refused film.")
    with st.container(key="pixels"):
        send_film(radiograph, key="film_pixels")
    drawn = drawn_by_nih(film, radiograph)
    compare.grid(choice, rows, radiograph, drawn, compare_trust.tasks(cells, radiograph))
    compare_agreement.agreement(cells, radiograph, drawn)
    compare_trust.trust(cells, radiograph, drawn, phantom=film.is_phantom)


resources.load_ahead(st.session_state.get("compare_models", resources.best_models()))
if films.chosen_film() is None:
    background.drop()
models, film = film_page.models_and_film(BEGIN)
with frame.problems_shown():
    radiograph = resources.radiograph(film.sha256, film.data)
    films.keep_picture(film, radiograph)
    side_by_side(film, radiograph)
if films.make_pictures():
    st.rerun()
