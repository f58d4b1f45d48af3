"""Read one chest film: findings, heat map, boxes."""

import hashlib
from html import escape

import streamlit as st

from cxr_core.datasets.boxes import boxes_of
from cxr_core.findings import title_of
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.prepare import network_view
from cxr_core.models.registry import find_spec
from cxr_core.reading import STEPS, draw_reading
from cxr_core.ui import export, frame, maps, resources
from cxr_core.ui.findings_panel import findings_panel
from cxr_core.ui.viewer import Overlay, film_viewer

frame.require()
state = st.session_state
BEGIN = """<div class="begin"><h1>Read a chest film</h1><p>Findings of networks that were trained on real films, each beside
what it is worth; a heat map of where the score comes from; boxes. The film stays in this machine's memory.</p></div>"""
TERMS = """<p class="terms">DICOM, PNG or JPEG, up to 64 MB, one film or several.<br>Frontal films of adults. Research use only:
not a medical device, not to rule out disease.</p>"""


def choose_film() -> tuple[str, bytes] | None:
    """Name and bytes of the film to read: one of those uploaded, the phantom, or none yet."""
    if state.get("film") or state.get("phantom"):
        with st.sidebar:
            return pick(st.file_uploader("Chest films", key="film", accept_multiple_files=True))
    st.html(BEGIN)
    with st.container(key="begin"):
        uploads = st.file_uploader("Chest films", key="film", accept_multiple_files=True, label_visibility="collapsed")
        with st.container(horizontal_alignment="center"):
            st.button("Try the sample phantom", key="sample", on_click=lambda: state.update(phantom=True),
                      help="A drawn chest, no patient's film.")
        st.html(TERMS)
    return pick(uploads)


def pick(uploads: list) -> tuple[str, bytes] | None:
    """One of the uploaded films, chosen on a strip when they are several; else the phantom when it is switched on."""
    if not uploads:
        shown = state.get("phantom") and st.toggle("Sample phantom", key="phantom")
        return ("phantom", make_phantom()) if shown else None
    state["phantom"] = False
    # numbered, not named: a file's name may be a patient's
    places = list(range(len(uploads)))
    place = 0 if len(uploads) == 1 else st.segmented_control(
        "Film strip", places, default=0, key="strip", required=True, format_func=lambda one: f"Film {one + 1}"
    )
    return uploads[place or 0].name, uploads[place or 0].getvalue()


def chips(reading) -> str:
    """The banner: what the file says of the film, and in a word each what the gate found."""
    film = reading.radiograph
    known = [film.format, film.view, f"{film.age} y" if film.age is not None else None, film.sex, film.date,
             f"{film.width} × {film.height}, {film.bits} bit"]
    kind = "refused" if reading.gate.status == "refused" else "warned"
    found = [(reason.code.replace("_", " "), reason.text) for reason in reading.gate.reasons]
    if reading.scored_anyway:
        found.insert(0, ("refused, scored anyway", "The gate refused this film; it was scored on request."))
    return ('<div class="chips">' + "".join(f"<span>{escape(one)}</span>" for one in known if one)
            + "".join(f'<span class="{kind}" title="{escape(text)}">{escape(word)}</span>' for word, text in found) + "</div>")


def care(reading) -> str:
    """What the gate found, in full."""
    return "".join(f'<p class="care">{escape(reason.text)}</p>' for reason in reading.gate.reasons)


def why(reading, finding: str, explanation) -> str:
    """What the map is worth: its receipt in words."""
    if explanation is None:
        return f'<div class="why"><b>{escape(title_of(finding))}</b>: the first map is being made …</div>'
    receipt, gap = explanation.receipt, explanation.receipt.gap[0]
    boxes = "" if explanation.boxes else " No box: the finding is under its operating point, or the map is diffuse."
    return (
        f'<div class="why"><b>Why {escape(title_of(finding))}?</b> {receipt.method} of the logit, {receipt.baseline} baseline, '
        f"{receipt.steps} steps in {receipt.seconds:.1f} s on {receipt.device}. Completeness gap "
        f'<span class="{"good" if gap < 0.02 else "poor"}">{gap:.1%}</span>.{boxes}</div>'
    )


models = resources.trained_models()
if not models:
    st.error("No model is trained yet: weights/ holds no network. Restore the folder, or train one (see the README).")
    st.stop()
film = choose_film()
if film is None:
    st.stop()

with frame.problems_shown():
    name, data = film
    digest = hashlib.sha256(data).hexdigest()
    top = st.columns([1.15, 3, 0.95], vertical_alignment="center", gap="small")
    model_id = top[0].selectbox("Model", models, key="model", label_visibility="collapsed",
                                format_func=lambda one: find_spec(one).title)
    reading = resources.reading(digest, data, model_id, state.get("anyway") == digest)
    radiograph = reading.radiograph
    drawn = boxes_of(name, radiograph.width, radiograph.height)
    top[1].html(chips(reading))
    left, right = st.columns([1.7, 1], gap="small")
    if reading.prediction is None:
        with left:
            film_viewer(radiograph, Overlay(reference=drawn), key="viewer")
        with right:
            st.warning("**This film was not scored.** " + " ".join(reason.text for reason in reading.gate.reasons))
            st.button("Score anyway", key="score_anyway", on_click=lambda: state.update(anyway=digest),
                      help="The scores will be marked as those of a refused film.")
        st.stop()
    with top[2].popover("What the network saw", width="stretch"):
        st.image(network_view(reading.batch, reading.spec), width=384,
                 caption=f"{reading.spec.size} × {reading.spec.size} pixels, as scored")
    card = resources.card_of(model_id)
    likeliest = max(reading.scores, key=lambda score: score.probability).finding
    finding = state.get("finding") if state.get("finding") in reading.spec.findings else likeliest
    making = maps.find(reading, finding)
    explanation = making.best
    with left:
        overlay = Overlay(explanation.heatmap, explanation.boxes, drawn, explanation.receipt.steps) if explanation else Overlay(reference=drawn)
        film_viewer(radiograph, overlay, key="viewer")
    with right:
        findings_panel(reading.prediction, card, finding, key="findings", on_choose=lambda one: state.update(finding=one))
        st.html(why(reading, finding, explanation) + care(reading))
        told = st.empty()
        with st.container(horizontal=True, key="exports"):
            st.download_button("CSV", lambda: export.to_csv(reading), "findings.csv", "text/csv")
            st.download_button("JSON", lambda: export.to_json(reading), "findings.json", "application/json")
            st.download_button("PNG", lambda: draw_reading(reading, explanation), "film.png", "image/png")
        st.html(f'<p class="foot">{model_id} · sha256 {card.weights.sha256[:8]} · {reading.prediction.device} · AUC on '
                "part of the official NIH test list · research use only, not a medical device, not to rule out disease</p>")
    if not making.done:  # drawn so far; now the next better map, then the page anew
        bar = told.progress(0.0, "Integrated Gradients …")
        maps.advance(reading, finding, lambda done, most: bar.progress(done / most, f"Integrated Gradients: {done} of {STEPS} steps"))
        st.rerun()
