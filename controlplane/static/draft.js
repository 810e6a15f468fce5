// The form of a new transaction, whose fields come anew while somebody types: nothing that was typed is lost.

// A button that adds or takes away a row is answered with the whole form as it was sent: meanwhile nothing else asks for
// parts of it, and what was asked before and comes later tells of a form that is no longer there.
const asked = new WeakMap();
let count = 0;
let remade = 0;
let remaking = null; // the request, and the button it comes of
let waiting = []; // what buttons say that were pressed meanwhile
document.addEventListener("htmx:beforeRequest", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  if (requestConfig.verb !== "post") return;
  if (remaking) return event.preventDefault();
  asked.set(xhr, ++count);
  if (!elt.matches("button[hx-select-oob]")) return;
  remaking = { xhr, button: elt, last: elt };
  remade = count;
  document.getElementById("not-done")?.remove();
  showWaiting();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (asked.get(event.detail.xhr) < remade) event.detail.shouldSwap = false;
});
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
  document.addEventListener(failure, ({ type, detail: { xhr, elt } }) => {
    const isLeaving = type === "htmx:sendAbort"; // nobody is there to be told
    if (elt.id === "prediction" && !isLeaving) tellOutdated();
    if (elt.id === "refresh" && !isLeaving) tellNotFetched(xhr.status);
    if (xhr !== remaking?.xhr) return;
    const { button, last } = remaking;
    remaking = null;
    waiting = [];
    showWaiting();
    if (isLeaving) return;
    tellNotDone(button, last, xhr.status);
    ["change", "input"].forEach(askAnew);
  });
}
// Only now: before it is settled a press on a button that has just come would send the form as a page.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr !== remaking?.xhr) return;
  const pressed = remaking.button.value;
  remaking = null;
  const [next, ...others] = waiting.map((value) => moved(value, pressed)).filter((value) => value !== null);
  waiting = others;
  actions().find((button) => button.value === next)?.click();
  showWaiting();
});

// What is pressed meanwhile, another row or the submission too, is pressed again once the form is as it was meant.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest('#draft button[name="action"]');
    if (!remaking || !button) return;
    event.preventDefault();
    event.stopPropagation();
    if (!isHidden(button)) remaking.last = button;
    waiting = followed(waiting, button.value);
    showWaiting();
  },
  { capture: true },
);

const actions = () => [...document.querySelectorAll('#draft button[name="action"]')];
const isHidden = (button) => button.matches("[aria-hidden]"); // the one that Return presses
const isRow = (value) => /^(add|remove) /.test(value);
const isSubmission = (value) => value === "submit" || value === "";

/** What waits, with another press behind it. One that leaves the page comes last: a submission, else the latest. */
function followed(values, value) {
  const last = values.at(-1);
  if (last === undefined || isRow(last)) return [...values, value];
  return isSubmission(last) ? values : [...values.slice(0, -1), value];
}

/** Buttons look busy while what they say is under way or waits. */
function showWaiting() {
  for (const button of actions()) {
    const isBusy = button === remaking?.button || waiting.includes(button.value);
    if (isBusy) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
}

const fromTemplate = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** What is typed by now may take another branch than the one that is shown. */
function tellOutdated() {
  document.getElementById("outdated")?.remove();
  document.getElementById("prediction").prepend(fromTemplate("outdated-notice"));
  document.getElementById("foreseen")?.replaceChildren();
}

const askAnew = (what) => document.getElementById("draft").dispatchEvent(new Event(what));
let chosen = null; // the field that brings others
document.addEventListener("change", ({ target }) => (chosen = target.closest("#fields .field") ?? chosen));

/** Say beside what was chosen that its fields are not there; they come with the next that is asked for, too. */
function tellNotFetched(status) {
  document.getElementById("not-fetched")?.remove();
  const notice = fromTemplate("not-fetched-notice");
  notice.querySelector("span").textContent = why(status);
  notice.querySelector("button").addEventListener("click", () => {
    chosen?.querySelector("input:checked, input, select, textarea")?.focus({ preventScroll: true });
    ["change", "input"].forEach(askAnew);
  });
  if (chosen?.isConnected) chosen.after(notice);
  else document.getElementById("fields").append(notice);
}

document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  const notice = document.getElementById("not-fetched");
  if (!successful || !notice) return;
  if (elt.id === "refresh") notice.remove();
  if (elt.id === "prediction") askAnew("change");
});

