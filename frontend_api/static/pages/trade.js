// Sell and bid: an order is sealed here, kept here, offered as a file, and only then sent.

import { called } from "../modules/abi.js";
import { act } from "../modules/actions.js";
import { get, query } from "../modules/api.js";
import { download, h, put, show } from "../modules/dom.js";
import { Feed } from "../modules/feed.js";
import { CARRIERS, facts, zoneNumber } from "../modules/facts.js";
import { begin, invitation } from "../modules/frame.js";
import { amount, doing, field, number, select, wrong } from "../modules/forms.js";
import { Kept } from "../modules/kept.js";
import { marketNow } from "../modules/market_time.js";
import { KWH, PRICE, kwh, price, pt, typed } from "../modules/numbers.js";
import * as orders from "../modules/orders.js";
import { reveal } from "../modules/reveals.js";
import { session } from "../modules/session.js";
import { clock, day, dayAndClock, toLocal } from "../modules/times.js";
import { facts as pairs, state, table, waiting } from "../modules/tables.js";
import { t, word } from "../modules/words.js";

const asked = new URLSearchParams(location.search).get("book");
const mine = (path) => () => (session.account ? path : null);
const books = new Feed(() => (facts.data ? query("/books", { state: "committing", limit: 100 }) : null), { every: 15_000 });
const devices = new Feed(mine("/me/devices"), { every: 60_000 });
const balances = new Feed(mine("/me/balances"), { every: 20_000 });
const listed = new Feed(mine("/me/orders?limit=100"), { every: 15_000 });
const LOOK = { sealed: "warn", committed: "open", revealing: "warn", revealed: "open", traded: "good", settled: "good", missed: "bad", withheld: "bad" };
// What a book asks of sellers stands in its own answer.
const detail = new Feed(() => (chosenBook() ? `/books/${chosenBook().key}` : null), { every: 60_000 });
let kept = null;
let form = null;

const chosenBook = () => open().find((book) => book.key === document.getElementById("book")?.value);
const open = () => (books.data?.items ?? []).filter((book) => book.state === "committing").sort((a, b) => a.slot_start - b.slot_start);
const selling = () => document.querySelector("input[name=side]:checked")?.value === "sell";

function build() {
  const side = (value) => h("label", h("input", { type: "radio", name: "side", value, checked: value === "buy" }), t(`trade.${value}`));
  form = document.getElementById("order");
  form.replaceChildren(
    field("book", t("trade.book"), h("select"), t("trade.book_hint")),
    h("fieldset", h("legend", t("trade.side")), h("div.choice", side("buy"), side("sell"))),
    h("div", { id: "device-field", hidden: true }, field("from-device", t("trade.device"), h("select"), t("trade.device_hint"))),
    h("div.pair", field("wh", t("trade.amount"), number({ required: true }), t("trade.amount_hint")), field("price", t("trade.price"), number({ required: true }), t("trade.price_hint"))),
    field("size", t("trade.size"), select([["", t("trade.size_fitting")], ...orders.CEILINGS.map((most, place) => [place, t("trade.size_to", { most: kwh(most) })])]), t("trade.size_hint")),
    h("button.strong", { type: "submit", id: "seal" }, t("trade.seal")),
  );
  form.addEventListener("input", drawCost);
  form.addEventListener("change", () => {
    show("device-field", selling());
    drawCost();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    prepare();
  });
}

function drawForm() {
  const account = session.account;
  put("signed-out", account ? "" : invitation(t("trade.sign_in")));
  form.hidden = !account;
  drawBooks();
  options("from-device", (devices.data?.items ?? []).filter((one) => one.status === "certified" && one.direction === "injection").map((one) => [one.device, t("trade.device_name", { device: one.device, rated: kwh(one.rated_w).replace("kWh", "kW") })]));
  drawCost();
}

