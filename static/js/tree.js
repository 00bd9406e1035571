// <ib-tree>: a table of rows with aria-level, whose directories open in place.
// Without this script every row is a link to a page of its own.
class Tree extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("focusin", (event) => this.rove(event.target.closest("tr[aria-level]")));
    this.observer = new MutationObserver(() => this.prepare());
    this.observer.observe(this.querySelector("tbody"), { childList: true });
    this.prepare();
  }

  disconnectedCallback() {
    this.observer.disconnect();
  }

  get rows() {
    return [...this.querySelectorAll("tbody > tr[aria-level]")];
  }

  get shown() {
    return this.rows.filter((row) => !row.hidden);
  }

  // One row is in the tab order; what is in a row is reached through it.
  prepare() {
    const rows = this.rows;
    for (const row of rows) {
      if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
      for (const link of row.querySelectorAll("a:not([tabindex])")) link.tabIndex = -1;
    }
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
    this.fold();
  }

  // Hides what is below a closed directory.
  fold() {
    let closed = Infinity;
    for (const row of this.rows) {
      const level = Number(row.getAttribute("aria-level"));
      if (level <= closed) closed = Infinity;
      row.hidden = level > closed;
      if (level < closed && row.getAttribute("aria-expanded") === "false") closed = level;
    }
  }

  rove(row) {
    if (!row) return;
    for (const other of this.querySelectorAll("tr[tabindex='0']")) other.tabIndex = -1;
    row.tabIndex = 0;
  }

  go(row) {
    if (!row) return;
    this.rove(row);
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  enter() {
    this.go(this.querySelector("tr[tabindex='0']"));
  }

  open(row) {
    row.setAttribute("aria-expanded", "true");
    htmx.trigger(row, "expand");
    this.fold();
  }

  close(row) {
    row.setAttribute("aria-expanded", "false");
    this.fold();
  }

  parent(row) {
    const level = Number(row.getAttribute("aria-level"));
    let above = row.previousElementSibling;
    while (above && Number(above.getAttribute("aria-level")) >= level) above = above.previousElementSibling;
    return above;
  }

  onClick(event) {
    const link = event.target.closest("a.dir");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const row = link.closest("tr");
    this.go(row);
    if (row.getAttribute("aria-expanded") === "true") this.close(row);
    else this.open(row);
  }

  right(row) {
    const state = row.getAttribute("aria-expanded");
    if (state === "false") this.open(row);
    else if (state === "true") this.step(row, 1);
  }

  left(row) {
    if (row.getAttribute("aria-expanded") === "true") this.close(row);
    else this.go(this.parent(row));
  }

  step(row, by) {
    const shown = this.shown;
    this.go(shown[Math.max(0, Math.min(shown.length - 1, shown.indexOf(row) + by))]);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest("tr[aria-level]");
    if (!row) return;
    const act = {
      ArrowDown: () => this.step(row, 1), j: () => this.step(row, 1),
      ArrowUp: () => this.step(row, -1), k: () => this.step(row, -1),
      ArrowRight: () => this.right(row), l: () => this.right(row),
      ArrowLeft: () => this.left(row), h: () => this.left(row),
      Home: () => this.go(this.shown[0]), End: () => this.go(this.shown.at(-1)),
      Enter: () => row.querySelector("a").click(),
      " ": () => row.querySelector("a").click(),
    }[event.key];
    if (!act || (event.target !== row && (event.key === "Enter" || event.key === " "))) return;
    event.preventDefault();
    act();
  }
}

customElements.define("ib-tree", Tree);
