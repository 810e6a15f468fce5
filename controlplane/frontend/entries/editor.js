// What the pages need of CodeMirror, as one module.
export { EditorView, basicSetup } from "codemirror";
export { json, jsonParseLinter } from "@codemirror/lang-json";
export { lintGutter, linter, setDiagnostics } from "@codemirror/lint";
