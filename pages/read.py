"""Read one chest film: findings, heat map, boxes."""

import hashlib

import streamlit as st

from cxr_core.findings import title_of
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.prepare import network_view
from cxr_core.models.registry import find_spec
from cxr_core.reading import STEPS
from cxr_core.ui import export, frame, resources
from cxr_core.ui.findings_panel import findings_table
from cxr_core.ui.viewer import Overlay, film_viewer

frame.require()
NONE = "no heat map"


def choose_film() -> bytes | None:
    """The film to read: one of those uploaded, the phantom, or none yet."""
    uploads = st.file_uploader("Chest films (DICOM, PNG or JPEG)", key="film", accept_multiple_files=True)
    if uploads:
        names = [f"{place}: {len(one.getvalue()) // 1024} kB" for place, one in enumerate(uploads, 1)]
        place = 0 if len(uploads) == 1 else names.index(st.segmented_control("Film", names, default=names[0], key="strip") or names[0])
        return uploads[place].getvalue()
    if st.toggle("Sample phantom", key="phantom", help="A drawn chest, no patient's film."):
        return make_phantom()
    return None


def chips(reading) -> str:
    """The banner: what the file says of the film, and what the gate found."""
    film = reading.radiograph
    known = [film.format, film.view, f"{film.age} y" if film.age is not None else None, film.sex, film.date,
             f"{film.width} × {film.height}, {film.bits} bit"]
    warned = [f'<span class="warned">{reason.text}</span>' for reason in reading.gate.reasons]
    if reading.scored_anyway:
        warned.insert(0, '<span class="warned">Refused by the gate, scored anyway</span>')
    return '<div class="chips">' + "".join(f"<span>{one}</span>" for one in known if one) + "".join(warned) + "</div>"


def show_map(reading, finding: str):
    """The explanation of a finding, made once in a session and refined while a bar tells how far it is."""
    kept = st.session_state.setdefault("maps", {})
    key = (reading.radiograph.sha256, reading.prediction.digest, finding)
    if key not in kept:
        told = st.progress(0.0, "Integrated Gradients …")
        for explanation in resources.explanations(reading, finding, steps=STEPS, baseline="black"):
            told.progress(explanation.receipt.steps / STEPS, f"Integrated Gradients: {explanation.receipt.steps} steps")
            kept[key] = explanation
        told.empty()
        while len(kept) > 16:
            kept.pop(next(iter(kept)))
    return kept[key]


models = resources.trained_models()
with st.sidebar:
    data = choose_film()
    if models:
        model_id = st.selectbox("Model", models, format_func=lambda one: find_spec(one).title, key="model")

if not models:
    st.error("No model is trained yet: weights/ holds no network. Restore the folder, or train one (see the README).")
    st.stop()
if data is None:
    st.title("Read a film")
    st.info("Drop a chest film (DICOM, PNG or JPEG) at the left, or switch on the sample phantom.")
    st.stop()

with frame.problems_shown():
    digest = hashlib.sha256(data).hexdigest()
    anyway = st.session_state.get("anyway") == digest
    reading = resources.reading(digest, data, model_id, anyway)
    left, right = st.columns([1.55, 1], gap="small")
    if reading.prediction is None:
        with left:
            film_viewer(reading.radiograph, key="viewer")
        with right:
            st.warning("**This film was not scored.** " + " ".join(reason.text for reason in reading.gate.reasons))
            st.button("Score anyway", key="score_anyway", on_click=lambda: st.session_state.update(anyway=digest),
                      help="The scores will be marked as those of a refused film.")
        st.stop()
    card = resources.card_of(model_id)
    ranked = sorted(reading.scores, key=lambda score: -score.probability)
    with right:
        st.html(chips(reading))
        finding = st.selectbox("Heat map of", [NONE, *(score.finding for score in ranked)], index=1, key="finding",
                               format_func=lambda one: one if one == NONE else title_of(one))
        explanation = None if finding == NONE else show_map(reading, finding)
        st.html(findings_table(reading.prediction, card, finding))
        if explanation:
            receipt = explanation.receipt
            st.caption(
                f"**Why {title_of(finding)}?** {receipt.method} of the logit, black baseline, {receipt.steps} steps in "
                f"{receipt.seconds:.1f} s on {reading.prediction.device}. Completeness gap {receipt.gap[0]:.1%}. "
                + ("" if explanation.boxes else "No box: the finding is under its operating point, or the map is diffuse.")
            )
        with st.container(horizontal=True):
            st.download_button("CSV", lambda: export.to_csv(reading), "findings.csv", "text/csv")
            st.download_button("JSON", lambda: export.to_json(reading), "findings.json", "application/json")
            st.download_button("PNG", lambda: export.to_png(reading, explanation), "film.png", "image/png")
            with st.popover("What the network saw"):
                st.image(network_view(reading.batch, reading.spec), width=384,
                         caption=f"{reading.spec.size} x {reading.spec.size} pixels, as scored")
        st.html(f'<p class="foot">{model_id} · sha256 {card.weights.sha256[:8]} · {reading.prediction.device} · AUC on '
                "part of the official NIH test list · research use only, not a medical device, not to rule out disease</p>")
    with left:
        film_viewer(reading.radiograph, Overlay(explanation.heatmap, explanation.boxes) if explanation else Overlay(),
                    key="viewer")
