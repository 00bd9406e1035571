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
// Rows take the keyboard's place again after a swap has replaced them.
let focused = "";
document.addEventListener("htmx:beforeSwap", () => { focused = document.activeElement?.id ?? ""; });
document.addEventListener("htmx:afterSettle", () => {
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
});
