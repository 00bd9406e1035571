// <ib-upload>: files dropped or chosen are sent as they are, one after the other, each with its own bar.
const UNITS = ["B", "kB", "MB", "GB", "TB"];

function size(bytes) {
  let unit = 0;
  while (bytes >= 999.5 && unit < UNITS.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${Number(bytes.toPrecision(3))} ${UNITS[unit]}`;
}

function time(seconds) {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

class Upload extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector(".sending");
    this.queue = [];
    this.receipts = [];
    this.input = this.querySelector("input[type=file]");
    this.input.addEventListener("change", () => this.add(this.input.files));
    this.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
    // The whole page takes a file: nobody should have to aim.
    this.over = (event) => this.onDrag(event);
    for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, this.over);
  }

  disconnectedCallback() {
    for (const name of ["dragover", "dragleave", "drop"]) document.removeEventListener(name, this.over);
  }

  onDrag(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop") this.add(event.dataTransfer.files);
  }

  add(files) {
    for (const file of files) this.queue.push(this.line(file));
    this.input.value = "";
    this.list.hidden = !this.list.children.length;
    if (!this.active) this.next();
  }

  line(file) {
    const item = document.createElement("li");
    const bar = document.createElement("progress");
    const note = element("span", "sending-note mut small");
    const cancel = element("button", "", this.dataset.cancel);
    cancel.type = "button";
    cancel.setAttribute("aria-label", `${this.dataset.cancel}: ${file.name}`);
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    item.append(element("span", "sending-name", file.name), cancel, bar, note);
    this.list.append(item);
    const line = { file, item, bar, note, cancel };
    cancel.addEventListener("click", () => this.cancel(line));
    return line;
  }

  cancel(line) {
    this.queue = this.queue.filter((other) => other !== line);
    if (line.request) line.request.abort();
    else this.end(line, this.dataset.cancelled);
  }

  next() {
    const line = this.queue.shift();
    this.active = line !== undefined;
    if (line) this.send(line);
    else this.leave();
  }

  send(line) {
    const request = new XMLHttpRequest();
    const started = performance.now();
    line.request = request;
    request.open("PUT", `${this.dataset.upload}?filename=${encodeURIComponent(line.file.name)}`);
    request.setRequestHeader("X-CSRFToken", this.querySelector("[name=csrfmiddlewaretoken]").value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => this.report(line, event, started));
    request.addEventListener("load", () => this.onAnswer(line, request));
    request.addEventListener("error", () => this.fail(line, this.dataset.failed));
    request.addEventListener("abort", () => this.end(line, this.dataset.cancelled));
    request.send(line.file);
  }

  report(line, event, started) {
    const speed = event.loaded / Math.max(0.001, (performance.now() - started) / 1000);
    line.bar.value = (100 * event.loaded) / Math.max(1, event.total);
    line.note.textContent = [
      `${size(event.loaded)} / ${size(event.total)}`,
      `${size(speed)}/s`,
      `${time((event.total - event.loaded) / speed)} ${this.dataset.left}`,
    ].join(" · ");
  }

  onAnswer(line, request) {
    if (request.status !== 201) return this.fail(line, request.response?.error ?? this.dataset.failed);
    this.receipts.push(request.response.url);
    this.end(line, this.dataset.sent);
  }

  fail(line, text) {
    line.note.classList.add("error");
    line.item.setAttribute("role", "alert");
    this.end(line, text);
  }

  end(line, text) {
    line.bar.remove();
    line.cancel.remove();
    line.note.textContent = text;
    if (line.request || !this.active) this.next();
  }

  // One file: to its import. Several: to the list of them. A failure stays to be read.
  leave() {
    if (!this.receipts.length || this.list.querySelector(".error")) return;
    location.assign(this.receipts.length === 1 ? this.receipts[0] : this.dataset.imports);
  }
}

customElements.define("ib-upload", Upload);
