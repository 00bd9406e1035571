// <ib-editor>: a form with a text area, which becomes CodeMirror once that is loaded. Until then, and where it
// cannot be loaded, the text area does the same. What was typed is never lost: an answer that refuses it leaves
// it where it is, and a page that goes away keeps it as a draft for when the file is opened again.

// --- how CodeMirror looks: in a shadow root, in the colours of the page ---

function dress({ EditorView, HighlightStyle, syntaxHighlighting, tags }) {
  const code = HighlightStyle.define([
    { tag: [tags.keyword, tags.tagName, tags.moduleKeyword, tags.processingInstruction], color: "var(--code-keyword)" },
    { tag: [tags.string, tags.special(tags.string), tags.regexp, tags.attributeValue], color: "var(--code-string)" },
    { tag: [tags.number, tags.bool, tags.null, tags.atom, tags.unit, tags.color], color: "var(--code-number)" },
    { tag: [tags.attributeName, tags.propertyName, tags.function(tags.variableName), tags.className], color: "var(--code-name)" },
    { tag: [tags.comment, tags.meta], color: "var(--code-comment)", fontStyle: "italic" },
    { tag: tags.heading, fontWeight: "700" },
    { tag: tags.invalid, color: "var(--error)" },
  ]);
  const panel = { background: "var(--raised)", color: "var(--ink)", borderColor: "var(--line)" };
  const look = EditorView.theme({
    "&": { color: "var(--ink)", background: "var(--surface)", fontSize: "inherit", maxHeight: "calc(100vh - 15rem)", minHeight: "16rem" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { font: "inherit", overflow: "auto" },
    ".cm-content": { caretColor: "var(--ink)", padding: "0.625rem 0" },
    ".cm-line": { padding: "0 0.75rem" },
    ".cm-cursor": { borderLeft: "2px solid var(--ink)" },
    ".cm-gutters": { background: "var(--surface)", color: "var(--mut)", border: "0" },
    ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.75rem", padding: "0 0.25rem 0 0.5rem" },
    ".cm-activeLine, .cm-activeLineGutter": { background: "var(--active-line)" },
    ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--selection)" },
    ".cm-selectionMatch, .cm-searchMatch": { background: "var(--c-tint)", outline: "1px solid var(--c)" },
    ".cm-searchMatch-selected": { background: "var(--selection)" },
    "&.cm-focused .cm-matchingBracket": { background: "var(--accent-tint)", outline: "1px solid var(--accent)" },
    "&.cm-focused .cm-nonmatchingBracket": { background: "var(--error-tint)" },
    ".cm-specialChar": { color: "var(--error)" },
    ".cm-foldPlaceholder": panel,
    ".cm-panels": panel,
    ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
    ".cm-panel.cm-search": { font: "0.875rem/1.5 var(--sans)", padding: "0.5rem 2rem 0.5rem 0.75rem" },
    ".cm-textfield, .cm-button": { background: "var(--surface)", color: "var(--ink)", border: "1px solid var(--edge)", borderRadius: "0.375rem", fontSize: "inherit", backgroundImage: "none", minHeight: "1.75rem" },
    ".cm-panel.cm-search [name=close]": { color: "var(--ink)", minWidth: "1.75rem", minHeight: "1.75rem" },
    ".cm-tooltip": panel,
  });
  return [look, syntaxHighlighting(code)];
}

// Both sides of a conflict; "&.cm-merge-a" is theirs.
function dressMerge({ EditorView }) {
  return EditorView.theme({
    "&": { maxHeight: "none" },
    "&.cm-merge-a .cm-changedLine, & .cm-deletedChunk": { background: "var(--d-tint)" },
    "&.cm-merge-b .cm-changedLine": { background: "var(--a-tint)" },
    "&.cm-merge-a .cm-changedText": { background: "var(--d-mark)" },
    "&.cm-merge-b .cm-changedText": { background: "var(--a-mark)" },
    ".cm-collapsedLines": { background: "var(--raised)", color: "var(--mut)", fontFamily: "var(--sans)" },
    ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: "none" },
  });
}