function drawBooks() {
  const name = (book) => `${word("carrier", book.carrier)} · ${book.zone} · ${day(book.slot_start)}, ${clock(book.slot_start)}`;
  options("book", open().map((book) => [book.key, t("trade.book_name", { book: name(book), until: clock(book.reveals_at) })]), asked);
  wrong("book", books.data && !open().length ? t("trade.no_book") : "");
}

// New options without losing what is chosen.
function options(id, list, first) {
  const element = document.getElementById(id);
  const now = element.value || first;
  if (JSON.stringify(list) === element.dataset.list) return;
  element.dataset.list = JSON.stringify(list);
  element.replaceChildren(...list.map(([value, text]) => h("option", { value, selected: String(value) === now }, text)));
}

/** What is in the form, as far as it can be read without complaint. */
function glimpse() {
  try {
    const wh = typed(document.getElementById("wh").value, KWH);
    const mpt = typed(document.getElementById("price").value, PRICE);
    return orders.classOf(wh) === undefined || mpt > orders.MOST_PRICE ? null : { wh, mpt };
  } catch {
    return null;
  }
}

function sizeOf(wh) {
  const named = document.getElementById("size").value;
  return Math.max(orders.classOf(wh), named === "" ? 0 : Number(named));
}

const dearest = () => (detail.data?.key === chosenBook()?.key ? BigInt(detail.data?.dearest_mpt ?? 0) : 0n);

const free = () => (balances.data?.items.length ? BigInt(balances.data.items[0].free_upt) : undefined);

function drawCost() {
  const found = glimpse();
  if (!found) return put("cost", h("p.empty", t("trade.cost_empty")));
  const { wh, mpt } = found;
  const size = sizeOf(wh);
  const bond = orders.bond(size);
  const first = bond + orders.KEEPER_FEE;
  const later = selling() ? orders.sellerLock(wh, mpt, dearest()) : orders.buyerLock(wh, mpt);
  const short = free() !== undefined && free() < (first > later ? first : later);
  put(
    "cost",
    h("p", t(selling() ? "trade.read_sell" : "trade.read_buy", { wh: kwh(wh), price: price(mpt), amount: pt(wh * mpt) })),
    h(
      "div.ledger",
      pairs([
        [t("trade.lock_now"), pt(first)],
        [t("trade.lock_reveal"), pt(later)],
        [t(selling() ? "trade.at_least" : "trade.at_most"), selling() ? pt(wh * mpt - (wh * mpt * 60n) / 10_000n) : pt(later)],
        [t("trade.if_missed"), pt(first)],
        [t("trade.free"), free() === undefined ? "–" : pt(free())],
      ]),
    ),
    short ? h("p.wrong", t("trade.short")) : "",
  );
}

function drawCourse() {
  const book = chosenBook();
  const time = (value) => (book ? clock(value) : "–");
  put("course", h("li", t("trade.step_seal", { until: time(book?.reveals_at) })), h("li", t("trade.step_reveal", { from: time(book?.reveals_at), until: time(book?.clears_at) })), h("li", t("trade.step_clear", { until: time(book?.slot_start) })), h("li", t("trade.step_settle")));
}

/** Seals what is in the form, keeps it, and offers to keep and to send it. */
async function prepare() {
  const book = chosenBook();
  wrong("book", book ? "" : t("trade.no_book"));
  const wh = amount("wh", KWH, { least: orders.LEAST_WH, most: orders.CEILINGS.at(-1) });
  const mpt = amount("price", PRICE, { most: orders.MOST_PRICE });
  const device = selling() ? Number(document.getElementById("from-device").value) : 0;
  if (selling()) wrong("from-device", device ? "" : t("trade.no_device"));
  const bad = !book ? "book" : wh === null ? "wh" : mpt === null ? "price" : selling() && !device ? "from-device" : null;
  if (bad) return document.getElementById(bad).focus();
  await doing(document.getElementById("seal"), "sending", async () => {
    const order = sealed(book, { sell: selling(), wh: Number(wh), price: Number(mpt), device, size_class: sizeOf(wh), number: await nextNumber(book.key) });
    kept.add(order);
    offer(order);
  });
  document.getElementById("send-order")?.focus();
}

