// Forms that are pages of their own open in a dialog instead: what is swapped into #ask shows in it.
// It is asked for anew each time: going back in the history makes the whole page another one.
function box() {
  return document.getElementById("ask-dialog");
}

function field() {
  return box().querySelector("[autofocus], input:not([type=hidden]), button.primary");
}

function open() {
  if (!box().open) box().showModal();
  const first = field();
  first?.focus();
  if (!first?.matches("input[type=text]")) return;
  // What is renamed: its name, not the way to it.
  const start = first.name === "target" ? first.value.lastIndexOf("/") + 1 : 0;
  first.setSelectionRange(start, first.value.length);
}

function close() {
  if (box().open) box().close();
}

// The form may have stood in the page and gone with an edit: the next one needs a place.
function keepPlace() {
  if (document.getElementById("ask")) return;
  const place = document.createElement("div");
  place.id = "ask";
  box()?.replaceChildren(place);
}

document.addEventListener("htmx:afterSwap", () => {
  keepPlace();
  const form = box()?.querySelector("form#ask");
  if (form && !form.dataset.shown) {
    form.dataset.shown = "yes";
    open();
  }
});

document.addEventListener("edited", () => {
  close();
  box().replaceChildren();
  keepPlace();
});

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-tool=ask-close]");
  if (event.target === box()) close();
  if (closer && box()?.contains(closer)) {
    event.preventDefault();
    close();
  }
});
