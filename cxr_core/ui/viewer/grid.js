// A grid of viewers with one bar: models are columns, methods are rows. view.js, draw.js and viewer.js stand before this
// in one module. Cells come with the page, and newer ones by cells.js while they are in the making.
const NOTHING = { heat: null, grid: 0, boxes: [], reference: [], steps: 0 };

function makeGrid(root) {
  const grid = { root, cells: new Map(), last: null, plan: "", heads: element("div", { className: "heads" }), room: element("div", { className: "cells" }) };
  const viewers = () => [...grid.cells.values()].map((cell) => cell.v);
  grid.bar = makeBar(viewers, () => (grid.last?.film ? grid.last : viewers()[0]));
  grid.bar.tools.classList.add("across");
  const hint = element("span", { className: "hint", textContent: "All move together: drag pan · click, then wheel zoom, Esc scroll · right drag window · ? keys" });
  root.replaceChildren(element("div", { className: "bar" }, grid.bar.tools, grid.bar.heat, hint), grid.bar.legend, grid.heads, grid.room);
  grid.room.addEventListener("scroll", () => { grid.heads.scrollLeft = grid.room.scrollLeft; });
  return grid;
}

function makeCell(grid) {
  const root = element("div", { className: "viewer cell" }), v = makeViewer(root);
  const cell = { v, version: -1, note: element("div", { className: "note" }), said: element("figcaption", {}, ...["b", "u", "i", "em", "span"].map((tag) => element(tag))) };
  v.isSmall = true;
  v.bar = grid.bar; v.data = NOTHING;
  v.canvas.addEventListener("pointerenter", () => { grid.last = v; });
  v.canvas.addEventListener("focus", () => { grid.last = v; });
  root.replaceChildren(v.canvas, cell.note, element("div", { className: "words" }, v.read, v.turned), v.told);
  cell.figure = element("figure", {}, root, cell.said);
  return cell;
}

// The rooms of the grid, made anew only when there are other models or methods.
function plan(grid) {
  const { columns, rows } = grid.data, named = JSON.stringify([columns, rows]);
  if (grid.plan === named) return;
  grid.plan = named;
  const before = grid.cells;
  grid.cells = new Map();
  grid.heads.replaceChildren(...columns.map(({ title, remark }) => element("div", { className: "head", title },
    element("b", { textContent: title }), element("span", { textContent: remark }))));
  const parts = [];
  for (const { title, cells } of rows) {
    parts.push(element("div", { className: "method", textContent: title }));
    for (const [place, id] of cells.entries()) {
      const cell = before.get(id) ?? makeCell(grid);
      cell.label = `${columns[place].title}, ${title}. `;
      grid.cells.set(id, cell); parts.push(cell.figure);
    }
  }
  for (const [id, cell] of before) if (!grid.cells.has(id)) hide(cell.v);
  grid.root.style.setProperty("--columns", columns.length);
  grid.room.replaceChildren(...parts);
}

function take(grid, id, message) {
  const cell = grid.cells.get(id), { film, group, colours, reference } = grid.data;
  const old = cell.v.data;
  cell.v.data = { ...NOTHING, ...message, film, group, colours, reference, label: cell.label };
  cell.version = message.version;
  Object.assign(cell.v.root.dataset, { cell: id, status: message.status });
  cell.note.replaceChildren(element("span", { textContent: message.note }), ...(message.again ? [
    element("button", { type: "button", className: "again", textContent: "Try again", ariaLabel: `${cell.label}Try again`, onclick: () => grid.again(id) }),
  ] : []));
  cell.note.hidden = !message.note;
  cell.note.classList.toggle("failed", message.status === "failed");
  ["score", "held", "gap", "worth", "receipt"].forEach((name, place) => { cell.said.children[place].textContent = message[name]; });
  cell.said.children[3].className = message.weak ? "poor" : "";
  cell.said.children[2].className = message.poor ? "poor" : "good";
  if (cell.v.film && old.film === film && old.heat === message.heat && cell.v.film === globalThis.hilumFilms.get(film)) {
    state(cell.v); draw(cell.v);
    return;
  }
  show(cell.v);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".film-grid");
  const grid = root.grid || (root.grid = makeGrid(root));
  grid.data = data;
  grid.again = (id) => setTriggerValue("again", id);
  root.style.setProperty("--aspect", data.aspect);
  plan(grid);
  for (const [id, message] of Object.entries(data.messages)) if (grid.cells.has(id)) take(grid, id, message);
  grid.arrived ??= () => { for (const { v } of grid.cells.values()) if (v.data.film) show(v); };
  grid.newer ??= () => {
    for (const [id, message] of Object.entries(globalThis.hilumCells ?? {}))
      if (grid.cells.has(id) && message.version >= grid.cells.get(id).version) take(grid, id, message);
  };
  globalThis.addEventListener("hilum-film", grid.arrived);
  globalThis.addEventListener("hilum-cells", grid.newer);
  return unlessOvertaken(grid, () => {
    globalThis.removeEventListener("hilum-film", grid.arrived); globalThis.removeEventListener("hilum-cells", grid.newer);
    for (const { v } of grid.cells.values()) hide(v);
  });
}
