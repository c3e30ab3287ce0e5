// Market now: the clock of the slot, the price, the last book's curves, prices before, the books.

import * as charts from "../modules/charts.js";
import { h, put, show } from "../modules/dom.js";
import { Feed } from "../modules/feed.js";
import { carriersOf, choice, facts, holds } from "../modules/facts.js";
import { begin } from "../modules/frame.js";
import { field, select } from "../modules/forms.js";
import { kwh, plain, price } from "../modules/numbers.js";
import { marketNow } from "../modules/market_time.js";
import { all, query } from "../modules/api.js";
import { clock, day, dayAndClock, dayOf, left, span, toLocal } from "../modules/times.js";
import { state, table, waiting } from "../modules/tables.js";
import { t, word } from "../modules/words.js";

const PHASES = ["upcoming", "committing", "revealing", "clearing"];
export const LOOK = { upcoming: "", committing: "open", revealing: "open", clearing: "open", cleared: "good", settled: "good", void: "bad" };
const chosen = () => ({ zone: choice.zone, carrier: choice.carrier });
const when = (path, more = {}) => () => (choice.zone ? query(path, { ...chosen(), ...more }) : null);
let days = 7;

const now = new Feed(when("/books/now"), { every: 10_000 });
const books = new Feed(when("/books", { limit: 24 }), { every: 20_000, keep: true });
const prices = new Feed(() => (choice.zone ? query("/prices", { ...chosen(), ...range() }) : null), { every: 60_000, load: (path) => all(path, 9_000, 1_000) });
const curve = new Feed(() => (latest() ? `/books/${latest().key}/curve` : null), { every: 60_000, keep: true });

const detail = new Feed(() => (current() ? `/books/${current().key}` : null), { every: 15_000 });

const latest = () => (books.data?.items ?? []).find((book) => book.state === "cleared" || book.state === "settled");

// From the first second of a day there, so that days have their 23, 24 or 25 hours.
function range() {
  const [start, end] = dayOf(marketNow());
  let from = start;
  for (let one = 1; one < days; one += 1) [from] = dayOf(from - 1);
  return { from, to: end };
}

function drawChoice() {
  const zones = (facts.data?.zones ?? []).map((one) => [one.zone, one.zone]);
  const carriers = carriersOf(choice.zone).map((one) => [one, word("carrier", one)]);
  const zone = select(zones, choice.zone);
  const carrier = select(carriers, choice.carrier);
  zone.addEventListener("change", () => choice.set({ zone: zone.value }));
  carrier.addEventListener("change", () => choice.set({ carrier: carrier.value }));
  put("choose", field("zone", t("market.zone"), zone), field("carrier", t("market.carrier"), carrier));
}

function drawDays() {
  const several = select([1, 7, 31, 92].map((one) => [one, t("market.days", { days: one })]), days);
  several.addEventListener("change", () => {
    days = Number(several.value);
    prices.refresh();
  });
  put("days", field("several", t("market.period"), several));
}

function current() {
  const found = now.data?.items ?? (Array.isArray(now.data) ? now.data : []);
  // What nobody cleared in time is over, whatever is still called its phase.
  return found.filter((book) => book.slot_start > marketNow()).sort((a, b) => PHASES.indexOf(b.phase ?? b.state) - PHASES.indexOf(a.phase ?? a.state) || a.slot_start - b.slot_start)[0];
}

function drawClock() {
  if (now.data === undefined) return put("clock", waiting(now));
  const book = current();
  put("clock", ...(book ? [running(book), known(book), track(book)] : [resting(), known(null)]));
  tick();
}

function running(book) {
  const phase = book.phase ?? book.state;
  return h(
    "div",
    h("p.left", { id: "left", role: "timer", "aria-live": "off" }, ""),
    h("p.phase", { "aria-live": "polite" }, t(`phase.${phase}`)),
    h("p.next", t(`phase.${phase}_until`, { until: clock(endOf(book)), slot: span(book.slot_start, book.slot_start + slotSeconds(book)) })),
    counts(book) ? h("p.next", t("market.counts", { committed: plain(counts(book).committed), revealed: plain(counts(book).revealed) })) : "",
    phase === "committing" ? h("p", h("a", { href: `/trade?book=${book.key}` }, t("market.take_part"))) : "",
  );
}

const counts = (book) => (detail.data?.key === book.key ? detail.data.counts : null);

function resting() {
  const next = (books.data?.items ?? []).filter((book) => book.state === "upcoming").pop();
  return h("div", h("p.phase", t("market.resting")), h("p.next", next ? t("market.resting_next", { opens: dayAndClock(next.opens_at) }) : t("market.resting_hint")));
}

const slotSeconds = (book) => book.slot_seconds ?? 900;
const endOf = (book) => {
  const phase = book.phase ?? book.state;
  return { upcoming: book.opens_at, committing: book.reveals_at, revealing: book.clears_at, clearing: book.slot_start }[phase];
};

function known() {
  const book = latest();
  if (!book) return h("div.aside", h("h3", t("market.last_price")), h("p", t("market.no_price")), pool());
  const shown = book.price_mpt === null || book.price_mpt === undefined ? t("market.own_prices") : price(book.price_mpt);
  const [number, unit] = shown.split("\u202f").length > 1 ? [shown.slice(0, shown.lastIndexOf("\u202f")), shown.slice(shown.lastIndexOf("\u202f") + 1)] : [shown, ""];
  return h(
    "div.aside",
    h("h3", t("market.last_price")),
    h("div.price", { id: "price" }, number, " ", h("small", unit)),
    h("p", t("market.traded", { wh: kwh(book.traded_wh ?? 0) })),
    h("p", span(book.slot_start, book.slot_start + slotSeconds(book))),
    pool(),
  );
}