const MERGE_SHEET = new CSSStyleSheet();
MERGE_SHEET.replaceSync(`
  .cm-mergeView { max-height: calc(100vh - 18rem); min-height: 16rem; overflow: auto; }
  .cm-merge-revert { width: 2.25rem; }
  .cm-merge-revert button { width: 1.75rem; min-height: 1.5rem; margin: 0 0.25rem; padding: 0; border: 1px solid var(--edge); border-radius: 0.375rem; background: var(--surface); color: var(--ink); font: inherit; cursor: pointer; }
  .cm-merge-revert button:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
`);

// A byte that is no UTF-8 comes as a character of the last private plane: see layers/views/encodings.py.
const STRAY = /[\u{10FF80}-\u{10FFFF}]/gu;

function spelled(code) {
  const span = document.createElement("span");
  span.className = "cm-specialChar";
  span.textContent = code >= 0x10ff80 ? `\\x${(code - 0x10ff00).toString(16)}` : `⟨${code.toString(16).padStart(4, "0")}⟩`;
  span.title = span.textContent;
  return span;
}

// What is typed over a selection: left to itself, Chromium keeps the colour of the text that goes by a style of
// its own, which the content security policy refuses and the console complains of.
function typeOver(event, view) {
  if (event.inputType !== "insertText" || !event.data || event.isComposing || view.state.selection.main.empty) return false;
  event.preventDefault();
  view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}

// --- drafts, for as long as the tab lives; a browser may refuse to keep any ---

const drafts = {
  get(key) { try { return sessionStorage.getItem(key); } catch { return null; } },
  put(key, text) { try { sessionStorage.setItem(key, text); } catch { /* too long, or switched off */ } },
  drop(key) { try { sessionStorage.removeItem(key); } catch { /* there is none */ } },
};

// --- the element ---

