// What is on the canvas: film, map, boxes, a measured line, the magnifier; and the words under it.
const OURS = "#5ac8fa", NIHS = "#5fd38d", LINE = "#ffd166";

function draw(v) {
  const { canvas, state, data } = v, dpr = window.devicePixelRatio || 1;
  if (!v.film || !canvas.clientWidth) return;
  const wide = Math.round(canvas.clientWidth * dpr), tall = Math.round(canvas.clientHeight * dpr);
  if (canvas.width !== wide || canvas.height !== tall) { canvas.width = wide; canvas.height = tall; }
  const g = canvas.getContext("2d"), m = matrix(v);
  g.setTransform(1, 0, 0, 1, 0, 0);
  g.fillStyle = "#000"; g.fillRect(0, 0, wide, tall);
  layers(v, g, m, dpr);
  g.setTransform(dpr, 0, 0, dpr, 0, 0); g.font = "12px system-ui, sans-serif"; g.lineWidth = 1.5;
  for (const side of sides(v)) {
    g.save(); clip(v, g, side);
    const shown = [...(shared.reference ? data.reference.map((box) => [box, NIHS]) : []),
      ...(shared.boxes ? side.boxes.map((box) => [box, box.colour || OURS]) : [])].map(([box, colour]) => [box, colour, corners(box, m)]);
    for (const [, colour, points] of shown) outline(g, points, colour);
    const taken = [];
    for (const [box, colour, points] of shown) label(g, v.isSmall ? box.short : box.text, points, colour, canvas, taken);
    g.restore();
  }
  if (data.second) divider(v, g);
  if (state.line) measure(v, g, m);
  if (v.scene.at && !v.cursor) cross(v, g, m);
  if (state.magnify && v.cursor) lens(v, g, m, dpr);
  readout(v);
}

function layers(v, g, m, dpr) {
  const { film, state } = v;
  g.setTransform(new DOMMatrix().scale(dpr).multiply(m));
  g.imageSmoothingEnabled = true; g.imageSmoothingQuality = "high";
  g.drawImage(v.scene.canvas, 0, 0, film.width, film.height);
  for (const side of sides(v)) {
    if (!side.heat || !shared.heat) continue;
    g.save(); g.setTransform(dpr, 0, 0, dpr, 0, 0); clip(v, g, side);
    g.setTransform(new DOMMatrix().scale(dpr).multiply(m));
    g.globalAlpha = shared.opacity; g.drawImage(side.heat, 0, 0, film.width, film.height);
    g.restore();
  }
}

// What is seen from where to where: one map and its boxes, or one to the left of the divider and one to its right.
function sides(v) {
  const wide = v.canvas.clientWidth, { data } = v;
  if (!data.second) return [{ heat: v.heatCanvas, boxes: data.boxes, from: 0, to: wide }];
  const at = dividerAt(v);
  return [{ heat: v.heatCanvas, boxes: data.boxes, from: 0, to: at }, { heat: v.secondCanvas, boxes: data.second.boxes, from: at, to: wide }];
}

function clip(v, g, side) {
  g.beginPath(); g.rect(side.from, 0, side.to - side.from, v.canvas.clientHeight); g.clip();
}

function dividerAt(v) { return v.canvas.clientWidth * v.swipe.value / 1000; }

function divider(v, g) {
  const at = dividerAt(v);
  for (const [style, width] of [["rgba(0,0,0,.65)", 4], ["#dfe6ee", 1.5]]) {
    g.strokeStyle = style; g.lineWidth = width; g.beginPath(); g.moveTo(at, 0); g.lineTo(at, v.canvas.clientHeight); g.stroke();
  }
}

function corners(box, m) {
  return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([a, b]) => new DOMPoint(box.x + a * box.w, box.y + b * box.h).matrixTransform(m));
}

function outline(g, points, colour) {
  g.setLineDash(colour === NIHS ? [6, 4] : []);
  for (const [style, width] of [["rgba(0,0,0,.65)", 3.5], [colour, 1.5]]) { // a dark rim: boxes lie on white bone, too
    g.strokeStyle = style; g.lineWidth = width; g.beginPath();
    points.forEach((p, i) => (i ? g.lineTo(p.x, p.y) : g.moveTo(p.x, p.y))); g.closePath(); g.stroke();
  }
  g.setLineDash([]);
}

