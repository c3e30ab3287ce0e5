// My place: what is to be done, money, meters, positions, bills, points, packages, certificates.

import { Trouble, get, query } from "../modules/api.js";
import { h, put, show } from "../modules/dom.js";
import { Feed } from "../modules/feed.js";
import { begin, invitation } from "../modules/frame.js";
import { field, select } from "../modules/forms.js";
import { marketNow } from "../modules/market_time.js";
import { POINTS, kwh, plain, pt, rounded } from "../modules/numbers.js";
import { session } from "../modules/session.js";
import { date, dayAndClock, full, month, span } from "../modules/times.js";
import { facts as pairs, state, table, waiting } from "../modules/tables.js";
import { t, word } from "../modules/words.js";

const mine = (path) => () => (session.account ? path : null);
const every = 30_000;
const me = new Feed(mine("/me"), { every });
const balances = new Feed(mine("/me/balances"), { every });
const devices = new Feed(mine("/me/devices"), { every });
const positions = new Feed(mine("/me/positions?limit=20"), { every });
const points = new Feed(mine("/me/points?limit=8"), { every });
const packages = new Feed(mine("/me/packages"), { every });
const certificates = new Feed(mine("/me/certificates"), { every });
const statement = new Feed(() => (session.account && period ? `/accounts/${session.account}/statement?period=${period}` : null), { every: 120_000 });
const bills = new Feed(() => (session.account ? `/accounts/${session.account}/bills` : null), { every: 120_000 });
const readings = new Feed(() => (session.account && device ? query(`/devices/${device}/readings`, { limit: 12 }) : null), { every: 60_000 });
const feeds = [me, balances, devices, positions, points, packages, certificates, statement, bills, readings];

const DEVICE = { certified: "good", registered: "open", suspended: "bad", retired: "" };
let device = null;
let period = null;

// Bills are by months of UTC; which month it is the market says, not this machine's clock.
function monthName(back) {
  const now = new Date(1000 * marketNow());
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7);
}

const draws = new Map([
  [me, drawMe],
  [balances, drawBalances],
  [devices, drawDevices],
  [positions, drawPositions],
  [points, drawPoints],
  [packages, drawPackages],
  [certificates, drawCertificates],
  [statement, drawStatement],
  [bills, drawBills],
  [readings, drawReadings],
]);

function drawMe() {
  if (!me.data) return put("todo", waiting(me));
  const { member, status, roles } = me.data;
  put("who-i-am", member == null ? t("place.stranger") : `${t("place.member", { member })} · ${(roles ?? []).map((role) => word("role", role)).join(", ")} · ${word("state", status)}`);
  const { reminders } = me.data;
  put("todo", reminders.length ? h("ul.chain", reminders.map(reminder)) : h("p.empty", t("place.nothing_todo")));
}

function reminder({ kind, until, about }) {
  const said = {
    slot: about.slot_start && dayAndClock(about.slot_start),
    month: about.month && month(Date.parse(`${about.month}-15T12:00:00Z`) / 1000),
    owed: about.owed_upt && pt(about.owed_upt),
    left: about.left_upt && pt(about.left_upt),
    wh: about.wh && kwh(about.wh),
    number: about.number ?? about.subscription ?? "",
    account: about.replacement ?? "",
  };
  return h("li", h("strong", t(`reminder.${kind}`, said)), until ? [h("br"), h("span.hint", t("place.until", { until: full(until) }))] : "");
}

function drawBalances() {
  if (!balances.data) return put("balances", waiting(balances));
  if (!period) {
    period = monthName(0);
    drawPeriod();
    statement.refresh();
  }
  const [first] = balances.data.items;
  const figure = (name, value, hint) => h("div", h("dt", t(`place.${name}`)), h("dd", value, hint ? h("small", hint) : ""));
  put(
    "balances",
    h(
      "dl.figures",
      figure("free", pt(first.free_upt), t("place.free_hint")),
      figure("locked", pt(first.locked_upt), t("place.locked_hint")),
      figure("token", pt(first.token_upt), t("place.token_hint")),
      BigInt(first.owed_upt) ? figure("owed", pt(first.owed_upt), t("place.owed_hint")) : "",
      figure("points", rounded(first.points, POINTS, 2)),
    ),
  );
}

