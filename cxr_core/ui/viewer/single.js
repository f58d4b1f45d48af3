// One viewer with its bar; view.js, draw.js and viewer.js stand before this in one module.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".viewer");
  const v = root.viewer || (root.viewer = makeWhole(root));
  v.data = data;
  v.arrived ??= () => show(v);
  globalThis.addEventListener("hilum-film", v.arrived); // adding it twice is adding it once
  show(v);
  return unlessOvertaken(v, () => { globalThis.removeEventListener("hilum-film", v.arrived); hide(v); });
}
