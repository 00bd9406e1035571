// Buttons that copy: [data-copy] holds the text, [data-copied] what to say then.
async function write(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function say(text) {
  document.getElementById("said").textContent = text;
}

async function copy(button) {
  await write(button.dataset.copy === "location" ? location.href : button.dataset.copy);
  say(button.dataset.copied);
  const use = button.querySelector("use");
  const before = use?.getAttribute("href");
  if (!before || before.endsWith("#check")) return;
  use.setAttribute("href", before.replace(/#.*/, "#check"));
  button.classList.add("copied");
  setTimeout(() => {
    use.setAttribute("href", before);
    button.classList.remove("copied");
  }, 1500);
}

// A link to a text: [data-copy-from] copies what it leads to.
async function copyFrom(link) {
  const answer = await fetch(link.href);
  await write(await answer.text());
  say(link.dataset.copied);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-copy-from]");
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    copyFrom(link).catch(() => say("–"));
  }
  const button = event.target.closest("[data-copy]");
  if (button) copy(button).catch(() => say("–"));
});
