// The workspace: what stays as it was when an edit swaps its panes, and news from other tabs.
const news = new BroadcastChannel(`container ${workspace().dataset.container}`);
const LOOK_SECONDS = 15;
const OPEN_AT_MOST = 200;
const scrolled = new Map();
let changes = new Set();
let place = -1;
let sending = 0;
let missed = false;

// Asked for anew each time: going back in the history makes the whole page another one.
function workspace() {
  return document.getElementById("workspace");
}

function rail() {
  return document.getElementById("rail");
}

function openPaths() {
  const rows = document.querySelectorAll("#tree tr[aria-expanded=true][data-path]");
  return [...rows].slice(0, OPEN_AT_MOST).map((row) => row.dataset.path);
}

function rows() {
  return [...document.querySelectorAll("#rail-rows [data-change]")];
}

// --- before and after a swap ---

function remember() {
  for (const pane of document.querySelectorAll("[data-keep-scroll]")) scrolled.set(pane.id, pane.scrollTop);
  changes = new Set(rows().map((row) => row.dataset.change));
  place = rows().indexOf(document.activeElement?.closest("[data-change]"));
}

function recall() {
  for (const [id, top] of scrolled) {
    const pane = document.getElementById(id);
    if (pane) pane.scrollTop = top;
  }
}

// Who walks the changes by keys goes on where the one was that is gone; else the path that was edited has it.
function keepFocus() {
  if (document.activeElement !== document.body) return;
  const links = rows().map((row) => row.querySelector("a"));
  const next = place < 0 ? null : links[Math.min(place, links.length - 1)];
  (next ?? document.getElementById("middle")).focus({ preventScroll: true });
}

function markFresh() {
  for (const row of rows()) row.classList.toggle("fresh", !changes.has(row.dataset.change));
  const fresh = rows().filter((row) => row.classList.contains("fresh"));
  // What was edited, rather than the directories that lead to it.
  const path = document.getElementById("middle")?.dataset.path;
  bringIntoSight(fresh.find((row) => row.dataset.change.slice(1) === path) ?? fresh[0]);
}

// Within its own pane: the page itself stays where it is.
function bringIntoSight(row) {
  const pane = row?.closest("[data-keep-scroll]");
  if (!pane) return;
  const [inner, outer] = [row.getBoundingClientRect(), pane.getBoundingClientRect()];
  const end = Math.min(outer.bottom, innerHeight);
  if (inner.top < outer.top || inner.bottom > end) {
    pane.scrollTop += inner.top - outer.top - (end - outer.top - inner.height) / 2;
  }
}

// The server tells the time in UTC, people have their own.
function tellTime() {
  for (const time of document.querySelectorAll("time[data-clock]")) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString();
  }
}

// The tree is not asked for again when a path is chosen: it only shows where one is.
function markChosen() {
  const path = document.getElementById("middle")?.dataset.path;
  for (const row of document.querySelectorAll("#tree tr[data-path]")) {
    if (row.dataset.path === path) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  for (const row of rows()) row.classList.toggle("chosen", row.dataset.change.slice(1) === path);
}

function count() {
  const said = document.querySelector(".chosen-count");
  if (!said) return;
  const ticked = document.querySelectorAll("#selection tbody :checked").length;
  for (const button of document.querySelectorAll("#selection .ticked")) button.disabled = !ticked;
  said.textContent = ticked ? `${ticked} ${said.dataset.chosen}` : said.dataset.none;
}

function show() {
  if (!workspace()) return;
  markChosen();
  count();
  tellTime();
}

// --- other tabs, and other people ---

function isIdle() {
  const middle = document.getElementById("middle");
  return middle?.dataset.chosen === "directory" && !middle.querySelector(":checked") && !document.querySelector("dialog[open]");
}

// While an edit is on its way its form stays: the answer looks for its place from there.
function look() {
  if (document.hidden || !workspace()) return;
  missed = sending > 0;
  if (missed) return;
  const middle = isIdle() ? "&middle=1" : "";
  const query = location.search ? `${location.search}&` : "?";
  const open = openPaths().map((path) => `&open=${encodeURIComponent(path)}`).join("");
  const url = `${workspace().dataset.fresh}${query}seen=${rail().dataset.revision}${middle}${open}`;
  htmx.ajax("GET", url, { source: workspace(), target: "#edit-said", swap: "none" });
}

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (detail.requestConfig.verb === "get") return;
  sending += 1;
  detail.xhr.addEventListener("loadend", () => {
    sending -= 1;
    if (!sending && missed) look();
  });
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!sending || event.detail.elt !== document.getElementById("edit-said") || event.detail.requestConfig.elt !== workspace()) return;
  missed = true;
  event.detail.shouldSwap = false;
});

news.addEventListener("message", look);
document.addEventListener("visibilitychange", look);
setInterval(look, LOOK_SECONDS * 1000);

document.addEventListener("edited", () => {
  news.postMessage("edited");
  markFresh();
  keepFocus();
  document.getElementById("said").textContent = rail().dataset.say;
});

// --- htmx ---

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  for (const path of openPaths()) event.detail.formData.append("open", path);
});
document.addEventListener("htmx:beforeSwap", remember);
for (const name of ["htmx:oobAfterSwap", "htmx:afterSwap"]) document.addEventListener(name, recall);
for (const name of ["htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(name, show);

// --- keys and ticks ---

function pressRestore(event) {
  const row = document.activeElement?.closest("[data-change]");
  if (!row) return false;
  row.querySelector("[data-restore]").click();
  event.stopPropagation();
  return true;
}

function tick() {
  const box = document.activeElement?.closest("tr")?.querySelector("[name=chosen]");
  if (!box) return false;
  box.checked = !box.checked;
  count();
  return true;
}

// Where two contents are held against each other, the same keys go through their differences.
function step(by) {
  const links = [...document.querySelectorAll("#rail-rows a[data-row]")];
  const here = links.indexOf(document.activeElement);
  if (here < 0 && document.getElementById("compare")) return false;
  links[Math.max(0, Math.min(links.length - 1, here < 0 ? 0 : here + by))]?.focus();
  return links.length > 0;
}

function enabled() {
  try { return localStorage.getItem("keys") !== "off"; } catch { return true; }
}

const KEYS = {
  u: pressRestore,
  x: tick,
  n: () => step(1),
  p: () => step(-1),
  Delete: () => document.querySelector("#selection [data-tool=delete]:not(:disabled)")?.click() ?? true,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !enabled()) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if (document.querySelector("dialog[open]")) return;
  if (KEYS[event.key]?.(event)) event.preventDefault();
}, true);

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tool=tick-all]")) {
    for (const box of document.querySelectorAll("#selection [name=chosen]")) box.checked = event.target.checked;
  }
  if (event.target.closest("#selection")) count();
});

show();
bringIntoSight(document.querySelector("#tree tr[aria-current]"));
bringIntoSight(document.querySelector("#rail-rows .chosen"));
