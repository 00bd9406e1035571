// <ib-upload>: files dropped or chosen are sent in parts, one file after the other, each with its own bar.
// A part that breaks off goes on where it ended; so does a file that is chosen again.
const SAMPLE_SIZE = 64 * 2 ** 10;
const LONGEST_WAIT = 30;
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

// How the server knows a file again: its time, its size, its beginning and its end.
async function fingerprint(file) {
  const plain = `${file.lastModified.toString(36)}x${file.size.toString(36)}`;
  if (!crypto.subtle) return plain;
  const ends = [file.slice(0, SAMPLE_SIZE), file.slice(Math.max(0, file.size - SAMPLE_SIZE))];
  const hash = await crypto.subtle.digest("SHA-256", await new Blob([plain, ...ends]).arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
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
    const line = { file, item, bar, note, buttons: element("span", "sending-buttons") };
    line.pause = this.button(line, this.dataset.pause, () => this.toggle(line));
    this.button(line, this.dataset.cancel, () => this.cancel(line));
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    item.append(element("span", "sending-name", file.name), line.buttons, bar, note);
    this.list.append(item);
    return line;
  }

  button(line, text, act) {
    const made = element("button", "", text);
    made.type = "button";
    made.setAttribute("aria-label", `${text}: ${line.file.name}`);
    made.addEventListener("click", act);
    line.buttons.append(made);
    return made;
  }

  toggle(line) {
    line.paused = !line.paused;
    line.pause.textContent = line.paused ? this.dataset.resume : this.dataset.pause;
    line.pause.setAttribute("aria-label", `${line.pause.textContent}: ${line.file.name}`);
    line.note.classList.remove("error");
    if (line.paused) {
      line.note.textContent = this.dataset.paused;
      this.stop(line);
    } else {
      this.queue.push(line);
      if (!this.active) this.next();
    }
  }

  cancel(line) {
    line.ended = true;
    if (line.url) this.ask("DELETE", line.url).catch(() => {});
    this.stop(line);
    this.end(line, this.dataset.cancelled);
  }

  // What is on its way for a line stops; the loop in `send` sees it.
  stop(line) {
    this.queue = this.queue.filter((other) => other !== line);
    line.request?.abort();
    line.wake?.();
  }

  async next() {
    this.active = true;
    for (let line = this.queue.shift(); line; line = this.queue.shift()) await this.send(line);
    this.active = false;
    this.leave();
  }

  // Sends a file until it is whole, paused or given up; a lost connection is tried again for as long as it takes.
  async send(line) {
    line.started = performance.now();
    line.sent = 0;
    let wait = 1;
    while (!line.paused && !line.ended) {
      try {
        const answer = await this.step(line);
        wait = 1;
        if (!this.onAnswer(line, answer)) return;
      } catch {
        if (line.paused || line.ended) return;
        line.note.textContent = `${this.dataset.lost} …`;
        await this.rest(line, wait);
        wait = Math.min(2 * wait, LONGEST_WAIT);
        line.offset = undefined;
      }
    }
  }

  // Opens the upload, asks how much is there, or sends the next part.
  async step(line) {
    if (!line.url) {
      const query = new URLSearchParams({
        filename: line.file.name,
        size: line.file.size,
        fingerprint: await fingerprint(line.file),
      });
      return this.ask("POST", `${this.dataset.upload}?${query}`);
    }
    if (line.offset === undefined) return this.ask("GET", line.url);
    return this.sendPart(line);
  }

  // Whether there is more to do. Answers that may be other ones later are thrown, to be tried again.
  onAnswer(line, { status, body }) {
    if (status === 423 || status === 502 || status === 504 || !body) throw new Error("later");
    if (status === 507 || status === 503) return this.hold(line, body.error);
    if (status === 409 && body.offset !== undefined) line.offset = body.offset;
    else if (status >= 400) return this.fail(line, body.error);
    else Object.assign(line, { url: body.url, offset: body.offset });
    if (body.state === undefined || body.state === "receiving") return true;
    if (body.state === "failed" || body.state === "cancelled") return this.fail(line);
    this.receipts.push(body.page);
    this.end(line, this.dataset.sent);
    return false;
  }

  sendPart(line) {
    const part = line.file.slice(line.offset, line.offset + Number(this.dataset.partSize));
    return this.ask("PATCH", line.url, part, { "Upload-Offset": line.offset }, (request) => {
      line.request = request;
      const from = line.offset;
      const before = line.sent;
      request.upload.addEventListener("progress", (event) => {
        line.sent = before + event.loaded;
        this.report(line, from + event.loaded);
      });
    });
  }

  ask(method, url, body = null, headers = {}, prepare = () => {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      request.setRequestHeader("X-CSRFToken", this.querySelector("[name=csrfmiddlewaretoken]").value);
      if (body) request.setRequestHeader("Content-Type", "application/octet-stream");
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.responseType = "json";
      request.addEventListener("load", () => resolve({ status: request.status, body: request.response }));
      for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, reject);
      prepare(request);
      request.send(body);
    });
  }

  rest(line, seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000 * seconds);
      line.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      addEventListener("online", line.wake, { once: true });
    });
  }

  report(line, done) {
    const speed = line.sent / Math.max(0.001, (performance.now() - line.started) / 1000);
    line.bar.value = (100 * done) / Math.max(1, line.file.size);
    line.note.textContent = [
      `${size(done)} / ${size(line.file.size)}`,
      `${size(speed)}/s`,
      `${time((line.file.size - done) / speed)} ${this.dataset.left}`,
    ].join(" · ");
  }

  // What can go on once there is room again: paused, with the reason.
  hold(line, text) {
    this.toggle(line);
    line.note.classList.add("error");
    line.note.textContent = text;
    return false;
  }

  fail(line, text) {
    line.note.classList.add("error");
    line.item.setAttribute("role", "alert");
    this.end(line, text ?? this.dataset.failed);
    return false;
  }

  end(line, text) {
    line.ended = true;
    line.bar.remove();
    line.buttons.remove();
    line.note.textContent = text;
  }

  // One file: to its import. Several: to the list of them. What failed or is paused stays to be seen.
  leave() {
    if (!this.receipts.length || this.list.querySelector(".error, progress")) return;
    location.assign(this.receipts.length === 1 ? this.receipts[0] : this.dataset.imports);
  }
}

customElements.define("ib-upload", Upload);
