// A viewer: its buttons, its hotkeys, the mouse. view.js and draw.js stand before this in one module.
const TOOLS = [
  ["w", "Next window preset"], ["i", "Invert"], ["m", "Magnifier"], ["r", "Rotate"], ["f", "Flip left and right"],
  ["l", "Measure a length: drag"], ["h", "Heat map on or off"], ["b", "Boxes on or off"], ["n", "NIH's own boxes on or off"],
  ["0", "Reset the view"], ["?", "Keys"],
];
const LEGEND = [["wheel, + −", "zoom at the cursor"], ["drag, arrows", "pan"], ["right drag", "window and level"],
  ["[ ]", "heat map fainter, stronger"], ...TOOLS.slice(0, -1).map(([key, title]) => [key.toUpperCase(), title.toLowerCase().replace("nih", "NIH")])];

const REACH = 8; // px to either side of the divider, within which it is taken hold of

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Buttons, opacity and legend, for one viewer or for all of a grid. `viewers()` are those that they serve, `acting()` the
// one that a button acts on.
function makeBar(viewers, acting) {
  const slider = element("input", { type: "range", min: 0, max: 100, ariaLabel: "Heat map opacity" });
  const bar = { viewers, slider, buttons: {}, percent: element("output"),
    tools: element("div", { className: "tools", role: "toolbar", ariaLabel: "Film tools" }),
    legend: element("dl", { className: "legend", hidden: true, ariaLabel: "Keys" }) };
  bar.heat = element("label", { className: "heat" }, "heat map", slider, bar.percent);
  for (const [keys, what] of LEGEND) bar.legend.append(element("dt", { textContent: keys }), element("dd", { textContent: what }));
  for (const [key, title] of TOOLS) {
    const button = element("button", { type: "button", textContent: key.toUpperCase(), title: `${title} (${key})`, ariaLabel: `${title} (${key})` });
    button.onclick = () => { const v = acting(); if (!v?.film) return; press(v, key); v.canvas.focus({ preventScroll: true }); };
    bar.buttons[key] = button; bar.tools.append(button);
  }
  slider.addEventListener("input", () => {
    shared.opacity = slider.value / 100;
    const v = acting();
    if (v?.film) redraw(v);
  });
  return bar;
}

// What a viewer is without its bar; the page's words on it stand in `told` for those who cannot see it.
function makeViewer(root) {
  const canvas = element("canvas", { tabIndex: 0 });
  canvas.setAttribute("role", "application"); canvas.setAttribute("aria-roledescription", "film viewer");
  const v = { root, canvas, cursor: null, read: element("span", { className: "read" }), turned: element("span", { className: "turned" }),
    told: element("span", { className: "told", role: "status" }) };
  listen(v);
  return v;
}

function makeWhole(root) {
  const v = makeViewer(root), bar = v.bar = makeBar(() => [v], () => v);
  const hint = element("span", { className: "hint", textContent: "drag pan · wheel zoom · right drag window · ? keys" });
  v.swipe = element("input", { type: "range", min: 0, max: 1000, value: 500, ariaLabel: "Swipe between the two maps" });
  v.between = element("div", { className: "between", hidden: true }, element("span"), element("span"), v.swipe);
  v.swipe.addEventListener("input", () => draw(v));
  root.replaceChildren(v.canvas, bar.tools, bar.heat, bar.legend, v.between, element("div", { className: "words" }, v.read, v.turned, hint), v.told);
  return v;
}

function press(v, key) {
  const s = v.state;
  if (!s) return false;
  if (key === "w") { nextPreset(v); windowed(v); }
  else if (key === "i") { s.inverted = !s.inverted; windowed(v); }
  else if (key === "m") s.magnify = !s.magnify;
  else if (key === "r") s.turn = (s.turn + 1) % 4;
  else if (key === "f") s.flip = !s.flip;
  else if (key === "l") { s.measure = !s.measure; if (!s.measure) s.line = null; }
  else if (key === "h") shared.heat = !shared.heat;
  else if (key === "b") shared.boxes = !shared.boxes;
  else if (key === "n") shared.reference = !shared.reference;
  else if (key === "[" || key === "]") shared.opacity = Math.min(Math.max(shared.opacity + (key === "]" ? 0.1 : -0.1), 0), 1);
  else if (key === "0") { Object.assign(s, startState(v.film)); windowed(v); }
  else if (key === "?") v.bar.legend.hidden = !v.bar.legend.hidden;
  else if (key === "escape" && !v.bar.legend.hidden) v.bar.legend.hidden = true;
  else if (key === "escape" && v.isSmall) v.canvas.blur();
  else return false;
  redraw(v);
  return true;
}

// What the buttons and the slider say.
function state(v) {
  const s = v.state, { bar } = v, shows = (what) => bar.viewers().some((one) => what(one.data));
  const on = { i: s.inverted, m: s.magnify, l: s.measure, h: shared.heat, b: shared.boxes, n: shared.reference, f: s.flip, "?": !bar.legend.hidden };
  for (const [key, pressed] of Object.entries(on)) bar.buttons[key].setAttribute("aria-pressed", String(pressed));
  bar.slider.value = Math.round(shared.opacity * 100); bar.percent.value = `${bar.slider.value}%`;
  bar.buttons.n.hidden = !shows((data) => data.reference.length);
  bar.buttons.h.hidden = bar.buttons.b.hidden = bar.heat.hidden = !shows((data) => data.heat);
  v.canvas.dataset.tool = s.measure ? "measure" : s.magnify ? "magnify" : "";
}

