// Says so when a part of a page could not be loaded; htmx itself is silent about it.
function show() {
  const said = document.getElementById("trouble");
  said.hidden = false;
  clearTimeout(show.timer);
  show.timer = setTimeout(() => { said.hidden = true; }, 8000);
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, show);
}
// After a swap the keyboard is where it was, unless the person has moved on, and the chosen layer in sight.
let focused = null;
document.addEventListener("htmx:beforeSwap", () => { focused = document.activeElement; });
document.addEventListener("htmx:afterSwap", () => {
  if (focused?.id && !focused.isConnected && document.activeElement === document.body) {
    document.getElementById(focused.id)?.focus();
  }
  const layers = document.querySelector("#stack .layers");
  const chosen = layers?.querySelector("[aria-current]");
  if (chosen) layers.scrollTop = chosen.offsetTop - layers.offsetTop - layers.clientHeight / 2;
});
