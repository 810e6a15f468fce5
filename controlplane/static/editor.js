// Turns every <textarea data-editor> into a code editor. The textarea stays underneath: it is what is sent, and what
// works without scripts. Problems the server found stand beside their lines: it lists them as [data-problem] elements.

import {
  Compartment,
  EditorView,
  HighlightStyle,
  basicSetup,
  json,
  jsonParseLinter,
  lintGutter,
  linter,
  setDiagnostics,
  syntaxHighlighting,
  tags,
} from "./vendor/editor.js";

const views = new Map();

// In a shadow root the editor's styles are constructed, not written as <style>: the content security policy holds.
const theme = EditorView.theme({
  "&": { fontSize: "0.8125rem", maxHeight: "36rem", color: "inherit", backgroundColor: "var(--tblr-bg-forms)" },
  "&.cm-focused": { outline: "2px solid var(--tblr-primary)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--tblr-font-monospace)", lineHeight: "1.5" },
  ".cm-gutters": { backgroundColor: "var(--tblr-bg-surface-secondary)", color: "var(--tblr-secondary)", border: "0" },
  ".cm-content, .cm-gutter": { minHeight: "4.5rem" },
  ".cm-content": { caretColor: "var(--tblr-heading-color)" },
  ".cm-cursor": { borderLeftColor: "var(--tblr-heading-color)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in oklab, var(--tblr-primary) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklab, var(--tblr-primary) 28%, transparent)",
  },
  ".cm-tooltip, .cm-panels": {
    backgroundColor: "var(--tblr-bg-surface)",
    color: "var(--tblr-body-color)",
    borderColor: "var(--tblr-border-color)",
  },
  ".cm-panel.cm-search": { padding: "0.375rem 0.5rem" },
  ".cm-textfield, .cm-button": {
    backgroundColor: "var(--tblr-bg-forms)",
    backgroundImage: "none",
    color: "inherit",
    border: "1px solid var(--tblr-border-color)",
    borderRadius: "4px",
  },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", maxWidth: "32rem" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--tblr-bg-surface-secondary)", color: "inherit", border: "0" },
});

// What data-editor names besides json; anything else is plain text.
const languages = {
  py: ({ python }) => python(),
  js: ({ javascript }) => javascript(),
  mjs: ({ javascript }) => javascript(),
  cjs: ({ javascript }) => javascript(),
  ts: ({ javascript }) => javascript({ typescript: true }),
};

// The colours of JSON elsewhere on the pages (signalbox.css): the editor's own know no dark. Code takes the same ones.
const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "light-dark(oklch(42% 0.11 258), oklch(80% 0.09 250))" },
  { tag: tags.string, color: "light-dark(oklch(43% 0.1 152), oklch(82% 0.1 155))" },
  { tag: tags.number, color: "light-dark(oklch(47% 0.13 45), oklch(82% 0.1 70))" },
  { tag: [tags.bool, tags.null, tags.keyword, tags.self], color: "light-dark(oklch(45% 0.15 310), oklch(80% 0.1 310))" },
  { tag: [tags.function(tags.variableName), tags.className], color: "light-dark(oklch(42% 0.11 258), oklch(80% 0.09 250))" },
  { tag: tags.comment, color: "var(--tblr-secondary)", fontStyle: "italic" },
]);

/** Text typed over a selection. Left to it, the browser carries the deleted text's look along in a style attribute, which
 * the content security policy refuses, and says so in the console. */
function typeOver(event, view) {
  const { main } = view.state.selection;
  if (main.empty || event.isComposing || event.inputType !== "insertText" || !event.data) return false;
  const typed = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const handlers = view.state.facet(EditorView.inputHandler);
  if (!handlers.some((handle) => handle(view, main.from, main.to, event.data, typed))) view.dispatch(typed());
  event.preventDefault();
  return true;
}

