// Single keys press what carries them: <a data-key="]">, <input data-key="/">.
// They never fire in fields, beside a modifier, or when the person switched them off.
let pending = "";

function enabled() {
  try { return localStorage.getItem("keys") !== "off"; } catch { return true; }
}

function inField(element) {
  return element.closest("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]") !== null;
}

function bearer(key) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  return all.find((element) => element.checkVisibility());
}

function press(element) {
  if (element.matches("input[type=search], input[type=text]")) {
    element.focus();
    element.select();
  } else element.click();
}

// j and k walk the rows of a plain list, that of the pane one is in first; inside a tree, ib-tree has taken
// the key already.
function walk(step) {
  const pane = document.activeElement?.closest("[data-pane]");
  const tree = document.querySelector("ib-tree");
  if (!pane?.querySelector("a[data-row]") && tree?.checkVisibility()) return tree.enter();
  const rows = [...(pane ?? document).querySelectorAll("a[data-row]")].filter((row) => row.checkVisibility());
  const here = rows.indexOf(document.activeElement);
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
  rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
}

function nextPane(step) {
  const panes = [...document.querySelectorAll("[data-pane]")].filter((pane) => pane.checkVisibility());
  const here = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = here < 0 ? 0 : (here + step + panes.length) % panes.length;
  panes[next]?.focus();
  return panes.length > 0;
}

function onKey(event) {
  if (event.key === "F6" && nextPane(event.shiftKey ? -1 : 1)) return event.preventDefault();
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && inField(event.target)) return event.target.blur();
  if (inField(event.target) || !enabled() || document.querySelector("dialog[open]")) return;
  const key = pending ? `${pending} ${event.key}` : event.key;
  pending = "";
  if (key === "g") {
    pending = "g";
    setTimeout(() => { pending = ""; }, 1200);
    return;
  }
  if (key === "j" || key === "k") {
    walk(key === "j" ? 1 : -1);
    return event.preventDefault();
  }
  const element = key === "x" ? event.target.closest("tr")?.querySelector("[data-pick]") : bearer(key);
  if (!element) return;
  event.preventDefault();
  press(element);
}

// A menu closes where one looks elsewhere, and once a line of it has opened something in the page.
function closeMenus(event) {
  const used = event.target.closest(".menu-list [hx-get], .menu-list form");
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || (used && !used.matches("form.menu-list"))) menu.open = false;
  }
}

function onClick(event) {
  const tool = event.target.closest("[data-tool]")?.dataset.tool;
  const dialog = document.getElementById("keys");
  closeMenus(event);
  if (tool === "keys") dialog.showModal();
  if (tool === "close" || event.target === dialog) dialog.close();
  if (tool === "keys-on") localStorage.setItem("keys", event.target.checked ? "on" : "off");
}

for (const box of document.querySelectorAll("[data-tool=keys-on]")) box.checked = enabled();
document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
