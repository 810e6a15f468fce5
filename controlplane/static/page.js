// Small conveniences of every page: times in the viewer's zone, copy buttons, menus that close, "/" to search.
// Every page works without it.

const root = document.documentElement;
root.classList.add("has-script");

const zone = root.dataset.timeZone || undefined;
const day = { day: "numeric", month: "short" };
const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const styles = {
  full: formatter({ ...day, year: "numeric", ...clock, timeZoneName: "short" }),
  short: formatter({ ...day, ...clock }),
  clock: formatter({ ...clock, fractionalSecondDigits: 3 }),
};

function formatter(options) {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", options);
  }
}

// On a narrow screen the tab one is on may be beyond its edge.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

/** The one looked at is in sight in a list that scrolls. */
function showCurrent() {
  for (const one of document.querySelectorAll(".picker [aria-current]")) {
    const list = one.closest(".picker");
    list.scrollTop += one.getBoundingClientRect().y - list.getBoundingClientRect().y - list.clientHeight / 2;
  }
}

/** The admin's pages are written by the server, which has to know the zone. */
function tellZone() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (own && !document.cookie.split("; ").includes(`zone=${own}`)) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `zone=${own}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }
}

tellZone();

/** A part that scrolls sideways is reached by the keyboard, and says what it is. */
function reachScrolling() {
  for (const part of document.querySelectorAll(".table-responsive")) {
    const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
    if (!scrolls || part.hasAttribute("tabindex")) continue;
    const title = part.closest("[aria-labelledby]")?.getAttribute("aria-labelledby");
    part.tabIndex = 0;
    part.setAttribute("role", "group");
    part.setAttribute("aria-label", document.getElementById(title)?.textContent.trim() || "Table");
  }
}

/** Write every time below `element` in the viewer's zone; the exact UTC value stays in its title. */
function localise(element) {
  for (const time of element.querySelectorAll("time[data-style]")) {
    time.textContent = styles[time.dataset.style].format(new Date(time.dateTime));
  }
}

const parts = formatter({ year: "numeric", month: "2-digit", day: "2-digit", ...clock });

/** The milliseconds that a clock in the viewer's zone would show in UTC. */
function wallClock(moment) {
  const shown = Object.fromEntries(parts.formatToParts(moment).map((part) => [part.type, Number(part.value)]));
  return Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second);
}

/** When the viewer's clock shows `text`, a day (its begin) or a moment written as if in UTC. */
function beginOf(text) {
  const wanted = Date.parse(text);
  const near = wanted - (wallClock(wanted) - wanted);
  return new Date(near - (wallClock(near) - wanted)); // once more, where the clocks are changed in between
}

/** Days are the viewer's: what is sent is when they begin. A moment that was given is sent again as it was. */
function choosesDay(input) {
  const given = Date.parse(input.dataset.moment);
  if (!Number.isNaN(given)) input.value = new Date(wallClock(given)).toISOString().slice(0, 10);
  const shown = input.value;
  for (const label of input.labels) label.querySelector("[data-zone]")?.remove();
  input.form.addEventListener("formdata", (event) => {
    if (!input.value) return;
    const chosen = input.value === shown ? input.dataset.moment : beginOf(input.value).toISOString();
    event.formData.set(input.name, chosen);
  });
}

document.querySelectorAll("input[data-moment]").forEach(choosesDay);

const onClock = (moment) => new Date(wallClock(moment)).toISOString().slice(0, 19);
const inUtc = (text) => beginOf(text).toISOString().replace(".000Z", "Z");

/** A moment is chosen by the viewer's clock; what is sent is UTC. What is no moment stays to be mended as text. */
function choosesMoment(input) {
  const given = Date.parse(input.value);
  if (input.value && Number.isNaN(given)) return;
  const clock = document.createElement("input");
  for (const name of ["id", "class", "aria-describedby", "aria-invalid", "aria-required"]) {
    if (input.hasAttribute(name)) clock.setAttribute(name, input.getAttribute(name));
  }
  clock.type = "datetime-local";
  clock.step = "1";
  if (input.value) clock.value = onClock(given);
  clock.addEventListener("input", () => (input.value = clock.value ? inUtc(`${clock.value}Z`) : ""));
  input.removeAttribute("id");
  input.type = "hidden";
  input.after(clock);
}

function chooseMoments() {
  document.querySelectorAll("input[data-clock]:not([type=hidden])").forEach(choosesMoment);
}

chooseMoments();

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.title = "Copied";
  button.setAttribute("aria-label", "Copied");
}

/** Put a suggested value into its field, as if it had been typed. */
function fill(button) {
  const input = document.getElementById(button.dataset.fill);
  input.value = input.type === "datetime-local" ? onClock(Date.parse(button.value)) : button.value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
}

document.addEventListener("click", (event) => {
  const suggestion = event.target.closest("[data-fill]");
  if (suggestion) fill(suggestion);
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  const folds = event.target.closest("[data-folds]");
  if (folds) folds.setAttribute("aria-expanded", folds.getAttribute("aria-expanded") !== "true");
  const larger = event.target.closest("[data-larger]");
  if (larger) toggleLarger(larger.closest(".graph"));
  const zoomer = event.target.closest("[data-zoom]");
  if (zoomer) zoom(zoomer.closest(".graph"), zoomer.dataset.zoom);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  }
  // Seen from here, what is typed into a code editor is typed into its host: its shadow root hides where.
  const isTyping = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector(".search input");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

document.addEventListener("change", (event) => {
  if (event.target.hasAttribute("data-sends")) event.target.form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
    return;
  }
  // Half a date or number is nothing to a form: it would be sent as if the field had been left empty.
  const half = [...event.target.elements].find((field) => field.validity?.badInput);
  if (half) {
    event.preventDefault();
    half.reportValidity();
    return;
  }
  // A second click while the first is on its way would only be told "already done".
  const button = event.submitter;
  if (!button || event.target.method !== "post") return;
  button.dataset.sent = "";
  setTimeout(() => (button.disabled = true));
  unsaved.delete(event.target);
  if (event.target.hasAttribute("data-comes-back")) nameSent(event.target);
});

// What only asks for a part of the page can be asked again.
document.addEventListener("htmx:afterRequest", (event) => {
  for (const button of event.target.querySelectorAll?.("button[data-sent]") ?? []) button.disabled = false;
});

// Another runtime begins with other code, as long as nothing but the name has been typed.
document.addEventListener("change", ({ target: choice }) => {
  if (!choice.matches?.("select[data-begins-anew]")) return;
  const isTyped = [...choice.form.elements].some(
    (field) => !["runtime", "name"].includes(field.name) && field.defaultValue !== undefined && field.value !== field.defaultValue,
  );
  if (isTyped) return;
  unsaved.delete(choice.form);
  const address = new URL(location.href);
  address.searchParams.set("runtime", choice.value);
  address.searchParams.set("name", choice.form.elements.name.value);
  location.replace(address);
});

// Tabs share a session, and what is looked at in one of them is not to move another: where another tab has chosen an
// environment meanwhile, what this page leads to is named the environment of this page.
const { environment, chosen } = document.body.dataset;
if (chosen !== undefined) localStorage.setItem("environment", environment);
const isElsewhere = () => environment !== undefined && localStorage.getItem("environment") !== environment;

function keepEnvironment(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || link.origin !== location.origin || link.pathname.startsWith("/admin/") || !isElsewhere()) return;
  const address = new URL(link.href);
  if (!address.searchParams.has("environment")) address.searchParams.set("environment", environment);
  link.href = address;
}

document.addEventListener("click", keepEnvironment, true);
document.addEventListener("auxclick", keepEnvironment, true);
document.addEventListener("submit", ({ target: form }) => {
  if (form.method !== "get" || form.elements.environment || !isElsewhere()) return;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "environment", value: environment });
  form.append(field);
});

// What is wrong with a field can be read while it is mended, but is no longer said of what stands there now.
document.addEventListener("input", ({ target }) => {
  target.closest?.(".has-error")?.classList.replace("has-error", "is-rewritten");
  target.removeAttribute?.("aria-invalid");
});

// Written and not sent: leaving asks first.
const unsaved = new Set(document.querySelectorAll("form[data-unsaved]"));
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-asks-to-leave]");
  if (form) unsaved.add(form);
});
addEventListener("beforeunload", (event) => {
  if (unsaved.size) event.preventDefault();
});

// Whoever is signed out meanwhile, in another tab or by an admin, keeps what is written until somebody is signed in again.
const signedOut = () => document.getElementById("signed-out");
document.addEventListener("signed-out", () => {
  if (!unsaved.size) location.reload(); // leads to the sign-in page
  else say("signed-out");
});
document.addEventListener("htmx:afterRequest", ({ detail: { successful } }) => {
  if (!successful || !signedOut()) return;
  signedOut().remove();
  document.dispatchEvent(new Event("signed-in"));
});

// Before what was written leaves the page it is asked whether it will be taken: the page that answers else would be the
// sign-in, or the browser's own, and what was written gone.
const LONGEST_MS = 15000;
const asked = new WeakSet();
let isAsking = false;
document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    if (!unsaved.has(form) || asked.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isAsking) send(form, submitter);
  },
  { capture: true },
);

async function send(form, button) {
  isAsking = true;
  button?.setAttribute("aria-busy", "true");
  for (const name of ["unreachable", "another"]) document.getElementById(name)?.remove();
  const reason = await askReason();
  isAsking = false;
  button?.removeAttribute("aria-busy");
  if (reason) return say(reason).focus();
  signedOut()?.remove();
  asked.add(form);
  form.requestSubmit(button);
}

let signedIn = ""; // who it is by now

/** Why it would not be taken, or not as it is meant, by the name of the notice that says so; null if it will be. */
async function askReason() {
  try {
    const answer = await fetch("/who", { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(LONGEST_MS) });
    if (answer.status === 401) return "signed-out";
    if (!answer.ok) return "unreachable";
    signedIn = (await answer.json()).person;
    return signedIn === document.body.dataset.person ? null : "another"; // who may not be allowed what is written here
  } catch {
    return "unreachable";
  }
}

/** Show the notice of that name, which stands ready in every page, above what is written. */
function say(name) {
  const notice = document.getElementById(`${name}-notice`);
  if (!document.getElementById(name)) notice.after(notice.content.cloneNode(true));
  const said = document.getElementById(name);
  if (name === "another") said.querySelector("span").textContent = signedIn;
  return said;
}

/** Signing in gives another token than the one that a page was made with. */
document.addEventListener("formdata", ({ formData }) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=(\w+)/)?.[1];
  if (token && formData.has("csrfmiddlewaretoken")) formData.set("csrfmiddlewaretoken", token);
});

/** So that Back leads to the form as it was sent: its key in the address, by which the server finds what came of it. */
function nameSent(form) {
  const address = new URL(location.href);
  address.searchParams.set("sent", form.elements.key.value);
  if (environment !== undefined) address.searchParams.set("environment", environment);
  history.replaceState(history.state, "", address);
}

addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[data-sent]")) button.disabled = false;
});

/** A graph over the whole screen, or back in its place. */
function toggleLarger(graph) {
  if (document.fullscreenElement) document.exitFullscreen();
  else graph.requestFullscreen?.();
}

/** A picture by a factor larger or smaller than it is, or all of it in the room there is. */
function zoom(graph, by) {
  const [picture, scroller] = [graph.querySelector(".graph-picture"), graph.querySelector(".graph-scroll")];
  const { width, height } = picture.viewBox.baseVal;
  const whole = Math.min(scroller.clientWidth, width, document.fullscreenElement ? (scroller.clientHeight * width) / height : width);
  const wanted = by === "fit" ? whole : picture.getBoundingClientRect().width * Number(by);
  resize(scroller, Math.min(Math.max(wanted, 120), width * 4));
  scroller.dataset.sized = picture.style.width;
}

function resize(scroller, width) {
  const picture = scroller.querySelector(".graph-picture");
  scroller.querySelector(".graph-least")?.remove();
  picture.style.maxWidth = "none";
  picture.style.width = `${width}px`;
}

document.addEventListener("fullscreenchange", () => {
  for (const graph of document.querySelectorAll(".graph:has([data-larger])")) {
    const isLarge = graph === document.fullscreenElement;
    const button = graph.querySelector("[data-larger]");
    button.textContent = isLarge ? "Leave full screen" : "Full screen";
    graph.querySelectorAll(".graph-scroll").forEach(show);
  }
});

// Graphs that scroll open where it matters: at what failed and at the branch (data-look, the most telling first), else at
// the start. One that the viewer has scrolled stays there when the part of the page around it comes anew, unless another
// input is predicted to go elsewhere.
const shown = new WeakMap();
let left = [];

function show(scroller) {
  keepInWindow(scroller);
  makeRoom(scroller);
  const frame = frameOf(scroller);
  if (!frame) return;
  const around = scroller.getBoundingClientRect();
  scroller.scrollLeft += (frame.left + frame.right) / 2 - around.x - around.width / 2;
  scroller.scrollTop += (frame.top + frame.bottom) / 2 - around.y - around.height / 2;
  shown.set(scroller, [scroller.scrollLeft, scroller.scrollTop]);
}

const LEAST_ROOM = 200;

/** Where something failed its box ends with the window as the page opens: what it is scrolled to is then in sight. */
function keepInWindow(scroller) {
  if (document.fullscreenElement || !scroller.querySelector(".graph-node-failed[data-look]")) return;
  const [bar, note] = [".rail", ".rail-note"].map((one) => document.querySelector(one)?.getBoundingClientRect().top ?? innerHeight);
  const end = bar > innerHeight / 2 ? Math.min(bar, note) : innerHeight; // below it on a narrow screen, else beside it
  const room = end - (scroller.getBoundingClientRect().top + scrollY) - 12;
  scroller.style.setProperty("--graph-room", `${Math.max(room, LEAST_ROOM)}px`);
}

const LEGIBLE = 0.6;

/** A picture whose branch lies too far from its Choice is made smaller until both can be seen, so far as it stays legible. */
function makeRoom(scroller) {
  const [picture, boxes] = [scroller.querySelector(".graph-picture"), looksOf(scroller).map((one) => one.getBoundingClientRect())];
  if (!picture || !boxes.length || picture.style.width) return;
  const span = (from, to) => Math.max(...boxes.map((box) => box[to])) - Math.min(...boxes.map((box) => box[from]));
  const by = Math.min(scroller.clientWidth / span("left", "right"), scroller.clientHeight / span("top", "bottom"));
  const size = picture.getBoundingClientRect().width;
  if (by < 1) resize(scroller, Math.max(size * by * 0.97, picture.viewBox.baseVal.width * LEGIBLE));
}

function looksOf(scroller) {
  return [...scroller.querySelectorAll("[data-look]")].sort((one, other) => one.dataset.look - other.dataset.look);
}

/** As much of what matters as can be seen at once. */
function frameOf(scroller) {
  const places = looksOf(scroller);
  if (!places.length) places.push(...scroller.querySelectorAll(".graph-start"));
  let frame = null;
  for (const place of places) {
    const box = place.getBoundingClientRect();
    const wider = {
      left: Math.min(box.left, frame?.left ?? box.left),
      right: Math.max(box.right, frame?.right ?? box.right),
      top: Math.min(box.top, frame?.top ?? box.top),
      bottom: Math.max(box.bottom, frame?.bottom ?? box.bottom),
    };
    const fits = wider.right - wider.left <= scroller.clientWidth && wider.bottom - wider.top <= scroller.clientHeight;
    if (!frame || fits) frame = wider;
  }
  return frame;
}

function hasMoved(scroller) {
  const [x, y] = shown.get(scroller) ?? [0, 0];
  return Math.abs(scroller.scrollLeft - x) > 1 || Math.abs(scroller.scrollTop - y) > 1;
}

const predictedIn = (scroller) =>
  looksOf(scroller).map((place) => place.matches("[class*=-predicted]") && place.textContent).join();

document.addEventListener("htmx:beforeSwap", (event) => {
  const scrollers = [...event.detail.target.querySelectorAll(".graph-scroll")];
  left = scrollers.map((one) => ({
    at: hasMoved(one) && [one.scrollLeft, one.scrollTop],
    sized: one.dataset.sized,
    predicted: predictedIn(one),
  }));
});

/** Show the graphs that came with a part of the page. */
function showNew() {
  const news = [...document.querySelectorAll(".graph-scroll")].filter((one) => !shown.has(one));
  news.forEach((scroller, number) => {
    const before = left[number];
    if (before?.sized) {
      resize(scroller, parseFloat(before.sized));
      scroller.dataset.sized = before.sized;
    }
    show(scroller);
    if (before?.at && before.predicted === predictedIn(scroller)) [scroller.scrollLeft, scroller.scrollTop] = before.at;
  });
  left = [];
}

localise(document);
showCurrent();
showNew();
reachScrolling();
addEventListener("resize", reachScrolling);
document.addEventListener("toggle", reachScrolling, true);
document.addEventListener("htmx:afterSwap", (event) => {
  localise(event.detail.elt.parentElement ?? document);
  chooseMoments();
  showNew();
  reachScrolling();
});