// Ours are labelled at the top, NIH's (dashed) at the foot, and none over another, so that boxes of one place can all be
// read; as in render/overlay.py.
function label(g, text, points, colour, canvas, taken) {
  if (!text) return;
  const xs = points.map((p) => p.x), ys = points.map((p) => p.y), wide = g.measureText(text).width + 10;
  if (Math.max(...xs) < 0 || Math.min(...xs) > canvas.clientWidth || Math.max(...ys) < 0 || Math.min(...ys) > canvas.clientHeight) return;
  const x = Math.min(Math.max(Math.min(...xs), 0), canvas.clientWidth - wide);
  const low = 18, high = canvas.clientHeight - 26;
  const wanted = Math.min(Math.max(colour === NIHS ? Math.max(...ys) + 19 : Math.min(...ys) - 1, low), high);
  const meets = (at) => taken.some((one) => Math.abs(one.y - at) < 18 && one.x < x + wide && x < one.x + one.wide);
  const free = [wanted, ...taken.flatMap((one) => [one.y - 18, one.y + 18])].filter((at) => at >= low && at <= high && !meets(at));
  const y = free.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0] ?? wanted;
  taken.push({ x, y, wide });
  g.fillStyle = "rgba(11,15,20,.85)"; g.fillRect(x, y - 18, wide, 18);
  g.fillStyle = colour; g.fillText(text, x + 5, y - 5);
}

function lengthOf(v) {
  const [a, b] = v.state.line, [down, across] = v.film.spacing || [1, 1];
  const length = Math.hypot((b[0] - a[0]) * across, (b[1] - a[1]) * down);
  return v.film.spacing ? `${length.toFixed(1)} ${v.film.unit}` : `${length.toFixed(0)} px (spacing unknown)`;
}

function measure(v, g, m) {
  const [p, q] = v.state.line.map((end) => new DOMPoint(...end).matrixTransform(m)), text = lengthOf(v);
  for (const [style, width] of [["rgba(0,0,0,.65)", 4], [LINE, 1.5]]) {
    g.strokeStyle = style; g.lineWidth = width; g.beginPath(); g.moveTo(p.x, p.y); g.lineTo(q.x, q.y); g.stroke();
  }
  g.fillStyle = LINE;
  for (const end of [p, q]) { g.beginPath(); g.arc(end.x, end.y, 3, 0, 7); g.fill(); }
  const wide = g.measureText(text).width + 10, x = Math.min(q.x + 8, v.canvas.clientWidth - wide), y = Math.max(q.y, 18);
  g.fillStyle = "rgba(11,15,20,.85)"; g.fillRect(x, y - 14, wide, 18);
  g.fillStyle = LINE; g.fillText(text, x + 5, y - 1);
}

// Where the pointer is in another viewer of the scene.
function cross(v, g, m) {
  const p = new DOMPoint(...v.scene.at).matrixTransform(m);
  for (const [style, width] of [["rgba(0,0,0,.65)", 3], ["#dfe6ee", 1]]) {
    g.strokeStyle = style; g.lineWidth = width; g.beginPath();
    for (const [x, y] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { g.moveTo(p.x + 4 * x, p.y + 4 * y); g.lineTo(p.x + 12 * x, p.y + 12 * y); }
    g.stroke();
  }
}

function lens(v, g, m, dpr) {
  const [x, y] = v.cursor, r = 100;
  g.save(); g.beginPath(); g.arc(x, y, r, 0, 7); g.clip();
  g.fillStyle = "#000"; g.fill();
  layers(v, g, new DOMMatrix().translate(x, y).scale(2.5).translate(-x, -y).multiply(m), dpr);
  g.restore(); g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.strokeStyle = OURS; g.lineWidth = 1.5; g.beginPath(); g.arc(x, y, r, 0, 7); g.stroke();
}

function readout(v) {
  const { state, film } = v;
  const parts = [`W ${Math.round(state.width)} · L ${Math.round(state.center)}${state.preset ? ` (${state.preset})` : ""}`,
    `zoom ${scale(v).toFixed(2)}`];
  if (v.cursor) {
    const p = toFilm(v, ...v.cursor), c = Math.floor(p.x * film.columns / film.width), r = Math.floor(p.y * film.rows / film.height);
    const inside = c >= 0 && r >= 0 && c < film.columns && r < film.rows, shrunk = film.columns < film.width;
    if (inside) parts.push(`(${Math.floor(p.x)}, ${Math.floor(p.y)}) ${shrunk ? "≈" : "="} ${film.pixels[r * film.columns + c]}`);
  }
  v.read.textContent = parts.join(" · ");
  v.turned.textContent = [state.inverted && "inverted", state.flip && "flipped: left is right", state.turn && `turned ${state.turn * 90}°`]
    .filter(Boolean).join(" · ");
}
