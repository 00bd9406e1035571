// The form of a commit: rows that grow as they are filled, and folds that stay as they were opened.
class Rows extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", () => this.grow());
  }

  grow() {
    const last = this.lastElementChild;
    if (![...last.querySelectorAll("input")].some((input) => input.value)) return;
    const next = last.cloneNode(true);
    for (const input of next.querySelectorAll("input")) {
      input.value = "";
      input.removeAttribute("value");
    }
    this.append(next);
  }
}

customElements.define("ib-rows", Rows);

// What is swapped comes as the server folds it; it stays as the person has it.
const folds = new Map();
document.addEventListener("toggle", (event) => {
  if (event.target.matches("#commit details[id]")) folds.set(event.target.id, event.target.open);
}, true);
document.addEventListener("htmx:beforeSwap", () => {
  for (const fold of document.querySelectorAll("#commit details[id]")) folds.set(fold.id, fold.open);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, open] of folds) {
    const fold = document.getElementById(id);
    if (fold) fold.open = open;
  }
});

// Control+Enter commits on the page of a commit, and asks how in the workspace.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("#commit, form#ask:has([name=as])");
  if (form) form.requestSubmit();
  else if (!document.querySelector("dialog[open]")) document.getElementById("do-commit")?.click();
});
