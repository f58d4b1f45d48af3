// A film on a canvas. All coordinates are film pixels; `view` takes them to the screen.
const TOOLS = [
  ["w", "Next window preset (w)"], ["i", "Invert (i)"], ["m", "Magnifier (m)"], ["r", "Rotate (r)"],
  ["f", "Flip left and right (f)"], ["l", "Measure a length: drag (l)"], ["h", "Heat map on or off (h)"],
  ["b", "Boxes on or off (b)"], ["n", "NIH's own boxes on or off (n)"], ["0", "Reset (0)"], ["?", "Keys (?)"],
];
const FAINT = 40; // of 255: weaker parts of a map stay clear, as in render/overlay.py
const PRESETS = [["file", 1], ["narrow", 0.6], ["wide", 1.5], ["full", 0]];
const LEGEND = ["wheel  zoom at the cursor", "drag  pan", "right drag  window and level", "arrows  pan", "+ −  zoom",
  ...TOOLS.slice(0, -1).map(([, title]) => title)].join("\n");

const kept = new Map(); // per film: zoom and window outlive a rerun that mounts the viewer anew

function decode(text, depth) {
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return depth === 2 ? new Uint16Array(raw.buffer) : raw;
}

function startState(data) {
  return { zoom: 0, x: data.width / 2, y: data.height / 2, center: data.center, width: data.window, preset: 0,
    inverted: false, turn: 0, flip: false, heat: true, boxes: true, reference: true, opacity: 0.55, magnify: false, measure: false, line: null };
}

function make(root) {
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Chest film. Wheel zooms, drag pans, right drag changes the window, question mark lists the keys.");
  const tools = document.createElement("div"); tools.className = "tools";
  const heat = document.createElement("label"); heat.className = "heat";
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: 100 }); slider.setAttribute("aria-label", "Heat map opacity");
  const percent = document.createElement("output");
  heat.append("heat map", slider, percent);
  const read = document.createElement("div"); read.className = "read";
  const legend = document.createElement("div"); legend.className = "legend"; legend.textContent = LEGEND; legend.hidden = true;
  root.replaceChildren(canvas, tools, heat, read, legend);
  const v = { root, canvas, slider, percent, heat, read, legend, buttons: {}, cursor: null };
  for (const [key, title] of TOOLS) {
    const button = document.createElement("button");
    button.type = "button"; button.textContent = key.toUpperCase(); button.title = title; button.setAttribute("aria-label", title);
    button.onclick = () => { press(v, key); canvas.focus(); };
    v.buttons[key] = button; tools.append(button);
  }
  listen(v);
  return v;
}

function fit(v) { return Math.min(v.canvas.clientWidth / v.data.width, v.canvas.clientHeight / v.data.height); }
function scale(v) { return v.state.zoom || fit(v); }

function matrix(v) {
  const s = v.state, k = scale(v);
  return new DOMMatrix().translate(v.canvas.clientWidth / 2, v.canvas.clientHeight / 2).scale(k * (s.flip ? -1 : 1), k)
    .rotate(s.turn * 90).translate(-s.x, -s.y);
}
function toFilm(v, x, y) { return new DOMPoint(x, y).matrixTransform(matrix(v).inverse()); }

function windowed(v) {
  const { data, state } = v, top = 2 ** data.bits, lut = new Uint8ClampedArray(top);
  const low = state.center - state.width / 2, gain = 255 / Math.max(state.width, 1e-6);
  for (let i = 0; i < top; i++) { const g = (i - low) * gain; lut[i] = state.inverted ? 255 - g : g; }
  const image = new ImageData(data.columns, data.rows), out = new Uint32Array(image.data.buffer), px = v.pixels;
  for (let i = 0; i < px.length; i++) { const g = lut[px[i]]; out[i] = 0xff000000 | (g << 16) | (g << 8) | g; }
  v.filmCanvas.getContext("2d").putImageData(image, 0, 0);
}

function paintHeat(v) {
  const { data } = v;
  v.heatCanvas = null;
  if (!data.heat) return;
  const heat = decode(data.heat, 1), n = data.grid, image = new ImageData(n, n);
  for (let i = 0; i < heat.length; i++) {
    const c = heat[i] * 3;
    image.data.set([data.colours[c], data.colours[c + 1], data.colours[c + 2], Math.max(heat[i] - FAINT, 0) * 255 / (255 - FAINT)], i * 4);
  }
  v.heatCanvas = new OffscreenCanvas(n, n);
  v.heatCanvas.getContext("2d").putImageData(image, 0, 0);
}