// What the pool pays and asks is what others bid against.
function pool() {
  const its = holds(choice.zone, choice.carrier);
  return its?.pool_out ? h("p", t("market.pool", { low: price(its.pool_in), high: price(its.pool_out) })) : "";
}

function track(book) {
  const ends = [book.opens_at, book.reveals_at, book.clears_at, book.slot_start];
  const phase = book.phase ?? book.state;
  return h(
    "ol.track",
    { "aria-label": t("market.phases") },
    ["committing", "revealing", "clearing"].map((name, place) =>
      h("li", { "aria-current": name === phase ? "step" : null }, h("span.bar", h("i", { data: { from: ends[place], to: ends[place + 1] } })), t(`phase.${name}_short`), h("time", `${clock(ends[place])}–${clock(ends[place + 1])}`)),
    ),
    h("li", h("span.bar", h("i", { data: { from: book.slot_start, to: book.slot_start + slotSeconds(book) } })), t("phase.delivery_short"), h("time", clock(book.slot_start))),
  );
}

function tick() {
  const book = current();
  const time = document.getElementById("left");
  if (!book || !time) return;
  const rest = endOf(book) - marketNow();
  time.textContent = left(rest);
  if (rest === -1) now.refresh();
  for (const bar of document.querySelectorAll(".track i")) {
    const [from, to] = [Number(bar.dataset.from), Number(bar.dataset.to)];
    bar.style.width = `${Math.max(0, Math.min(100, (100 * (marketNow() - from)) / (to - from)))}%`;
  }
}

function drawCurve() {
  const book = latest();
  const data = curve.asked === (book && `/books/${book.key}/curve`) ? curve.data : null;
  const some = Boolean(data && (data.supply.length || data.demand.length));
  show("depth-with", some);
  put("depth-empty", some ? "" : h("p.empty", books.data ? t("market.no_curve") : t("table.loading")));
  put("depth-book", book ? dayAndClock(book.slot_start) : "");
  if (!some) return charts.clear("depth");
  const said = data.price_mpt === null ? t("chart.depth_said_without", { wh: kwh(data.traded_wh) }) : t("chart.depth_said", { price: price(data.price_mpt), wh: kwh(data.traded_wh) });
  charts.curves("depth", data, said);
  const columns = [[t("chart.up_to"), ([wh]) => kwh(wh), "number"], [t("chart.price"), ([, mpt]) => price(mpt), "number"]];
  put("depth-table", h("div", h("h3", t("chart.supply")), table(t("chart.supply"), columns, data.supply)), h("div", h("h3", t("chart.demand")), table(t("chart.demand"), columns, data.demand)));
}

function drawHistory() {
  const items = prices.data ?? [];
  const priced = items.filter((one) => one.price_mpt !== null);
  const some = priced.length > 0;
  show("history-with", some);
  put("history-empty", some ? "" : prices.data ? h("p.empty", t("market.no_prices")) : waiting(prices));
  if (!some) return charts.clear("history");
  const values = priced.map((one) => one.price_mpt);
  charts.history("history", priced, t("chart.history_said", { count: plain(priced.length), low: price(Math.min(...values)), high: price(Math.max(...values)) }));
  const columns = [[t("market.slot"), (one) => dayAndClock(one.slot_start)], [t("chart.price"), (one) => price(one.price_mpt), "number"], [t("chart.traded"), (one) => kwh(one.traded_wh), "number"]];
  put("history-table", table(t("market.history"), columns, [...priced].reverse().slice(0, 100)));
}

// Nobody cleared it before its delivery began: it can only become void.
const isLate = (book) => LOOK[book.state] === "open" && book.slot_start <= marketNow();

function drawBooks() {
  if (!books.data) return put("books", waiting(books));
  const columns = [
    [t("market.slot"), (book) => h("span", h("time", { datetime: `${toLocal(book.slot_start)}` }, `${day(book.slot_start)}, ${clock(book.slot_start)}`))],
    [t("market.state"), (book) => isLate(book) ? state("bad", t("state.not_cleared")) : state(book.excused ? "warn" : (LOOK[book.state] ?? ""), book.excused ? t("state.excused") : word("state", book.state))],
    [t("chart.price"), (book) => (book.price_mpt == null ? "–" : price(book.price_mpt)), "number"],
    [t("chart.traded"), (book) => (book.traded_wh == null ? "–" : kwh(book.traded_wh)), "number"],
  ];
  put("books", table(t("market.books"), columns, books.data.items, { empty: t("market.no_books"), mark: (book) => LOOK[book.state] === "open" && !book.excused && !isLate(book) }));
}

document.addEventListener("choice", () => {
  drawChoice();
  [now, books, prices].forEach((feed) => feed.refresh());
});
facts.on(() => {
  drawChoice();
  [now, books, prices].forEach((feed) => feed.data || feed.refresh());
});
now.on(() => {
  drawClock();
  detail.refresh();
});
books.on(() => {
  drawBooks();
  drawClock();
  drawCurve();
  if (curve.asked !== curve.path()) curve.refresh();
});
detail.on(drawClock);
curve.on(drawCurve);
prices.on(drawHistory);
begin();
drawDays();
[now, books, prices].forEach((feed) => feed.start());
[curve, detail].forEach((feed) => feed.start());
drawClock();
drawHistory();
drawBooks();
setInterval(tick, 1_000);
