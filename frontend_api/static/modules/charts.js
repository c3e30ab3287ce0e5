// Charts: the book's two curves as steps, and what it cost before. Beside each stands the same as a table.
// Numbers become floating point here only, to be looked at.

import uPlot from "uplot";
import { zone } from "./times.js";
import { t } from "./words.js";

const drawn = new Map();
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => drawn.forEach((again) => again()));

function axis(label, more = {}) {
  return {
    label,
    labelSize: 18,
    labelGap: 2,
    stroke: color("--quiet"),
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    ...more,
  };
}

/** Puts a chart into its place, again when its width or the colours change. */
function place(id, said, make) {
  const box = document.getElementById(id);
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", said);
  const again = () => {
    const { options, data } = make();
    box.plot?.destroy();
    box.plot = new uPlot({ width: Math.max(280, box.clientWidth), height: box.clientWidth < 500 ? 250 : 320, legend: { show: false }, ...options }, data, box);
  };
  if (!box.watched) {
    box.watched = new ResizeObserver(() => {
      if (box.plot && Math.abs(box.plot.width - Math.max(280, box.clientWidth)) > 2) drawn.get(id)();
    });
    box.watched.observe(box);
  }
  drawn.set(id, again);
  again();
}

export function clear(id) {
  const box = document.getElementById(id);
  box?.plot?.destroy();
  if (box) box.plot = null;
  drawn.delete(id);
}

/** Supply and demand of a book as steps over the energy, with the price and what was traded. */
export function curves(id, curve, said) {
  const supply = curve.supply.map(([wh, mpt]) => [wh / 1000, mpt / 1000]);
  const demand = curve.demand.map(([wh, mpt]) => [wh / 1000, mpt / 1000]);
  const [xs, offered, wanted] = steps(supply, demand);
  const price = curve.price_mpt === null ? null : curve.price_mpt / 1000;
  const traded = curve.traded_wh / 1000;
  place(id, said, () => ({
    data: [xs, offered, wanted],
    options: {
      scales: { x: { time: false, range: (_, low, high) => [0, high * 1.02] }, y: { range: (_, low, high) => [0, high * 1.1 || 1] } },
      axes: [axis(t("chart.energy"), { size: 42 }), axis(t("chart.price"), { size: 56, values: (_, ticks) => ticks.map((one) => one.toFixed(2)) })],
      series: [
        {},
        { label: t("chart.supply"), stroke: color("--accent"), width: 2.5, paths: uPlot.paths.stepped({ align: -1 }), points: { show: false } },
        { label: t("chart.demand"), stroke: color("--ink"), width: 2, dash: [7, 4], paths: uPlot.paths.stepped({ align: -1 }), points: { show: false } },
      ],
      cursor: { points: { show: false }, drag: { x: false, y: false } },
      hooks: { draw: [(plot) => cross(plot, traded, price)] },
    },
  }));
}

/** Both curves over the same places: each step's height up to where it ends. */
function steps(supply, demand) {
  const xs = [...new Set([0, ...supply.map(([wh]) => wh), ...demand.map(([wh]) => wh)])].sort((a, b) => a - b);
  const heights = (curve) => xs.map((x) => (curve.length === 0 ? null : (curve.find(([wh]) => x <= wh)?.[1] ?? null)));
  return [xs, heights(supply), heights(demand)];
}

function cross(plot, traded, price) {
  if (price === null || !traded) return;
  const { ctx } = plot;
  const [x, y] = [plot.valToPos(traded, "x", true), plot.valToPos(price, "y", true)];
  const { left, top, height } = plot.bbox;
  ctx.save();
  ctx.strokeStyle = color("--quiet");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(x, y);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.fillStyle = color("--accent");
  ctx.strokeStyle = color("--paper");
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  ctx.arc(x, y, 5 * devicePixelRatio, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

/** Prices of cleared books as steps over time, with the energy that was traded below. */
export function history(id, prices, said) {
  const known = prices.filter((one) => one.price_mpt !== null).sort((a, b) => a.slot_start - b.slot_start);
  const data = [known.map((one) => one.slot_start), known.map((one) => one.price_mpt / 1000), known.map((one) => one.traded_wh / 1000)];
  const few = known.length < 40;
  const gap = Math.min(...data[0].slice(1).map((time, place) => time - data[0][place]), 3600);
  place(id, said, () => ({
    data,
    options: {
      tzDate: (time) => uPlot.tzDate(new Date(time * 1000), zone),
      scales: {
        x: { range: () => [data[0][0] - gap, data[0].at(-1) + gap] },
        y: { range: (_, low, high) => [0, (high || 1) * 1.15] },
        wh: { range: (_, low, high) => [0, (high || 1) * 3.2] },
      },
      axes: [axis(undefined, { size: 36, space: 70, values: clocks }), axis(t("chart.price"), { size: 56, values: (_, ticks) => ticks.map((one) => one.toFixed(2)) })],
      series: [
        {},
        { label: t("chart.price"), stroke: color("--accent"), width: 2.5, paths: few ? undefined : uPlot.paths.stepped({ align: 1 }), points: { show: few, size: 7, fill: color("--accent") } },
        { label: t("chart.traded"), scale: "wh", fill: color("--bars"), stroke: "transparent", paths: uPlot.paths.bars({ size: [0.7, 26] }), points: { show: false } },
      ],
      cursor: { drag: { x: false, y: false }, points: { show: false } },
    },
  }));
}

function clocks(plot, ticks, _axis, _space, step) {
  const options = step >= 86_400 ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const shown = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { timeZone: zone, ...options });
  return ticks.map((one) => shown.format(new Date(one * 1000)));
}
