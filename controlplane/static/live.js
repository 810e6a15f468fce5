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

// What the viewer had opened stays open, and the focus stays where it was.
const REACHED = "a[href], button, summary, input, select, textarea";
let focused = -1;

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  open.clear();
  for (const part of target.querySelectorAll("details[id]")) open.set(part.id, part.open);
  focused = [...target.querySelectorAll(REACHED)].indexOf(document.activeElement);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const [id, isOpen] of open) {
    const part = document.getElementById(id);
    if (part) part.open = isOpen;
  }
  if (focused < 0 || document.activeElement !== document.body) return;
  event.detail.elt.querySelectorAll(REACHED)[focused]?.focus({ preventScroll: true });
  focused = -1;
});
