// Figures are known by their layout's `uirevision`. A figure that is drawn anew under a name that was zoomed is set to
// the ranges that the reader left it at. Plotly is not to be had from here: its own button "Reset axes" sets the axes
// to the ranges that it holds for their first ones, so it is handed ours for the moment of a click.
const ranges = new Map(); // by name: each axis' range
const watched = new WeakSet();
let asked = 0;

const axes = (figure) => ["xaxis", "yaxis"].map((name) => figure._fullLayout[name]);
const reset = (figure) => figure.querySelector('.modebar-btn[data-title="Reset axes"]');
const isReady = (figure) =>
  figure.layout?.uirevision && figure.on && reset(figure)
  && axes(figure).every((axis) => axis?._rangeInitial0 !== undefined);

function restore(figure, kept) {
  const first = axes(figure).map((axis) => [axis._rangeInitial0, axis._rangeInitial1]);
  const set = (values) =>
    axes(figure).forEach((axis, place) => ([axis._rangeInitial0, axis._rangeInitial1] = values[place]));
  set(kept);
  reset(figure).click();
  set(first);
}

function watch(figure) {
  watched.add(figure);
  const name = figure.layout.uirevision;
  if (ranges.has(name)) restore(figure, ranges.get(name));
  figure.on("plotly_relayout", () => {
    const now = axes(figure);
    const moved = now.some((axis) => axis.range[0] !== axis._rangeInitial0 || axis.range[1] !== axis._rangeInitial1);
    if (moved) ranges.set(name, now.map((axis) => [...axis.range]));
    else ranges.delete(name);
  });
}

function look() {
  asked = 0;
  for (const figure of document.querySelectorAll(".js-plotly-plot"))
    if (!watched.has(figure) && isReady(figure)) watch(figure);
}

// a figure is ready some moments after it came, and its coming is one change of many
const observer = new MutationObserver(() => (asked ||= requestAnimationFrame(look)));

export default function () {
  observer.observe(document.body, { childList: true, subtree: true });
  look();
  return () => observer.disconnect();
}
