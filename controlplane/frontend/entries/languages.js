// The languages of code, as one module that only an editor with code in it asks for.
export { javascript } from "@codemirror/lang-javascript";
export { python } from "@codemirror/lang-python";
