// Theme and projector mode, as this browser last chose them. Loaded before the
// first paint, and not as a module, so that no page flashes in the wrong colours.
(function () {
  const root = document.documentElement;
  const themes = ["auto", "light", "dark"];
  root.classList.add("js");

  function kept(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  }
  function keep(name, value) {
    try { localStorage.setItem(name, value); } catch { /* private windows may refuse */ }
  }
  function theme() {
    const name = kept("theme");
    return themes.includes(name) ? name : "auto";
  }
  function show() {
    if (theme() === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme();
    root.toggleAttribute("data-projector", kept("projector") === "on");
    for (const button of document.querySelectorAll("[data-tool=theme]")) {
      button.querySelector("span").textContent = button.dataset[theme()];
    }
    for (const button of document.querySelectorAll("[data-tool=projector]")) {
      button.setAttribute("aria-pressed", String(root.hasAttribute("data-projector")));
    }
  }
  show();
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", function (event) {
    const tool = event.target.closest("[data-tool]")?.dataset.tool;
    if (tool === "theme") keep("theme", themes[(themes.indexOf(theme()) + 1) % themes.length]);
    else if (tool === "projector") keep("projector", kept("projector") === "on" ? "off" : "on");
    else return;
    show();
  });
})();