function drawDevices() {
  if (!devices.data) return put("devices", waiting(devices));
  const columns = [
    [t("trade.device"), (one) => `#${one.device}`],
    [t("tender.what"), (one) => word("carrier", one.carrier)],
    [t("market.zone"), (one) => one.zone],
    [t("device.direction"), (one) => t(`device.${one.direction}`)],
    [t("device.rated"), (one) => `${kwh(one.rated_w).slice(0, -3)}kW`, "number"],
    [t("market.state"), (one) => state(DEVICE[one.status] ?? "", word("state", one.status))],
    ["", (one) => h("button.quiet", { type: "button", data: { key: `readings-${one.device}` }, "aria-label": t("place.readings_of", { device: one.device }), onclick: () => choose(one.device) }, t("place.readings"))],
  ];
  put("devices", table(t("place.devices"), columns, devices.data.items, { empty: t("place.no_devices"), mark: (one) => one.device === device }));
}

function choose(number) {
  device = number;
  readings.data = undefined;
  readings.refresh();
  drawDevices();
  drawReadings();
}

function drawReadings() {
  if (!device) return put("readings", "");
  if (!readings.data) return put("readings", waiting(readings));
  const items = readings.data.items ?? [];
  const columns = [
    [t("place.time"), (one) => dayAndClock(one.time)],
    [t("place.register"), (one) => (one.register_wh === null ? "–" : kwh(one.register_wh)), "number"],
    [t("place.quality"), (one) => (one.quality == null ? "–" : word("quality", String(one.quality)))],
    [t("place.proof"), (one) => (one.proof ? t("place.proven") : t("place.on_chain"))],
  ];
  put("readings", h("h3", t("place.readings_of", { device })), table(t("place.readings"), columns, items, { empty: t("place.no_readings") }), items.length && items.every((one) => one.register_wh === null) ? h("p.hint", t("place.no_values")) : "");
}

function drawPositions() {
  if (!positions.data) return put("positions", waiting(positions));
  const columns = [
    [t("market.slot"), (one) => dayAndClock(one.slot_start)],
    [t("tender.what"), (one) => word("carrier", one.carrier)],
    [t("trade.side"), (one) => t(one.side === "sell" ? "trade.sold" : "trade.bought")],
    [t("trade.amount"), (one) => kwh(one.wh), "number"],
    [t("trade.money"), (one) => pt(one.amount_upt), "number"],
    [t("place.settled"), (one) => (one.settled ? state("good", t("place.settled_yes")) : state("open", t("place.settled_no")))],
  ];
  put("positions", table(t("place.positions"), columns, positions.data.items, { empty: t("place.no_positions") }));
}

function drawPeriod() {
  const months = Array.from({ length: 14 }, (_, back) => monthName(back));
  const element = select(months.map((name) => [name, month(Date.parse(`${name}-15T12:00:00Z`) / 1000)]), period);
  element.addEventListener("change", () => {
    period = element.value;
    statement.data = undefined;
    drawStatement();
    statement.refresh();
  });
  put("period", field("month", t("place.month"), element));
}

function drawStatement() {
  if (!statement.data) return put("statement", waiting(statement));
  const said = statement.data;
  const sums = Object.entries(said.sums ?? {}).map(([kind, amount]) => [word("entry", kind), pt(amount)]);
  const energy = Object.entries(said.energy ?? {}).filter(([, wh]) => wh).map(([measure, wh]) => [word("measure", measure), kwh(wh)]);
  const csv = `/api/v1/accounts/${session.account}/statement?period=${period}&format=csv`;
  put(
    "statement",
    h("div.heading", h("h3", said.number ? t("place.bill_number", { number: said.number }) : t("place.statement")), h("span.buttons", h("a", { href: csv, download: `wattbook-${period}.csv` }, t("place.csv")))),
    said.complete === false ? h("p.hint", t("place.running")) : "",
    h("div.columns", h("div.ledger", pairs([[t("place.opening"), pt(said.opening)], ...sums, [h("strong", t("place.closing")), h("strong", pt(said.closing))]])), h("div.ledger", energy.length ? pairs(energy) : h("p.hint", t("place.no_energy")))),
    slots(said.slots ?? []),
  );
}

function slots(list) {
  if (!list.length) return "";
  const columns = [
    [t("market.slot"), (one) => dayAndClock(one.start ?? one.slot_start)],
    [t("trade.bought"), (one) => kwh(one.bought), "number"],
    [t("trade.sold"), (one) => kwh(one.sold), "number"],
    [t("measure_short.withdrawn"), (one) => kwh(one.withdrawn), "number"],
    [t("measure_short.injected"), (one) => kwh(one.injected), "number"],
    [t("trade.money"), (one) => pt(one.money), "number"],
  ];
  return h("details", h("summary", t("place.by_slot", { count: plain(list.length) })), table(t("place.statement"), columns, list.slice(-200).reverse()));
}

