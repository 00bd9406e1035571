// The one bundle of CodeMirror: what static/js/editor.js uses, and nothing that it decides.
import { LanguageSupport, StreamLanguage } from "@codemirror/language";
import { c, cpp, java } from "@codemirror/legacy-modes/mode/clike";
import { css } from "@codemirror/lang-css";
import { diff } from "@codemirror/legacy-modes/mode/diff";
import { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
import { go } from "@codemirror/legacy-modes/mode/go";
import { html } from "@codemirror/lang-html";
import { javascript, jsxLanguage } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { markdown } from "@codemirror/lang-markdown";
import { nginx } from "@codemirror/legacy-modes/mode/nginx";
import { perl } from "@codemirror/legacy-modes/mode/perl";
import { php } from "@codemirror/lang-php";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { python } from "@codemirror/lang-python";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { rust } from "@codemirror/legacy-modes/mode/rust";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { sql } from "@codemirror/lang-sql";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { xml } from "@codemirror/lang-xml";
import { yaml } from "@codemirror/lang-yaml";

export { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
export {
  bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
export { MergeView } from "@codemirror/merge";
export { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
export { Compartment, EditorSelection, EditorState } from "@codemirror/state";
export {
  drawSelection, dropCursor, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars,
  keymap, lineNumbers, rectangularSelection,
} from "@codemirror/view";
export { tags } from "@lezer/highlight";

function legacy(mode) {
  return () => new LanguageSupport(StreamLanguage.define(mode));
}

// Nothing is typed but what the person types: no tag is closed by itself.
export const languages = {
  c: legacy(c),
  cpp: legacy(cpp),
  css,
  diff: legacy(diff),
  dockerfile: legacy(dockerFile),
  go: legacy(go),
  html: () => html({ autoCloseTags: false }),
  java: legacy(java),
  javascript,
  json,
  jsx: () => new LanguageSupport(jsxLanguage),
  lua: legacy(lua),
  markdown,
  nginx: legacy(nginx),
  perl: legacy(perl),
  php,
  properties: legacy(properties),
  python,
  ruby: legacy(ruby),
  rust: legacy(rust),
  shell: legacy(shell),
  sql,
  toml: legacy(toml),
  typescript: () => javascript({ typescript: true }),
  xml: () => xml({ autoCloseTags: false }),
  yaml,
};
