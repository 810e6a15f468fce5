// The form of a new transaction, whose fields come anew while somebody types: nothing that was typed is lost.

// A button that adds or takes away a row is answered with the whole form as it was sent: meanwhile nothing else asks for
// parts of it, and what was asked before and comes later tells of a form that is no longer there.
const asked = new WeakMap();
let count = 0;
let remade = 0;
let remaking = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  if (requestConfig.verb !== "post") return;
  if (remaking) return event.preventDefault();
  asked.set(xhr, ++count);
  if (!elt.matches("button[hx-select-oob]")) return;
  remaking = xhr;
  remade = count;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (asked.get(event.detail.xhr) < remade) event.detail.shouldSwap = false;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr === remaking) remaking = null;
});

// What was typed or chosen after the fields were asked for is not in those that come: it is put into them.
const sent = new WeakMap();
let typed = new Map();
let caret = null;

const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
const fieldsIn = (part) => [...part.querySelectorAll("input[name]:not([type=hidden]), select[name], textarea[name]")];
const keyOf = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);
const valueOf = (field) => (isChoice(field) ? field.checked : field.value);
const valuesIn = (part) => new Map(fieldsIn(part).map((field) => [keyOf(field), valueOf(field)]));

function caretOf(field) {
  return typeof field.selectionStart === "number" ? [field.selectionStart, field.selectionEnd] : null;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { xhr, target } = event.detail;
  if (target.id === "fields") sent.set(xhr, valuesIn(target));
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, requestConfig, shouldSwap } = event.detail;
  if (target.id !== "fields" || !shouldSwap) return;
  const before = sent.get(xhr);
  // Where a row was taken away the names are those of others.
  const isMoved = requestConfig.elt.value?.startsWith("remove ");
  typed = new Map(isMoved ? [] : [...valuesIn(target)].filter(([key, value]) => before.has(key) && before.get(key) !== value));
  caret = target.contains(document.activeElement) ? caretOf(document.activeElement) : null;
});
document.addEventListener("htmx:afterSwap", () => {
  const part = document.getElementById("fields");
  if (!part || !typed.size) return;
  const late = fieldsIn(part).filter((field) => typed.has(keyOf(field)) && (field.type !== "radio" || typed.get(keyOf(field))));
  for (const field of late) {
    if (isChoice(field)) field.checked = typed.get(keyOf(field));
    else field.value = typed.get(keyOf(field));
    if (caret && field === document.activeElement) field.setSelectionRange(...caret);
  }
  typed = new Map();
  const chosen = late.find((field) => isChoice(field) || field.matches("select"));
  (chosen ?? late[0])?.dispatchEvent(new Event("input", { bubbles: true }));
  chosen?.dispatchEvent(new Event("change", { bubbles: true }));
});
