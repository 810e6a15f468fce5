// Draws every [data-chart] with uPlot from the JSON block of that id. Cursors move together; deployments are dashed
// lines. The figures beside each chart say the same without it.

import { uPlot } from "./vendor/charts.js";

const HEIGHT = 190;
const MOST_LABELS = 5;
const GAP = 4 * devicePixelRatio;
const GROUP = uPlot.sync("charts");
const zone = document.documentElement.dataset.timeZone || undefined;
const drawn = new Map();

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const plain = (value) => number.format(value);
const write = { count: plain, level: plain, ms: (value) => (value < 1000 ? `${number.format(value)} ms` : `${number.format(value / 1000)} s`) };

const clock = moment({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = moment({ day: "numeric", month: "short" });
const DAY_S = 86400;

function moment(parts) {
  const format = new Intl.DateTimeFormat("en-GB", { ...parts, timeZone: zone });
  return (seconds) => format.format(new Date(seconds * 1000));
}

/** The time of day; the date where a day begins. */
function writeTimes(_, splits, __, ___, step) {
  return splits.map((at) => (step >= DAY_S || clock(at) === "00:00" ? day(at) : clock(at)));
}

/** A colour of the style sheet as the canvas takes it: light-dark() is only resolved in a property. */
function colour(className) {
  const probe = document.createElement("span");
  probe.className = className;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** The deployments that came into force in the period that begins then: told by the cursor, where lines are too near. */
function begun({ times, marks }, at) {
  const next = at + times[1] - times[0];
  return marks.filter((mark) => mark.at >= at && mark.at < next).map((mark) => mark.label);
}

/** Dashed lines where a deployment came into force, with its name as long as there are few. */
function deployments(marks, stroke) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.strokeStyle = ctx.fillStyle = stroke;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.textAlign = "left";
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    let free = -Infinity;
    for (const { at, label } of marks) {
      const x = Math.round(plot.valToPos(at, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      const width = ctx.measureText(label).width + GAP;
      const start = x + GAP + width > bbox.left + bbox.width ? x - width : x + GAP;
      if (marks.length > MOST_LABELS || start < free) continue;
      ctx.fillText(label, start, bbox.top + 11 * devicePixelRatio);
      free = Math.max(x, start + width);
    }
    ctx.stroke();
    ctx.restore();
  };
}

function axis(ink, grid, more) {
  const ticks = { stroke: grid, width: 1, size: 4 };
  return { stroke: ink, font: "11px system-ui, sans-serif", grid: { stroke: grid, width: 1 }, ticks, ...more };
}

/** The places of what stands alone: of counts, what is between nothings. */
function alone(values) {
  return values.flatMap((value, at) => (value && !values[at - 1] && !values[at + 1] ? [at] : []));
}

function options(data, width) {
  const ink = colour("quiet");
  const grid = colour("chart-grid-line");
  const text = write[data.unit];
  const lines = data.lines.map(({ label, tone, values }) => ({
    label,
    stroke: colour(`tone-text tone-${tone}`),
    width: 1.5,
    // A line needs two points, and one peak among hundreds is a hair: what stands alone is a dot.
    points: { show: data.unit === "ms", size: 6, fill: colour(`tone-text tone-${tone}`), filter: data.unit === "ms" ? undefined : () => alone(values) },
    value: (_, value) => (value === null || value === undefined ? "—" : text(value)),
  }));
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => (zone ? uPlot.tzDate(new Date(seconds * 1000), zone) : new Date(seconds * 1000)),
    cursor: { sync: { key: GROUP.key, setSeries: false }, drag: { x: false, y: false }, y: false },
    legend: { live: true },
    // All of the range, however little is in it; the newest point is not cut in half by the edge.
    scales: {
      x: { range: () => [data.times[0], data.times.at(-1) + (data.times.at(-1) - data.times[0]) * 0.015] },
      y: { range: (_, least, most) => [0, Math.max(most ?? 0, 1) * 1.12] },
    },
    axes: [
      axis(ink, grid, { size: 28, space: 56, values: writeTimes }),
      axis(ink, grid, { size: 56, space: 36, values: (_, splits) => splits.map((value) => (data.unit !== "ms" && !Number.isInteger(value) ? "" : text(value))) }),
    ],
    series: [{ label: "Time", value: (_, at) => (at ? [`${day(at)}, ${clock(at)}`, ...begun(data, at)].join(" · ") : "—") }, ...lines],
    hooks: { draw: [deployments(data.marks, ink)] },
  };
}

function draw(place) {
  const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const series = [data.times, ...data.lines.map((line) => line.values)];
  const plot = new uPlot(options(data, place.clientWidth), series, place);
  const observer = new ResizeObserver(() => place.clientWidth && plot.setSize({ width: place.clientWidth, height: HEIGHT }));
  observer.observe(place);
  GROUP.sub(plot);
  drawn.set(place, () => {
    observer.disconnect();
    GROUP.unsub(plot);
    plot.destroy();
  });
}

/** Draw what is new, let go of what has left the page. */
function drawAll() {
  for (const [place, destroy] of drawn) {
    if (place.isConnected) continue;
    destroy();
    drawn.delete(place);
  }
  for (const place of document.querySelectorAll("[data-chart]")) if (!drawn.has(place)) draw(place);
}

function redraw() {
  for (const destroy of drawn.values()) destroy();
  drawn.clear();
  drawAll();
}

drawAll();
document.addEventListener("htmx:afterSwap", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
