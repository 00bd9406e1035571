// n and p go from one difference to the next, wherever two contents are held against each other.
function differs(row) {
  return row.matches(".line-deleted, .line-added") || row.querySelector(".old, .new") !== null;
}

// The first row of each run of rows that differ.
function starts() {
  const rows = [...document.querySelectorAll("#compare .sides tbody tr, #compare .hex .line")];
  return rows.filter((row, at) => differs(row) && !(at && differs(rows[at - 1])));
}

function go(step) {
  const found = starts();
  if (!found.length) return false;
  const here = found.indexOf(document.activeElement);
  const next = found[here < 0 ? (step > 0 ? 0 : found.length - 1) : Math.max(0, Math.min(found.length - 1, here + step))];
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
  return true;
}

function enabled() {
  try { return localStorage.getItem("keys") !== "off"; } catch { return true; }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !enabled()) return;
  if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const step = { n: 1, p: -1 }[event.key];
  if (step && go(step)) event.preventDefault();
});