function mount(textarea) {
  const host = document.createElement("div");
  host.className = "editor";
  const root = host.attachShadow({ mode: "open" });
  textarea.after(host);
  textarea.hidden = true;
  const label = document.querySelector(`label[for="${CSS.escape(textarea.id)}"]`);
  const language = new Compartment();
  const view = new EditorView({
    doc: textarea.value,
    root,
    parent: root,
    extensions: [
      syntaxHighlighting(colours),
      basicSetup,
      EditorView.domEventHandlers({ beforeinput: typeOver }),
      theme,
      lintGutter(),
      language.of(textarea.dataset.editor === "json" ? json() : []),
      textarea.hasAttribute("data-own-check") ? linter(emptyOrJson) : [],
      EditorView.contentAttributes.of({ "aria-label": label?.textContent.trim() ?? textarea.name, tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        textarea.value = update.state.doc.toString();
        textarea.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    ],
  });
  label?.addEventListener("click", () => view.focus());
  views.set(textarea.id, view);
  const chosen = languages[textarea.dataset.editor];
  if (chosen) import("./vendor/languages.js").then((all) => view.dispatch({ effects: language.reconfigure(chosen(all)) }));
}

/** JSON's own complaint, at the place that the server would tell; none while there is nothing. */
function emptyOrJson(view) {
  if (!view.state.doc.length) return [];
  return jsonParseLinter()(view).map((problem) => {
    const at = brokenAt(view.state.doc.toString());
    return { ...problem, from: at, to: at };
  });
}

// A mark, or a whole value that is no array or object.
const BLANKS = /[ \t\r\n]*/y;
const TOKEN =
  /([[\]{}:,])|("(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Where a text stops being JSON, or its end: browsers do not always say. */
function brokenAt(text) {
  const open = [];
  const after = () => (open.length ? `,${open.at(-1)}` : "end");
  let wanted = "value"; // or "first]", "first}" (just opened), "name", ":", ",]", ",}" (comma or that), "end"
  for (let at = 0; ; ) {
    BLANKS.lastIndex = at;
    at += BLANKS.exec(text)[0].length;
    TOKEN.lastIndex = at;
    const [token, mark, string] = TOKEN.exec(text) ?? [];
    if (!token) return at;
    const isValue = wanted === "value" || wanted === "first]";
    if ("]}".includes(mark) && wanted.endsWith(mark)) {
      open.pop();
      wanted = after();
    } else if (isValue && "[{".includes(mark)) {
      open.push(mark === "{" ? "}" : "]");
      wanted = `first${open.at(-1)}`;
    } else if (isValue && !mark) wanted = after();
    else if (string && (wanted === "name" || wanted === "first}")) wanted = ":";
    else if (mark === ":" && wanted === ":") wanted = "value";
    else if (mark === "," && wanted.startsWith(",")) wanted = wanted === ",}" ? "name" : "value";
    else return at;
    at += token.length;
  }
}

/** Put what the server says beside the lines it says it of. */
function annotate() {
  for (const [id, view] of views) {
    const problems = [...document.querySelectorAll(`[data-problem="${CSS.escape(id)}"]`)];
    if (!problems.length && !document.querySelector(`[data-checked~="${CSS.escape(id)}"]`)) continue;
    view.dispatch(setDiagnostics(view.state, problems.map((problem) => diagnostic(view.state.doc, problem.dataset))));
  }
}

function diagnostic(doc, { line, column, severity, message }) {
  const at = doc.line(Math.min(Math.max(Number(line), 1), doc.lines));
  const from = Math.min(at.from + Math.max(Number(column) - 1, 0), at.to);
  return { from, to: at.to, severity, message };
}

/** A problem in the list leads to its place. */
function follow(event) {
  const problem = event.target.closest("[data-problem]");
  if (!problem) return;
  const view = views.get(problem.dataset.problem);
  if (!view) return document.getElementById(problem.dataset.problem)?.focus();
  event.preventDefault();
  view.dispatch({ selection: { anchor: diagnostic(view.state.doc, problem.dataset).from }, scrollIntoView: true });
  view.focus();
}

// While what is typed cannot be read there is nothing to draw: the graph of the last text that could be stays, as such.
let drawn = null;

function keepGraph() {
  const part = document.getElementById("trial");
  if (part && !part.matches(".is-stale") && !part.querySelector("[data-undrawn]")) drawn = part.cloneNode(true);
}

function showKept() {
  const part = document.getElementById("trial");
  if (!drawn || !part?.querySelector("[data-undrawn]")) return;
  const kept = drawn.cloneNode(true);
  kept.classList.add("is-stale");
  kept.querySelector(".aside").textContent = "of the last text that could be read";
  part.replaceWith(kept);
}

for (const textarea of document.querySelectorAll("textarea[data-editor]")) mount(textarea);
annotate();
document.addEventListener("htmx:beforeSwap", keepGraph);
document.addEventListener("htmx:afterSwap", showKept, true); // before others look at what came
document.addEventListener("htmx:afterSwap", annotate);
document.addEventListener("click", follow);
