// Live parts: an element with data-live-every (seconds) is asked for again through its hx-get, which waits for the event
// "poll". Often while the page is in view, at once when it comes back, never while hidden. The server answers 204 when
// nothing changed, and leaves data-live-every out when nothing will change any more.

const open = new Map();

function poll() {
  if (document.hidden) return;
  const now = performance.now();
  for (const part of document.querySelectorAll("[data-live-every]")) {
    const due = Number(part.dataset.liveAt ?? 0);
    if (now < due) continue;
    part.dataset.liveAt = String(now + Number(part.dataset.liveEvery) * 1000);
    if (part.dataset.liveAt && due) window.htmx?.trigger(part, "poll");
  }
}

setInterval(poll, 250);
document.addEventListener("visibilitychange", () => {
  for (const part of document.querySelectorAll("[data-live-every]")) part.dataset.liveAt = "1";
  poll();
});

// What the viewer had opened stays open, and the focus stays where it was; an item that was added to a form takes it, or
// the one that is in the place of an item taken away.
const REACHED = "a[href], button, summary, input:not([type=hidden]), select, textarea";
let focused = null;

/** How what has the focus (or was pressed) is found again in what comes in its place. */
function holding(target, pressed) {
  const [, what, list] = pressed?.value?.match(/^(add|remove) (\S+)$/) ?? [];
  if (what === "add") return (part) => firstOf(lastOf(part, `remove ${list}/`)) ?? pressing(part, pressed.value);
  if (what === "remove") return (part) => inPlaceOf(part, list);
  const at = [...target.querySelectorAll(REACHED)].indexOf(document.activeElement);
  const { id } = document.activeElement;
  return at < 0 ? null : (part) => (id && part.querySelector(`#${CSS.escape(id)}`)) || part.querySelectorAll(REACHED)[at];
}

const pressing = (part, value) => part.querySelector(`button[value="${CSS.escape(value)}"]`);
const lastOf = (part, begin) =>
  [...part.querySelectorAll(`button[value^="${CSS.escape(begin)}"]`)].filter((one) => /^\d+$/.test(one.value.slice(begin.length))).pop();
const firstOf = (button) => button?.parentElement.previousElementSibling?.querySelector(REACHED);

function inPlaceOf(part, item) {
  const list = item.slice(0, item.lastIndexOf("/"));
  const next = pressing(part, `remove ${item}`) ?? lastOf(part, `remove ${list}/`);
  return firstOf(next) ?? pressing(part, `add ${list}`);
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  open.clear();
  for (const part of target.querySelectorAll("details[id]")) open.set(part.id, part.open);
  focused = holding(target, requestConfig?.elt);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const [id, isOpen] of open) {
    const part = document.getElementById(id);
    if (part) part.open = isOpen;
  }
  if (!focused || document.activeElement !== document.body) return;
  const found = focused(event.detail.elt);
  if (!found) return; // more than one part comes at once
  found.focus({ preventScroll: true });
  focused = null;
});
