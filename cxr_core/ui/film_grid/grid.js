// Tiles come from Python as words and pictures; they are put in as text, never as HTML.
const make = (kind, name, text) => {
  const one = document.createElement(kind);
  one.className = name;
  if (text !== undefined) one.textContent = text;
  return one;
};

function draw(tile, choose) {
  const button = make("button", "tile" + (tile.marked ? " marked" : ""));
  button.type = "button";
  button.dataset.id = tile.id;
  const said = [tile.head, tile.about, tile.score].filter(Boolean).join(", ");
  button.setAttribute("aria-label", `Open film: ${said}`);
  button.title = tile.problem || said + (tile.boxes.length ? `\nDrawn by NIH: ${tile.boxes.map((b) => b[4]).join(", ")}` : "");
  const frame = make("span", "frame" + (tile.picture || tile.problem ? "" : " waiting"));
  if (tile.problem) frame.append(make("span", "problem", "cannot be read"));
  if (tile.picture) {
    const film = make("span", "film");
    const [width, height] = tile.shape;
    film.style.aspectRatio = `${width} / ${height}`;
    film.style[width >= height ? "width" : "height"] = "100%";
    const picture = make("img", "");
    picture.src = tile.picture;
    picture.alt = "";
    film.append(picture);
    for (const [x, y, w, h] of tile.boxes) {
      const box = make("i", "box");
      Object.assign(box.style, { left: `${x * 100}%`, top: `${y * 100}%`, width: `${w * 100}%`, height: `${h * 100}%` });
      film.append(box);
    }
    frame.append(film);
  }
  button.append(frame, make("span", "head", tile.head), make("span", "about", tile.about));
  if (tile.score) button.append(make("span", "score", tile.score));
  button.onclick = choose;
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".grid");
  const focused = root.getRootNode().activeElement?.dataset?.id;
  root.classList.toggle("row", data.row);
  root.replaceChildren(...data.tiles.map((tile) => draw(tile, () => setTriggerValue("chosen", tile.id))));
  root.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step > 0 ? event.target.nextElementSibling : event.target.previousElementSibling;
    if (step && next) { next.focus(); event.preventDefault(); }
  };
  if (focused) root.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}