function sealed(book, said) {
  const order = {
    ...said,
    trader: session.account,
    book: book.key,
    carrier: CARRIERS.indexOf(book.carrier),
    zone: book.zone,
    zone_number: book.zone_number ?? zoneNumber(book.zone),
    slot_start: book.slot_start,
    opens_at: book.opens_at,
    reveals_at: book.reveals_at,
    clears_at: book.clears_at,
    salt: orders.newSalt(),
    made_at: marketNow(),
    state: "sealed",
  };
  if (orders.bookKey(order.carrier, orders.zoneKey(book.zone), book.slot_start) !== book.key.toLowerCase()) throw new Error(t("trade.other_book"));
  return { ...order, seal: orders.seal(facts.data.chain_id, facts.data.contracts.Auction, order) };
}

// Numbers count a trader's orders in a book: those on the chain, and those that are on their way from here.
async function nextNumber(book) {
  const { items } = await get("/me/orders?limit=200");
  const there = items.filter((one) => one.book === book && one.trader === session.account);
  const sent = kept.of(session.account).filter((one) => one.book === book && one.state === "committed");
  const next = Math.max(-1, ...[...there, ...sent].map((one) => one.number)) + 1;
  if (next >= orders.MOST_ORDERS) throw new Error(t("trade.too_many"));
  return next;
}

function offer(order) {
  const send = h("button.strong", { type: "button", id: "send-order", onclick: () => doing(send, "said-order", (say) => commit(order, say)) }, t("trade.send"));
  const save = h("button", { type: "button", id: "save-order", onclick: () => saveFile([order]) }, t("trade.save"));
  setTimeout(() => {
    const what = `${t(order.sell ? "trade.sell" : "trade.buy")}: ${kwh(order.wh)}, ${price(order.price)}`;
    put("sending", h("div.ledger", { data: { key: order.seal } }, h("p", h("strong", t("trade.sealed", { slot: dayAndClock(order.slot_start) }))), h("p", what), h("p", t("trade.sealed_hint"))), h("div.buttons", save, send), h("div", { id: "said-order", role: "status" }));
    document.getElementById("send-order").focus();
  });
}

const saveFile = (some) => download(`wattbook-${some.length === 1 ? toLocal(some[0].slot_start).replace(/\D/g, "") : "orders"}-${some[0].seal.slice(2, 8)}.json`, kept.file(some));

async function commit(order, say) {
  // A seal binds its trader: sent by another it could never be revealed.
  if (order.trader !== session.account) throw new Error(t("session.other_account"));
  // The seal does not hold the number, and others may have been sent since.
  const number = await nextNumber(order.book);
  kept.update(order.seal, { number });
  const fields = { book: order.book, sizeClass: order.size_class, number, seal: order.seal };
  const data = called("commit", ["bytes32", "uint8", "uint8", "bytes32"], [order.book, order.size_class, number, order.seal]);
  await act("Commit", fields, { own: () => ({ contract: "Auction", data }), said: say });
  kept.update(order.seal, { state: "committed" });
  document.querySelector("#sending .buttons")?.remove();
  if (globalThis.Notification?.permission === "default") Notification.requestPermission();
  listed.refresh();
  return t("trade.committed", { from: clock(order.reveals_at), until: clock(order.clears_at) });
}

