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
// After a swap the keyboard is where it was, and the chosen layer in sight.
let focused = "";
document.addEventListener("htmx:beforeSwap", () => { focused = document.activeElement?.id ?? ""; });
document.addEventListener("htmx:afterSettle", () => {
  const layers = document.querySelector("#stack .layers");
  const chosen = layers?.querySelector("[aria-current]");
  if (chosen) layers.scrollTop = chosen.offsetTop - layers.offsetTop - layers.clientHeight / 2;
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
});