function drawBills() {
  if (!bills.data) return put("bills", waiting(bills));
  const items = bills.data.items ?? [];
  const columns = [
    [t("place.month"), (one) => month(Date.parse(`${one.month}-15T12:00:00Z`) / 1000)],
    [t("place.posted"), (one) => dayAndClock(one.posted_at)],
    [t("market.state"), (one) => (one.withdrawn ? state("bad", word("state", "withdrawn")) : state("good", t("place.posted_state")))],
    ["", (one) => (one.withdrawn ? "" : h("button.quiet", { type: "button", onclick: () => openBill(one.month) }, t("place.open_bill")))],
  ];
  put("bills", h("h3", t("place.posted_bills")), table(t("place.bills"), columns, items, { empty: t("place.no_bills") }), h("div", { id: "bill", role: "status" }));
}

async function openBill(name) {
  const element = document.getElementById("bill");
  try {
    const bill = await get(`/accounts/${session.account}/bills/${name}`);
    const split = Object.entries(bill.split_upt).map(([part, amount]) => [word("split", part), pt(amount)]);
    element.replaceChildren(h("div.ledger", h("h3", t("place.bill_number", { number: bill.number })), pairs([[t("place.amount"), pt(bill.amount_upt)], [t("place.for_energy"), pt(bill.bought_upt)], [t("place.for_imbalance"), pt(bill.imbalance_upt)], ...split, [t("place.root"), bill.posted ? state("good", t("place.root_yes")) : state("warn", t("place.root_no"))]])));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    element.replaceChildren(h("p.empty", error.status === 404 ? t("place.no_bill") : error.message));
  }
}

function drawPoints() {
  if (!points.data) return put("points", waiting(points));
  const columns = [
    [t("place.time"), (one) => dayAndClock(one.time)],
    [t("place.change"), (one) => rounded(one.change, POINTS, 2), "number"],
    [t("place.after"), (one) => rounded(one.after, POINTS, 2), "number"],
  ];
  put("points", table(t("place.points"), columns, points.data.items, { empty: t("place.no_points") }));
}

function drawPackages() {
  if (!packages.data) return put("packages", waiting(packages));
  const items = packages.data.items ?? [];
  const monthOf = (number) => month(Date.UTC(1970, number, 15) / 1000);
  const one = (each) =>
    h(
      "div.ledger",
      h("h3", t("place.package", { number: each.subscription, kind: word("package", each.kind) })),
      pairs([
        [t("market.state"), state(each.state === "active" ? "good" : "", word("state", each.state))],
        [t("place.paid"), pt(each.paid_upt)],
        [t("place.left"), pt(each.left_upt)],
        [t("place.term"), t("place.term_from", { from: monthOf(each.first_month), months: each.term })],
        [t("place.last_month"), each.last_month === null ? null : `${monthOf(each.last_month)} · ${pt(each.last_charged_upt)}`],
        [t("place.arrears"), each.in_arrears ? state("bad", t("place.arrears_yes")) : null],
        [t("place.supply"), each.supply_suspended ? state("bad", t("place.supply_off")) : null],
      ]),
    );
  put("packages", items.length ? items.map(one) : h("p.empty", t("place.no_packages")));
}

function drawCertificates() {
  if (!certificates.data) return put("certificates", waiting(certificates));
  const { certificates: whole, slices } = certificates.data;
  const rows = [
    ...whole.map((one) => ({ id: one.certificate, name: t("certificate.number", { number: one.number }), wh: 1_000_000, expires: one.expires_at, expired: one.expired })),
    ...slices.map((one) => ({ id: one.slice, name: t("certificate.slice_of", { device: one.device, when: span(one.made_since, one.made_until) }), wh: one.wh, expires: one.expires_at, expired: one.expired })),
  ];
  const columns = [
    [t("certificate.what"), (one) => h("a", { href: `/certificates?id=${one.id}` }, one.name)],
    [t("trade.amount"), (one) => kwh(one.wh), "number"],
    [t("certificate.expires"), (one) => state(one.expired ? "bad" : "good", date(one.expires))],
  ];
  put("certificates", table(t("place.certificates"), columns, rows, { empty: t("certificate.none") }));
}

function drawAll() {
  put("signed-out", session.account ? "" : invitation(t("place.sign_in")));
  show("signed-in", Boolean(session.account));
  if (!session.account) put("who-i-am", t("place.lead"));
  else draws.forEach((draw) => draw());
}

draws.forEach((draw, feed) => feed.on(() => session.account && draw()));
document.addEventListener("session", () => {
  if (!session.account) feeds.forEach((feed) => (feed.data = undefined));
  else feeds.forEach((feed) => feed.refresh());
  drawAll();
});
begin();
feeds.forEach((feed) => feed.start());
drawAll();