class Editor extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.area = this.querySelector("textarea[name=text]");
    this.first = this.area.defaultValue;
    this.saved = this.querySelector("#editor-said .error") ? null : this.first;
    this.stop = new AbortController();
    this.area.addEventListener("input", () => this.tell());
    this.listen(document, "keydown", (event) => this.onKey(event), true);
    this.listen(this, "keydown", (event) => this.keepKey(event));
    this.listen(this, "submit", () => { this.area.value = this.text; }, true);
    this.listen(this, "htmx:configRequest", (event) => this.onSend(event));
    this.listen(this, "htmx:afterRequest", (event) => this.onAnswer(event));
    this.listen(this, "htmx:afterSwap", () => this.merge());
    this.listen(document, "htmx:oobAfterSwap", (event) => this.onNews(event));
    this.listen(document, "htmx:confirm", (event) => this.onLeave(event));
    this.listen(window, "beforeunload", (event) => { if (this.isDirty) event.preventDefault(); });
    this.listen(window, "pagehide", () => this.keepDraft());
    this.offerDraft();
    this.load().catch((error) => console.info("The plain text area stays:", error.message));
  }

  disconnectedCallback() {
    this.stop.abort();
    this.keepDraft();
    this.view?.destroy();
    this.mergeView?.destroy();
  }

  listen(target, name, heard, capture = false) {
    target.addEventListener(name, heard, { capture, signal: this.stop.signal });
  }

  get text() {
    return this.view ? this.view.state.doc.toString() : this.area.value;
  }

  set text(text) {
    if (!this.view) this.area.value = text;
    else this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.tell();
  }

  get isDirty() {
    return this.text !== this.saved;
  }

  // --- CodeMirror ---

  async load() {
    this.code = await import(this.dataset.module);
    if (!this.isConnected) return;
    const hadFocus = document.activeElement === this.area;
    const [from, to] = [this.area.selectionStart, this.area.selectionEnd];
    this.host = document.createElement("div");
    this.host.className = "editor-host";
    // Keys pressed inside are for the editor: the page takes them for those of a field.
    this.host.setAttribute("contenteditable", "false");
    this.root = this.host.attachShadow({ mode: "open" });
    this.area.after(this.host);
    this.area.hidden = true;
    this.querySelector("label[for=editor-text]").hidden = true;
    this.start(this.area.value, { anchor: from, head: to });
    if (hadFocus) this.view.focus();
    this.merge();
  }

  start(doc, selection) {
    const { EditorState, EditorView } = this.code;
    const state = EditorState.create({ doc, selection, extensions: this.extensions() });
    this.view = new EditorView({ state, parent: this.root, root: this.root });
  }

  extensions() {
    const code = this.code;
    const language = code.languages[this.dataset.language];
    return [
      code.lineNumbers(), code.foldGutter(), code.highlightActiveLine(), code.highlightActiveLineGutter(),
      code.highlightSpecialChars({ addSpecialChars: STRAY, render: spelled }), code.history(), code.drawSelection(),
      code.dropCursor(), code.rectangularSelection(), code.indentOnInput(), code.bracketMatching(),
      code.highlightSelectionMatches(), code.search(),
      code.EditorState.allowMultipleSelections.of(true), code.indentUnit.of(this.unit()),
      code.keymap.of([code.indentWithTab, ...code.defaultKeymap, ...code.historyKeymap, ...code.searchKeymap, ...code.foldKeymap]),
      code.EditorView.contentAttributes.of({ "aria-label": this.dataset.label, tabindex: "0" }),
      code.EditorView.domEventHandlers({ beforeinput: typeOver }),
      code.EditorView.updateListener.of((update) => { if (update.docChanged) this.tell(); }),
      ...dress(code), language ? language() : [],
    ];
  }

  // As the file indents: by tabs if any line does, else by as few spaces as one has.
  unit() {
    const found = this.first.match(/^(\t| {2,8})(?=\S)/m)?.[0];
    return found ?? "    ";
  }

  // After a conflict: what somebody else saved on the left, and this text on the right, still to be edited.
  merge() {
    const theirs = this.querySelector("[data-theirs]")?.value;
    if (!this.code || theirs === undefined || this.mergeView?.theirs === theirs) return;
    this.querySelector(".editor-compare")?.remove();
    const mine = this.text;
    this.close();
    const { EditorState, EditorView, MergeView } = this.code;
    const both = dressMerge(this.code);
    const label = EditorView.contentAttributes.of({ "aria-label": this.dataset.theirs });
    const readOnly = [EditorState.readOnly.of(true), EditorView.editable.of(false), EditorView.contentAttributes.of({ tabindex: "0" })];
    this.mergeView = new MergeView({
      a: { doc: theirs, extensions: [this.code.lineNumbers(), ...dress(this.code), both, label, readOnly] },
      b: { doc: mine, extensions: [...this.extensions(), both] },
      parent: this.root, root: this.root, revertControls: "a-to-b", collapseUnchanged: { margin: 3 },
      diffConfig: { scanLimit: 1000, timeout: 500 },
      renderRevertControl: () => this.button("→", this.dataset.take),
    });
    this.root.adoptedStyleSheets = [...this.root.adoptedStyleSheets, MERGE_SHEET];
    this.mergeView.theirs = theirs;
    this.view = this.mergeView.b;
    this.labels = this.named();
    this.host.before(this.labels);
  }

  named() {
    const row = document.createElement("p");
    row.className = "editor-labels";
    for (const text of [this.dataset.theirs, this.dataset.mine]) {
      row.append(Object.assign(document.createElement("span"), { textContent: text }));
    }
    return row;
  }

  button(text, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    if (label) Object.assign(button, { title: label, ariaLabel: label });
    return button;
  }

  close() {
    (this.mergeView ?? this.view)?.destroy();
    this.labels?.remove();
    this.mergeView = this.view = null;
  }

  // --- saving ---

  onKey(event) {
    const isSave = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s";
    if (!isSave || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  // Escape is the editor's own: it closes its search, and lets Tab lead out of it.
  keepKey(event) {
    if (this.host?.contains(event.target)) event.stopPropagation();
  }

  onSend(event) {
    if (event.detail.elt !== this.form) return;
    this.sent = this.text;
    event.detail.formData.set("text", this.sent);
    if (new Blob([this.sent]).size <= 4 * Number(this.dataset.limit)) return this.say(this.dataset.saving);
    event.preventDefault();
    this.say(this.dataset.tooLong, "failed");
  }

  onAnswer(event) {
    if (event.detail.elt !== this.form) return;
    const { status } = event.detail.xhr;
    if (status === 409 || status === 422) return this.say(this.dataset.dirty, "dirty");
    if (status !== 200) return this.say(status ? this.dataset.refused.replace("%d", status) : this.dataset.failed, "failed");
    this.saved = this.sent;
    drafts.drop(this.dataset.key);
    if (this.mergeView) this.unmerge();
    this.tell(`${this.dataset.saved} ${new Date().toLocaleTimeString()}`);
  }

  unmerge() {
    const { doc, selection } = this.view.state;
    const hadFocus = this.view.hasFocus;
    this.close();
    this.start(doc, selection);
    if (hadFocus) this.view.focus();
  }

  tell(otherwise = "") {
    if (this.isDirty) this.say(this.dataset.dirty, "dirty");
    else this.say(otherwise);
  }

  say(text, kind = "") {
    const state = document.getElementById("editor-state");
    if (!state) return;
    if (state.textContent !== text) state.textContent = text;
    state.className = `editor-state small ${kind}`;
    document.title = `${kind === "dirty" ? "• " : ""}${document.title.replace(/^• /, "")}`;
  }

  // --- somebody else, or another tab ---

  // Not at once: the answer to a save of our own says after this what the next one starts from.
  onNews(event) {
    if (event.detail.target.id === "file-now") queueMicrotask(() => this.hear(document.getElementById("file-now").dataset));
  }

  hear({ key, sha256 }) {
    this.querySelector(".editor-news")?.remove();
    if (key !== this.dataset.key || this.mergeView || sha256 === this.querySelector("[name=expected]").value) return;
    const load = this.button(this.dataset.load);
    load.addEventListener("click", () => {
      if (this.isDirty && !window.confirm(this.dataset.leave)) return;
      this.forget();
      location.reload();
    });
    this.area.before(this.notice("editor-news", this.dataset.news, load));
  }

  notice(name, text, ...buttons) {
    const notice = document.createElement("div");
    notice.className = `notice ${name}`;
    notice.setAttribute("role", "status");
    notice.append(Object.assign(document.createElement("p"), { textContent: text }), ...buttons);
    return notice;
  }

  // --- leaving ---

  // htmx is about to put something else where the editor is.
  onLeave(event) {
    const { elt, target } = event.detail;
    if (!this.isDirty || !target?.contains(this) || elt.closest("[data-discards]")) return;
    if (!window.confirm(this.dataset.leave)) event.preventDefault();
    else this.forget();
  }

  forget() {
    this.saved = this.text;
    drafts.drop(this.dataset.key);
  }

  keepDraft() {
    if (this.isDirty) drafts.put(this.dataset.key, this.text);
  }

  offerDraft() {
    const draft = drafts.get(this.dataset.key);
    if (draft === null || draft === this.text) return;
    const put = this.button(this.dataset.putBack);
    const forget = this.button(this.dataset.forget);
    const notice = this.notice("editor-draft", this.dataset.draft, put, forget);
    put.addEventListener("click", () => { this.text = draft; notice.remove(); this.view?.focus(); });
    forget.addEventListener("click", () => { drafts.drop(this.dataset.key); notice.remove(); });
    this.area.before(notice);
  }
}

customElements.define("ib-editor", Editor);