// What could not be asked for without a session is asked for with the next one.
document.addEventListener("signed-in", () => {
  document.getElementById("not-done")?.remove();
  ["change", "input"].forEach(askAnew);
});

function why(status) {
  if (status === 401) return "You are signed out.";
  return status ? `The server answered ${status}.` : "The server did not answer.";
}

/** Say beside the button pressed last that neither this one was done nor what was pressed behind it. */
function tellNotDone(button, last, status) {
  const notice = fromTemplate("not-done-notice");
  notice.querySelector("strong").textContent = `“${button.textContent.trim()}” could not be done.`;
  notice.querySelector("span").textContent = why(status);
  (last.closest("p, .card-header, .card-footer") ?? last).after(notice);
  notice.scrollIntoView({ block: "nearest" });
}

/** What a button says once the pressed one is done: rows behind one that is gone move up. Null for that row's own. */
function moved(value, pressed) {
  const [, verb, key] = value.match(/^(add|remove) (.*)$/) ?? [];
  if (verb === undefined) return value;
  const after = renamed(key, pressed);
  return after === null ? null : `${verb} ${after}`;
}

// What was typed or chosen after the fields were asked for is not in those that come: it is put into them.
const sent = new WeakMap();
let typed = new Map();
let active = null;
let put = [];

const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
const fieldsIn = (part) => [...part.querySelectorAll("input[name]:not([type=hidden]), select[name], textarea[name]")];
const keyOf = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);
const valueOf = (field) => (isChoice(field) ? field.checked : field.value);
const valuesIn = (part) => new Map(fieldsIn(part).map((field) => [keyOf(field), valueOf(field)]));

/** What a field is called once the row is taken away that the pressed button says; null for those of the row itself. */
function renamed(key, pressed) {
  const [, list, row] = pressed?.match(/^remove (.*)\/(\d+)$/) ?? [];
  if (list === undefined || !key.startsWith(`${list}/`)) return key;
  const [, index, rest] = key.slice(list.length + 1).match(/^(\d+)(.*)$/) ?? [];
  if (index === undefined || Number(index) < Number(row)) return key;
  return index === row ? null : `${list}/${Number(index) - 1}${rest}`;
}

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
  const pressed = requestConfig.elt.value;
  const late = [...valuesIn(target)].filter(([key, value]) => before.has(key) && before.get(key) !== value);
  typed = new Map(late.map(([key, value]) => [renamed(key, pressed), value]).filter(([key]) => key !== null));
  const field = document.activeElement;
  const isField = target.contains(field) && field.matches("input, select, textarea");
  active = isField ? { key: renamed(keyOf(field), pressed), caret: caretOf(field) } : null;
});
document.addEventListener("htmx:afterSwap", () => {
  const part = document.getElementById("fields");
  if (!part) return;
  const fields = fieldsIn(part);
  const late = fields.filter((field) => typed.has(keyOf(field)) && (field.type !== "radio" || typed.get(keyOf(field))));
  for (const field of late) {
    if (isChoice(field)) field.checked = typed.get(keyOf(field));
    else field.value = typed.get(keyOf(field));
  }
  const held = active && fields.find((field) => keyOf(field) === active.key);
  held?.focus({ preventScroll: true });
  if (held && active.caret) held.setSelectionRange(...active.caret);
  active = null;
  typed = new Map();
  put.push(...late); // this comes once for each part of an answer
});
// Once nothing is under way: what was put into them may bring other fields and another branch.
document.addEventListener("htmx:afterSettle", () => {
  const chosen = put.find((field) => isChoice(field) || field.matches("select"));
  const first = chosen ?? put[0];
  put = [];
  first?.dispatchEvent(new Event("input", { bubbles: true }));
  chosen?.dispatchEvent(new Event("change", { bubbles: true }));
});
