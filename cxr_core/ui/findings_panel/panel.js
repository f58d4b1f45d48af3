// The table comes from Python; here its rows become buttons that tell which finding was chosen.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".panel");
  const focused = root.getRootNode().activeElement?.dataset?.finding;
  root.innerHTML = data.table;
  for (const row of root.querySelectorAll("tr[data-finding]")) {
    const choose = () => setTriggerValue("chosen", row.dataset.finding);
    row.onclick = choose;
    row.onkeydown = (e) => {
      const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[e.key];
      if (next?.dataset.finding) next.focus();
      else if (e.key === "Enter" || e.key === " ") choose();
      else return;
      e.preventDefault();
    };
    if (row.dataset.finding === focused) row.focus({ preventScroll: true });
  }
}
