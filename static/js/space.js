// <ib-space>: the picture and the table of the same bytes. What is pointed at in one lights up in the other;
// the table is walked with j, k and Enter, Backspace goes out. Without this script all of it is links.
let from = null;

function rows() {
  return [...document.querySelectorAll("#map a[data-row]")];
}

class Space extends HTMLElement {
  connectedCallback() {
    this.addEventListener("pointerover", (event) => this.light(event.target));
    this.addEventListener("pointerleave", () => this.light(null));
    this.addEventListener("focusin", (event) => this.light(event.target));
    this.addEventListener("focusout", () => this.light(null));
    this.addEventListener("click", (event) => this.onClick(event));
  }

  light(target) {
    const at = target?.closest("[data-at]")?.dataset.at;
    for (const lit of this.querySelectorAll(".lit")) if (lit.dataset.at !== at) lit.classList.remove("lit");
    const found = at === undefined ? [] : this.querySelectorAll(`[data-at="${CSS.escape(at)}"]`);
    for (const each of found) each.classList.add("lit");
    this.querySelector(".treemap").classList.toggle("has-lit", found.length > 0);
  }

  // A tile leads into a directory as its row does: within the page.
  onClick(event) {
    const tile = event.target.closest("a.tile");
    const url = tile?.getAttribute("href");
    if (!url?.startsWith("?") || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    htmx.ajax("GET", url, { source: "#space", target: "#space", push: "true" });
  }
}

customElements.define("ib-space", Space);

// Whoever drills by keyboard goes on from where they are: the first row, or the one they came out of.
document.addEventListener("htmx:beforeRequest", (event) => {
  const source = event.detail.elt;
  from = source.closest?.("#map") && !source.closest(".switch") ? location.search : null;
});

document.addEventListener("htmx:afterSettle", () => {
  if (from === null || !document.getElementById("map")) return;
  const all = rows();
  const came = all.find((row) => row.getAttribute("href") === from);
  (came ?? all[0])?.focus({ preventScroll: true });
  from = null;
});