function listen(v) {
  const c = v.canvas;
  let drag = null;
  const nearDivider = (e) => v.data.second && Math.abs(e.offsetX - dividerAt(v)) <= REACH;
  const isActive = () => c.getRootNode().activeElement === c;
  c.addEventListener("wheel", (e) => {
    if (v.isSmall && !e.ctrlKey && !isActive()) return; // a page full of films must scroll
    e.preventDefault();
    if (!v.film) return;
    zoomAt(v, e.offsetX, e.offsetY, Math.exp(-e.deltaY * (e.deltaMode === 1 ? 16 : 1) / 500)); redraw(v);
  }, { passive: false });
  c.addEventListener("contextmenu", (e) => e.preventDefault());
  c.addEventListener("pointerenter", () => { if (!v.isSmall && document.activeElement === document.body) c.focus({ preventScroll: true }); });
  c.addEventListener("pointerdown", (e) => {
    if (!v.film) return;
    c.setPointerCapture(e.pointerId); c.focus({ preventScroll: true });
    const does = e.button === 2 ? "window" : v.state.measure && e.button === 0 ? "line" : nearDivider(e) ? "swipe" : "pan";
    drag = { does, x: e.offsetX, y: e.offsetY };
    const at = toFilm(v, e.offsetX, e.offsetY);
    if (drag.does === "line") v.state.line = [[at.x, at.y], [at.x, at.y]];
    c.dataset.drag = drag.does;
  });
  c.addEventListener("pointermove", (e) => {
    v.cursor = [e.offsetX, e.offsetY];
    if (!v.film) return;
    const here = toFilm(v, e.offsetX, e.offsetY);
    v.scene.at = [here.x, here.y];
    c.classList.toggle("splits", !drag && !v.state.measure && nearDivider(e) || drag?.does === "swipe");
    if (!drag) { if (v.state.magnify || v.scene.viewers.size > 1) redraw(v); else readout(v); return; }
    const dx = e.offsetX - drag.x, dy = e.offsetY - drag.y, s = v.state;
    if (drag.does === "line") s.line[1] = [here.x, here.y];
    else if (drag.does === "swipe") v.swipe.value = 1000 * e.offsetX / c.clientWidth;
    else if (drag.does === "window") {
      const unit = v.film.window / 400; // a screen of 400 px is the film's own window, whatever its depth
      s.width = Math.max(s.width + dx * unit, 1); s.center += dy * unit; s.preset = ""; windowed(v);
    } else pan(v, dx, dy);
    drag.x = e.offsetX; drag.y = e.offsetY; redraw(v);
  });
  const end = () => { if (drag?.does === "line") v.told.textContent = `Length ${lengthOf(v)}`; drag = null; delete c.dataset.drag; };
  c.addEventListener("pointerup", end); c.addEventListener("pointercancel", end);
  c.addEventListener("pointerleave", () => { v.cursor = null; if (v.film) { v.scene.at = null; redraw(v); } });
  c.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || !v.film) return;
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[e.key];
    if (step) pan(v, ...step);
    else if ("+=-".includes(e.key)) zoomAt(v, c.clientWidth / 2, c.clientHeight / 2, e.key === "-" ? 1 / 1.2 : 1.2);
    else if (!press(v, e.key.toLowerCase())) return;
    redraw(v); e.preventDefault(); e.stopPropagation();
  });
  new ResizeObserver(() => draw(v)).observe(c);
}

// The film comes by another message (store.js), before this one or after it.
function show(v) {
  const film = globalThis.hilumFilms?.get(v.data.film);
  if (!film) return;
  const { data } = v, scene = sceneOf(data.group, film);
  if (v.scene !== scene) v.scene?.viewers.delete(v);
  scene.viewers.add(v);
  Object.assign(v, { film, scene, state: scene.state });
  if (scene.film !== film) windowed(v);
  v.canvas.setAttribute("aria-label", `${data.label ?? ""}Chest film, ${film.width} by ${film.height} pixels. ` + [...data.boxes, ...data.reference]
    .map((box) => `Box: ${box.text}. `).join("") + "Press question mark for the keys.");
  if (v.between) {
    v.between.hidden = !data.second;
    v.between.firstChild.textContent = data.title ?? ""; v.between.children[1].textContent = data.second?.title ?? "";
  }
  paintHeat(v); state(v); draw(v);
  Object.assign(v.root.dataset, { film: data.film.slice(0, 8), heat: Boolean(data.heat), boxes: data.boxes.length,
    reference: data.reference.length, steps: data.steps });
}

function hide(v) { v.scene?.viewers.delete(v); }

// What a component returns: Streamlit cleans up after a call that was overtaken when the next one has been made, and what
// that one listens to must stay.
function unlessOvertaken(one, clean) {
  const turn = one.turn = (one.turn ?? 0) + 1;
  return () => { if (one.turn === turn) clean(); };
}
