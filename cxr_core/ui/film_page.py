"""What the pages of one film share: the ways in, the strip at the side, and the way past the gate."""

from __future__ import annotations

import streamlit as st

from cxr_core.ui import films, frame, resources, words


def models_and_film(begin: str) -> tuple[list[str], films.Film]:
    """The trained models and the film that is chosen, with the others at the side.

    Where there is no model that is said, and where there is no film `begin` (HTML) is shown with a place to drop one;
    the page ends there.
    """
    models = resources.trained_models()
    if not models:
        st.error(
            "No model is trained yet: weights/ holds no network. Restore the folder, or train one (see the README)."
        )
        st.stop()
    film = films.chosen_film()
    if film is None:
        st.html(begin)
        with st.container(key="begin"):
            films.film_drop("Chest films")
            with st.container(horizontal_alignment="center"):
                films.phantom_button("No film at hand? Try the sample phantom", key="sample")
            st.html(words.TERMS)
        if not resources.loading():
            frame.load_figures_ahead()
        st.stop()
    with st.sidebar:
        films.film_strip()
        with st.container(key="more"):
            films.film_drop("More films")
    return models, film


def go_to(page: str, *, finding: str = "", model_id: str | None = None) -> None:
    """Leave for a page of one film ("read" or "compare"), which opens the session's film at a finding and a model.

    Without a finding, or one that no model there knows, the page keeps to its own choice.
    """
    state, film = st.session_state, films.chosen_film()
    if page == "read":
        if model_id is not None:
            state["model"] = model_id
        if finding and film is not None:
            state.setdefault("finding_of", {})[film.sha256] = finding
    else:
        chosen = state.get("compare_models", resources.best_models())
        if model_id is not None and model_id not in chosen:
            state["compare_models"] = [*chosen, model_id]
        if finding:
            state["compare_finding"] = finding
            if film is not None:  # newer than what was chosen on the Read page
                state.setdefault("compare_carried", {})[film.sha256] = state.get("finding_of", {}).get(film.sha256)
    st.switch_page(f"pages/{page}.py")


def is_scored_anyway(sha256: str) -> bool:
    """Whether the reader asked to score a film that the gate refuses."""
    return sha256 in st.session_state.get("anyway", ())


def score_anyway_button(sha256: str, told: str) -> None:
    """The way on for one who knows better; `told` says how the scores will be marked."""
    st.button("Score anyway", key="score_anyway", help=told,
              on_click=lambda: st.session_state.setdefault("anyway", set()).add(sha256))
