// What the pages need of CodeMirror, as one module.
export { EditorView, basicSetup } from "codemirror";
export { Compartment } from "@codemirror/state";
export { json, jsonParseLinter } from "@codemirror/lang-json";
export { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
export { lintGutter, linter, setDiagnostics } from "@codemirror/lint";
export { tags } from "@lezer/highlight";
