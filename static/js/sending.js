// Files for a container: dropped on the directory that is shown, or chosen in its form; folders with their paths.
const ENCODED = "encoded/";
let dropped = null;

async function filesIn(entry, path) {
  if (entry.isFile) {
    const file = await new Promise((done, fail) => entry.file(done, fail));
    return [{ file, path }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A directory is read in portions; an empty one is the end.
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const inner of some) found.push(...await filesIn(inner, `${path}/${inner.name}`));
  }
}

async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = await Promise.all(entries.map((entry) => filesIn(entry, entry.name)));
  return found.flat();
}

function chosen(form) {
  const inputs = [...form.querySelectorAll("input[type=file]")];
  return inputs.flatMap((input) => [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

// Browsers spell odd names in a form each in their own way; percent-encoded, all agree.
function put(data, files) {
  data.delete("files");
  data.delete("folder");
  for (const { file, path } of files) data.append("files", file, ENCODED + encodeURIComponent(path));
}

document.addEventListener("htmx:configRequest", (event) => {
  const form = event.detail.elt.closest("form[enctype='multipart/form-data']");
  if (form) put(event.detail.formData, dropped ?? chosen(form));
  dropped = null;
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.closest?.("form")?.querySelector("progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

// --- dropping ---

function zones() {
  return document.querySelector(".drop-zones");
}

function show(event) {
  if (!event.dataTransfer?.types.includes("Files") || !zones()) return;
  event.preventDefault();
  zones().hidden = false;
  for (const zone of zones().children) zone.classList.toggle("over", zone.contains(event.target));
}

async function send(verb, transfer) {
  const files = await filesOf(transfer);
  const opener = document.getElementById(`do-${verb}`);
  document.addEventListener("htmx:afterSettle", function ready() {
    const form = document.querySelector("form#ask[enctype]");
    if (!form) return;
    document.removeEventListener("htmx:afterSettle", ready);
    dropped = files;
    htmx.trigger(form, "submit");
  });
  opener.click();
}

document.addEventListener("dragover", show);
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget && zones()) zones().hidden = true;
});
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.types.includes("Files") || !zones()) return;
  event.preventDefault();
  const verb = event.target.closest("[data-drop-to]")?.dataset.dropTo ?? "upload";
  zones().hidden = true;
  send(verb, event.dataTransfer);
});
