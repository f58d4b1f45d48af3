// Takes newer cells to the grid without drawing the page anew.
export default function ({ data, parentElement }) {
  globalThis.hilumCells = data.messages;
  globalThis.dispatchEvent(new Event("hilum-cells"));
  parentElement.querySelector(".cell-store").dataset.count = Object.keys(data.messages).length;
}