function layers(v, g, m, dpr) {
  const { data, state } = v;
  g.setTransform(new DOMMatrix().scale(dpr).multiply(m));
  g.imageSmoothingEnabled = true; g.imageSmoothingQuality = "high";
  g.drawImage(v.filmCanvas, 0, 0, data.width, data.height);
  if (v.heatCanvas && state.heat) { g.globalAlpha = state.opacity; g.drawImage(v.heatCanvas, 0, 0, data.width, data.height); g.globalAlpha = 1; }
}

function draw(v) {
  const { canvas, state, data } = v, dpr = window.devicePixelRatio || 1;
  if (!canvas.clientWidth) return;
  canvas.width = canvas.clientWidth * dpr; canvas.height = canvas.clientHeight * dpr;
  const g = canvas.getContext("2d"), m = matrix(v);
  g.fillStyle = "#000"; g.fillRect(0, 0, canvas.width, canvas.height);
  layers(v, g, m, dpr);
  g.setTransform(dpr, 0, 0, dpr, 0, 0); g.font = "12px system-ui, sans-serif"; g.lineWidth = 1.5;
  if (state.reference) for (const box of data.reference) drawBox(g, m, box, "#5fd38d", [6, 4]);
  if (state.boxes) for (const box of data.boxes) drawBox(g, m, box, "#5ac8fa", []);
  if (state.line) drawLine(v, g, m);
  if (state.magnify && v.cursor) drawLens(v, g, m, dpr);
  for (const [key, on] of [["i", state.inverted], ["m", state.magnify], ["l", state.measure], ["h", state.heat], ["b", state.boxes], ["n", state.reference], ["f", state.flip]])
    v.buttons[key].setAttribute("aria-pressed", String(on));
  readout(v);
}

// Ours are labelled at the top, NIH's (dashed) at the foot, so that two boxes of one place can both be read.
function drawBox(g, m, box, colour, dash) {
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([a, b]) => new DOMPoint(box.x + a * box.w, box.y + b * box.h).matrixTransform(m));
  g.strokeStyle = colour; g.setLineDash(dash); g.beginPath();
  corners.forEach((p, i) => (i ? g.lineTo(p.x, p.y) : g.moveTo(p.x, p.y))); g.closePath(); g.stroke(); g.setLineDash([]);
  const x = Math.min(...corners.map((p) => p.x)), ys = corners.map((p) => p.y);
  const y = dash.length ? Math.max(...ys) + 18 : Math.max(Math.min(...ys), 18);
  g.fillStyle = "rgba(11,15,20,.85)"; g.fillRect(x, y - 18, g.measureText(box.text).width + 10, 18);
  g.fillStyle = colour; g.fillText(box.text, x + 5, y - 5);
}

function drawLine(v, g, m) {
  const [a, b] = v.state.line, p = new DOMPoint(...a).matrixTransform(m), q = new DOMPoint(...b).matrixTransform(m);
  g.strokeStyle = g.fillStyle = "#ffd166"; g.beginPath(); g.moveTo(p.x, p.y); g.lineTo(q.x, q.y); g.stroke();
  const [down, across] = v.data.spacing || [1, 1], length = Math.hypot((b[0] - a[0]) * across, (b[1] - a[1]) * down);
  g.fillText(v.data.spacing ? `${length.toFixed(1)} mm` : `${length.toFixed(0)} px (spacing unknown)`, q.x + 8, q.y);
}

function drawLens(v, g, m, dpr) {
  const [x, y] = v.cursor, r = 90;
  g.save(); g.beginPath(); g.arc(x, y, r, 0, 7); g.clip();
  layers(v, g, new DOMMatrix().translate(x, y).scale(2.5).translate(-x, -y).multiply(m), dpr);
  g.restore(); g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.strokeStyle = "#5ac8fa"; g.beginPath(); g.arc(x, y, r, 0, 7); g.stroke();
}

function readout(v) {
  const { state, data } = v;
  let text = `W ${Math.round(state.width)} · L ${Math.round(state.center)} · zoom ${scale(v).toFixed(2)}`;
  if (v.cursor) {
    const p = toFilm(v, ...v.cursor), c = Math.floor(p.x * data.columns / data.width), r = Math.floor(p.y * data.rows / data.height);
    if (c >= 0 && r >= 0 && c < data.columns && r < data.rows) text += ` · (${Math.floor(p.x)}, ${Math.floor(p.y)}) = ${v.pixels[r * data.columns + c]}`;
  }
  v.read.textContent = text;
}