function drawKept() {
  if (!kept) return;
  const some = kept.of(session.account).sort((a, b) => b.slot_start - a.slot_start || b.made_at - a.made_at);
  const columns = [
    [t("market.slot"), (one) => dayAndClock(one.slot_start)],
    [t("trade.side"), (one) => t(one.sell ? "trade.sell" : "trade.buy")],
    [t("trade.amount"), (one) => kwh(one.wh), "number"],
    [t("trade.price"), (one) => price(one.price), "number"],
    [t("market.state"), (one) => state(LOOK[one.state] ?? "", word("kept", one.state))],
    ["", (one) => keptButtons(one)],
  ];
  put("kept", session.account ? table(t("trade.kept"), columns, some.slice(0, 40), { empty: t("trade.kept_empty"), mark: (one) => one.state === "committed" || one.state === "sealed" }) : h("p.empty", t("trade.sign_in")));
  const input = h("input.hidden", { type: "file", accept: "application/json,.json", id: "kept-file", onchange: takeUp });
  const tools = [h("button", { type: "button", disabled: !some.length, onclick: () => saveFile(some) }, t("trade.save_all")), h("label.button", { for: "kept-file" }, t("trade.take_up")), input];
  if (!document.getElementById("kept-file")) put("kept-tools", ...tools);
  else document.querySelector("#kept-tools button").disabled = !some.length;
}

function keptButtons(one) {
  const save = h("button.quiet", { type: "button", onclick: () => saveFile([one]) }, t("trade.save_short"));
  if (one.state === "sealed") return h("span.buttons", save, h("button", { type: "button", onclick: () => offer(one) }, t("trade.send")));
  if (one.state === "committed" && one.phase === "revealing") return h("span.buttons", save, h("button", { type: "button", onclick: () => reveal(kept, facts.data, one, true) }, t("reveal.now")));
  if (["settled", "void", "expired", "revealed"].includes(one.state)) return h("button.quiet", { type: "button", onclick: () => kept.drop(one.seal) }, t("trade.forget"));
  return save;
}

async function takeUp(event) {
  const [file] = event.target.files;
  try {
    const count = kept.take(await file.text());
    put("sending", h("p.said.good", { role: "status" }, t("trade.taken_up", { count })));
  } catch {
    put("sending", h("p.said.wrong", { role: "alert" }, t("trade.no_file")));
  }
  event.target.value = "";
}

function drawOrders() {
  if (!session.account) return put("orders", h("p.empty", t("trade.sign_in")));
  if (!listed.data) return put("orders", waiting(listed));
  const columns = [
    [t("market.slot"), (one) => dayAndClock(one.slot_start)],
    [t("trade.side"), (one) => (one.sell === null ? t("trade.still_sealed") : t(one.sell ? "trade.sell" : "trade.buy"))],
    [t("trade.amount"), (one) => (one.wh == null ? t("trade.up_to", { most: kwh(one.most_wh) }) : kwh(one.wh)), "number"],
    [t("trade.price"), (one) => (one.price_mpt == null ? "–" : price(one.price_mpt)), "number"],
    [t("trade.got"), (one) => (one.traded_wh == null ? "–" : kwh(one.traded_wh)), "number"],
    [t("trade.money"), (one) => (one.amount_upt == null ? "–" : pt(one.amount_upt)), "number"],
    [t("market.state"), (one) => state(LOOK[one.state] ?? "", word("order", one.state))],
  ];
  put("orders", table(t("trade.mine"), columns, listed.data.items, { empty: t("trade.none") }));
}

build();
books.on(() => {
  drawForm();
  drawCourse();
  detail.refresh();
});
detail.on(drawCost);
devices.on(drawForm);
balances.on(drawCost);
listed.on(drawOrders);
form.addEventListener("change", () => {
  drawCourse();
  if (detail.asked !== detail.path()) detail.refresh();
});
facts.on(() => {
  if (facts.data && !kept) kept = new Kept(facts.data);
  drawKept();
  if (facts.data && !books.data) books.refresh();
});
document.addEventListener("kept", drawKept);
let whose = null;
document.addEventListener("session", () => {
  if (whose !== session.account) {
    put("sending", "");
    [devices, balances, listed].forEach((feed) => (feed.data = undefined));
  }
  whose = session.account;
  [devices, balances, listed].forEach((feed) => feed.refresh());
  drawForm();
  drawKept();
  drawOrders();
});
begin();
[books, devices, balances, listed, detail].forEach((feed) => feed.start());
drawForm();
drawCourse();
