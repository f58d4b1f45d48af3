// Where a film lies on the screen, and how its values become grey. All coordinates are film pixels; `matrix` takes them
// to the screen.
const PRESETS = [["file", 1], ["narrow", 0.6], ["wide", 1.5], ["full", 0]];
const FAINT = 40; // of 255: weaker parts of a map stay clear, as in render/overlay.py

// Viewers of one film in one group share a scene: they pan, zoom and window together, and the film is windowed once.
// Scenes outlive a rerun that mounts a viewer anew. Global, as each component may be a module of its own.
const scenes = (globalThis.hilumScenes ??= new Map());
const shared = (globalThis.hilumHabits ??= { heat: true, boxes: true, reference: true, opacity: 0.55 }); // for all films
const MOST_SCENES = 8; // each holds a picture of its film

function sceneOf(group, film) {
  const name = `${group}|${film.film}`, scene = scenes.get(name) ?? { viewers: new Set(), state: startState(film), at: null };
  scenes.delete(name); scenes.set(name, scene);
  for (const [other, { viewers }] of scenes) { if (scenes.size <= MOST_SCENES) break; if (!viewers.size) scenes.delete(other); }
  return scene;
}

// All viewers of a scene: the one that is acted on at once, the others before the screen is drawn next.
function redraw(v) {
  state(v); draw(v);
  if (v.scene.viewers.size < 2 || v.scene.waits) return;
  v.scene.waits = true;
  requestAnimationFrame(() => { v.scene.waits = false; for (const other of v.scene.viewers) { state(other); draw(other); } });
}

function startState(film) {
  return { zoom: 1, x: film.width / 2, y: film.height / 2, center: film.center, width: film.window, preset: "file",
    inverted: false, turn: 0, flip: false, magnify: false, measure: false, line: null };
}

function decode(text) { return Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); }

function fit(v) {
  const across = v.state.turn % 2 ? v.film.height : v.film.width, down = v.state.turn % 2 ? v.film.width : v.film.height;
  return Math.min(v.canvas.clientWidth / across, v.canvas.clientHeight / down);
}
function scale(v) { return v.state.zoom * fit(v); } // zoom 1: the whole film, in a viewer of any size

function matrix(v) {
  const s = v.state, k = scale(v);
  return new DOMMatrix().translate(v.canvas.clientWidth / 2, v.canvas.clientHeight / 2).scale(k * (s.flip ? -1 : 1), k)
    .rotate(s.turn * 90).translate(-s.x, -s.y);
}
function toFilm(v, x, y) { return new DOMPoint(x, y).matrixTransform(matrix(v).inverse()); }

function zoomAt(v, x, y, factor) {
  const before = toFilm(v, x, y);
  v.state.zoom = Math.min(Math.max(v.state.zoom * factor, 0.25), 40 / fit(v));
  const after = toFilm(v, x, y);
  v.state.x += before.x - after.x; v.state.y += before.y - after.y;
}

// Moves what is seen by (dx, dy) of the screen.
function pan(v, dx, dy) {
  const a = toFilm(v, 0, 0), b = toFilm(v, dx, dy);
  v.state.x -= b.x - a.x; v.state.y -= b.y - a.y;
}

function nextPreset(v) {
  const place = (PRESETS.findIndex(([name]) => name === v.state.preset) + 1) % PRESETS.length;
  const [name, factor] = PRESETS[place], top = 2 ** v.film.bits - 1;
  Object.assign(v.state, { preset: name, center: factor ? v.film.center : top / 2, width: factor ? v.film.window * factor : top });
}

// The film's values through the window, as a picture: all of its depth is here, so nothing is asked of the server.
function windowed(v) {
  const { film, state } = v, top = 2 ** film.bits, lut = new Uint8ClampedArray(top);
  const low = state.center - state.width / 2, gain = 255 / Math.max(state.width, 1e-6);
  for (let i = 0; i < top; i++) { const g = (i - low) * gain; lut[i] = state.inverted ? 255 - g : g; }
  const image = new ImageData(film.columns, film.rows), out = new Uint32Array(image.data.buffer), px = film.pixels;
  for (let i = 0; i < px.length; i++) { const g = lut[px[i]]; out[i] = 0xff000000 | (g << 16) | (g << 8) | g; }
  const { scene } = v, old = scene.canvas;
  scene.film = film;
  scene.canvas = old?.width === film.columns && old.height === film.rows ? old : new OffscreenCanvas(film.columns, film.rows);
  scene.canvas.getContext("2d").putImageData(image, 0, 0);
}

function paintHeat(v) {
  v.heatCanvas = painted(v.data, v.data.colours);
  v.secondCanvas = v.data.second ? painted(v.data.second, v.data.colours) : null;
}

function painted(map, colours) {
  if (!map.heat) return null;
  const heat = decode(map.heat), n = map.grid, image = new ImageData(n, n), out = image.data;
  for (let i = 0, o = 0; i < heat.length; i++, o += 4) {
    const c = heat[i] * 3;
    out[o] = colours[c]; out[o + 1] = colours[c + 1]; out[o + 2] = colours[c + 2];
    const strength = map.signed ? Math.abs(heat[i] * 2 - 255) : heat[i];
    out[o + 3] = Math.max(strength - FAINT, 0) * 255 / (255 - FAINT);
  }
  const canvas = new OffscreenCanvas(n, n);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