function press(v, key) {
  const s = v.state;
  if (key === "w") {
    s.preset = (s.preset + 1) % PRESETS.length;
    const [, factor] = PRESETS[s.preset], top = 2 ** v.data.bits - 1;
    s.center = factor ? v.data.center : top / 2; s.width = factor ? v.data.window * factor : top; windowed(v);
  } else if (key === "i") { s.inverted = !s.inverted; windowed(v);
  } else if (key === "m") s.magnify = !s.magnify;
  else if (key === "r") s.turn = (s.turn + 1) % 4;
  else if (key === "f") s.flip = !s.flip;
  else if (key === "l") { s.measure = !s.measure; if (!s.measure) s.line = null; }
  else if (key === "h") s.heat = !s.heat;
  else if (key === "b") s.boxes = !s.boxes;
  else if (key === "n") s.reference = !s.reference;
  else if (key === "0") { const { heat, boxes, reference, opacity } = s; Object.assign(s, startState(v.data), { heat, boxes, reference, opacity }); windowed(v); }
  else if (key === "?") v.legend.hidden = !v.legend.hidden;
  else return false;
  draw(v);
  return true;
}

function zoomAt(v, x, y, factor) {
  const before = toFilm(v, x, y);
  v.state.zoom = Math.min(Math.max(scale(v) * factor, fit(v) / 4), 40);
  const after = toFilm(v, x, y);
  v.state.x += before.x - after.x; v.state.y += before.y - after.y;
  draw(v);
}

function listen(v) {
  const c = v.canvas;
  let drag = null;
  c.addEventListener("wheel", (e) => { e.preventDefault(); zoomAt(v, e.offsetX, e.offsetY, Math.exp(-e.deltaY / 500)); }, { passive: false });
  c.addEventListener("contextmenu", (e) => e.preventDefault());
  c.addEventListener("pointerdown", (e) => {
    c.setPointerCapture(e.pointerId); c.focus();
    const at = toFilm(v, e.offsetX, e.offsetY);
    drag = { button: e.button, x: e.offsetX, y: e.offsetY };
    if (v.state.measure && e.button === 0) { drag.button = "line"; v.state.line = [[at.x, at.y], [at.x, at.y]]; }
  });
  c.addEventListener("pointermove", (e) => {
    v.cursor = [e.offsetX, e.offsetY];
    if (!drag) return v.state.magnify ? draw(v) : readout(v);
    const dx = e.offsetX - drag.x, dy = e.offsetY - drag.y, s = v.state;
    if (drag.button === "line") { const p = toFilm(v, e.offsetX, e.offsetY); s.line[1] = [p.x, p.y]; }
    else if (drag.button === 2) {
      const unit = 2 ** v.data.bits / 700;
      s.width = Math.max(s.width + dx * unit, 1); s.center += dy * unit; windowed(v);
    } else { const a = toFilm(v, drag.x, drag.y), b = toFilm(v, e.offsetX, e.offsetY); s.x -= b.x - a.x; s.y -= b.y - a.y; }
    drag.x = e.offsetX; drag.y = e.offsetY; draw(v);
  });
  c.addEventListener("pointerup", () => { drag = null; });
  c.addEventListener("pointerleave", () => { v.cursor = null; draw(v); });
  c.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const step = { ArrowLeft: [-40, 0], ArrowRight: [40, 0], ArrowUp: [0, -40], ArrowDown: [0, 40] }[e.key];
    const w = c.clientWidth / 2, h = c.clientHeight / 2;
    if (step) { const a = toFilm(v, w, h), b = toFilm(v, w + step[0], h + step[1]); v.state.x += b.x - a.x; v.state.y += b.y - a.y; draw(v); }
    else if (e.key === "+" || e.key === "=") zoomAt(v, w, h, 1.2);
    else if (e.key === "-") zoomAt(v, w, h, 1 / 1.2);
    else if (!press(v, e.key.toLowerCase())) return;
    e.preventDefault(); e.stopPropagation();
  });
  v.slider.addEventListener("input", () => { v.state.opacity = v.slider.value / 100; v.percent.value = `${v.slider.value}%`; draw(v); });
  new ResizeObserver(() => v.data && draw(v)).observe(c);
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".viewer");
  const v = root.viewer || (root.viewer = make(root));
  const changed = v.data?.film !== data.film;
  v.data = data;
  if (changed) {
    v.pixels = decode(data.pixels, data.depth);
    v.filmCanvas = new OffscreenCanvas(data.columns, data.rows);
    if (!kept.has(data.film)) kept.set(data.film, startState(data));
    v.state = kept.get(data.film);
    windowed(v);
  }
  v.buttons.n.hidden = !data.reference.length;
  v.slider.value = Math.round(v.state.opacity * 100); v.percent.value = `${v.slider.value}%`;
  v.heat.hidden = !data.heat;
  paintHeat(v);
  draw(v);
  root.dataset.film = data.film.slice(0, 8); root.dataset.heat = String(Boolean(data.heat)); root.dataset.boxes = String(data.boxes.length);
  root.dataset.reference = String(data.reference.length); root.dataset.steps = String(data.steps);
}
