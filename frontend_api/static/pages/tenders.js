// The tender room: what is offered, a quote that only its owner can read, and for the owner what was quoted.

import { called } from "../modules/abi.js";
import { act, transact } from "../modules/actions.js";
import { all, query } from "../modules/api.js";
import { bytesOf, hex } from "../modules/bytes.js";
import { freshKey, opened, sealed, MOST_PRICE } from "../modules/boxes.js";
import { address, download, h, put, show } from "../modules/dom.js";
import { Feed } from "../modules/feed.js";
import { facts } from "../modules/facts.js";
import { begin, invitation } from "../modules/frame.js";
import { amount, doing, field, number, select, wrong } from "../modules/forms.js";
import * as keys from "../modules/keys.js";
import { KWH, PRICE, kwh, price, pt, shown, typed } from "../modules/numbers.js";
import { session } from "../modules/session.js";
import { full, fromLocal, span } from "../modules/times.js";
import { facts as pairs, state, table, waiting } from "../modules/tables.js";
import { t, word } from "../modules/words.js";

const chosen = Number(new URLSearchParams(location.search).get("tender")) || null;
const LOOK = { quoting: "open", deciding: "open", overdue: "warn", active: "open", funded: "open", awarded: "good", expired: "bad", executed: "good", terminated: "bad", firm: "open", rejected: "bad", voided: "bad" };
let which = "";

const list = new Feed(() => query("/tenders", { state: which, limit: 50 }), { every: 30_000, keep: true });
const one = new Feed(() => (chosen ? `/tenders/${chosen}` : null), { every: 20_000, keep: true });
const quotes = new Feed(() => (chosen ? `/tenders/${chosen}/quotes` : null), { every: 20_000, load: (path) => all(path) });
const devices = new Feed(() => (session.account ? "/me/devices" : null), { every: 120_000 });

const isOwner = () => session.account && one.data?.owner?.toLowerCase() === session.account.toLowerCase();
const room = () => ({ chainId: facts.data.chain_id, contract: facts.data.contracts.Tenders, tender: chosen });
const quoting = () => one.data?.state === "quoting";
const keyOf = (tender) => {
  const { key } = tender.terms;
  return String(key).startsWith("0x") ? String(key) : hex(bytesOf(key, 32));
};

function drawWhich() {
  const states = ["", "quoting", "deciding", "overdue", "awarded", "declined", "expired"].map((name) => [name, name ? word("state", name) : t("tender.all")]);
  const element = select(states, which);
  element.addEventListener("change", () => {
    which = element.value;
    list.refresh();
  });
  put("which", field("state", t("market.state"), element));
}

function drawList() {
  if (!list.data) return put("tenders", waiting(list));
  const columns = [
    [t("tender.number"), (tender) => h("a", { href: `/tenders?tender=${tender.tender}` }, t("tender.name", { number: tender.tender }))],
    [t("tender.what"), (tender) => word("carrier", tender.carrier)],
    [t("trade.amount"), (tender) => kwh(tender.wh), "number"],
    [t("tender.reserve"), (tender) => price(tender.reserve_mpt), "number"],
    [t("tender.delivery"), (tender) => span(tender.delivery_start, tender.delivery_end)],
    [t("tender.quotes_until"), (tender) => full(tender.quote_end)],
    [t("market.state"), (tender) => state(LOOK[tender.state] ?? "", word("state", tender.state))],
  ];
  put("tenders", table(t("tender.list"), columns, list.data.items, { empty: t("tender.none"), mark: (tender) => tender.tender === chosen }));
}

function drawOne() {
  show("one", Boolean(chosen));
  if (!chosen) return;
  const tender = one.data;
  put("tender-heading", t("tender.name", { number: chosen }));
  if (!tender) return put("terms", waiting(one));
  const { terms } = tender;
  const share = (bps) => `${shown(bps, { decimals: 2, least: 0 })} %`;
  put(
    "terms",
    h(
      "div.columns",
      pairs([
        [t("market.state"), state(LOOK[tender.state] ?? "", word("state", tender.state))],
        [t("tender.owner"), address(tender.owner)],
        [t("tender.what"), `${word("carrier", tender.carrier)} · ${tender.zone}`],
        [t("trade.device"), `#${tender.device}`],
        [t("trade.amount"), kwh(tender.wh)],
        [t("tender.reserve"), price(tender.reserve_mpt)],
      ]),
      pairs([
        [t("tender.delivery"), span(tender.delivery_start, tender.delivery_end)],
        [t("tender.quotes_until"), full(tender.quote_end)],
        [t("tender.decides_until"), full(tender.decide_end)],
        [t("tender.margins"), `${share(terms.ownerMarginBps)} / ${share(terms.userMarginBps)}`],
        [t("tender.tolerance"), share(terms.toleranceBps)],
        [t("tender.bond"), pt(tender.bond_upt)],
      ]),
    ),
  );
  drawQuoting(tender);
  drawOpening(tender);
  drawSupplies(tender);
}

function drawQuoting(tender) {
  if (isOwner() || !quoting()) return put("quoting", isOwner() ? "" : h("p.empty", t("tender.no_quotes_now")));
  if (!session.account) return put("quoting", invitation(t("tender.sign_in")));
  if (document.getElementById("quote")) return;
  const form = h(
    "form",
    { id: "quote", novalidate: true },
    h("h3", t("tender.quote")),
    h("p", t("tender.quote_hint", { bond: pt(tender.bond_upt) })),
    h("div.pair", field("quote-wh", t("trade.amount"), number(), t("trade.amount_hint")), field("quote-price", t("trade.price"), number(), t("trade.price_hint"))),
    h("button.strong", { type: "submit", id: "make-quote" }, t("tender.make")),
    h("div", { id: "quote-said", role: "status" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(document.getElementById("make-quote"), "quote-said", makeQuote);
  });
  put("quoting", form);
}

async function makeQuote(say) {
  const wh = amount("quote-wh", KWH, { least: 1n, most: BigInt(one.data.wh) });
  const least = BigInt(one.data.reserve_mpt);
  const mpt = amount("quote-price", PRICE, { least, most: MOST_PRICE });
  if (wh === null || mpt === null) return document.getElementById(wh === null ? "quote-wh" : "quote-price").focus();
  const { box, hash, salt } = sealed(room(), session.account, keyOf(one.data), wh, mpt);
  download(`wattbook-quote-${chosen}-${hash.slice(2, 8)}.json`, JSON.stringify({ kind: "wattbook-quote-1", tender: chosen, wh: String(wh), price: String(mpt), salt, hash, box }, null, 2));
  const fields = { tender: chosen, hash, point: box.point, masked: box.masked, challenge: box.challenge, response: box.response };
  const data = called("quote", ["uint32", "bytes32", ["uint256", "bytes32", "uint256", "uint256"]], [chosen, hash, [box.point, box.masked, box.challenge, box.response]]);
  await act("Quote", fields, { own: () => ({ contract: "Tenders", data }), said: say });
  quotes.refresh();
  return t("tender.quoted");
}

const boxOf = (quote) => quote.box && { point: quote.box.point, masked: quote.box.masked, challenge: quote.box.challenge, response: quote.box.response };

/** What a quote says: for all once it was awarded, for the owner before, for its trader never again without his file. */
function readQuote(quote, secret) {
  if (quote.wh !== null && quote.wh !== undefined) return { wh: BigInt(quote.wh), price: BigInt(quote.price_mpt) };
  if (!secret || !quote.box) return null;
  return opened(room(), quote.trader, secret, boxOf(quote), quote.hash);
}

function drawOpening(tender) {
  if (!quotes.data || !facts.data) return put("opening", waiting(quotes));
  const secret = isOwner() ? keys.secretOf(keyOf(tender)) : null;
  const readings = new Map(quotes.data.map((quote) => [quote.quote, readQuote(quote, secret)]));
  const mayAward = isOwner() && secret && tender.state === "deciding";
  const columns = [
    [t("tender.quote_number"), (quote) => `${quote.quote}`],
    [t("tender.from"), (quote) => address(quote.trader)],
    [t("trade.amount"), (quote) => (readings.get(quote.quote) ? kwh(readings.get(quote.quote).wh) : t("tender.sealed")), "number"],
    [t("trade.price"), (quote) => (readings.get(quote.quote) ? price(readings.get(quote.quote).price) : "–"), "number"],
    [t("market.state"), (quote) => state(LOOK[quote.state] ?? "", word("state", quote.state))],
    ...(mayAward ? [[t("tender.take"), (quote) => (readings.get(quote.quote) && quote.state === "firm" ? number({ id: `take-${quote.quote}`, "aria-label": t("tender.take_of", { quote: quote.quote }), data: { quote: quote.quote, key: `take-${quote.quote}` } }) : "")]] : []),
  ];
  put(
    "opening",
    h("h3", t("tender.quotes", { count: quotes.data.length })),
    isOwner() && !secret ? keyMissing() : "",
    table(t("tender.quotes", { count: quotes.data.length }), columns, quotes.data, { empty: t("tender.no_quotes") }),
    mayAward ? h("div.buttons", h("button.strong", { type: "button", id: "award", onclick: (event) => doing(event.target, "award-said", (say) => award(readings, say)) }, t("tender.award")), h("button", { type: "button", onclick: (event) => doing(event.target, "award-said", decline) }, t("tender.decline"))) : "",
    h("div", { id: "award-said", role: "status" }),
  );
}

function keyMissing() {
  const input = h("input", { type: "file", accept: ".keys,.json,application/json", onchange: async (event) => {
    try {
      keys.take(await event.target.files[0].text());
      drawOne();
    } catch {
      wrong("key-file", t("tender.no_keys"));
    }
  } });
  return h("div.ledger", h("p", t("tender.key_missing")), field("key-file", t("tender.key_file"), input));
}

async function award(readings, say) {
  const awards = [];
  for (const input of document.querySelectorAll("#opening input[data-quote]")) {
    if (input.value.trim() === "") continue;
    const quote = quotes.data.find((each) => String(each.quote) === input.dataset.quote);
    const reading = readings.get(quote.quote);
    const box = boxOf(quote);
    let wh;
    try {
      wh = typed(input.value, KWH);
    } catch (error) {
      throw new Error(t(`wrong.${error.reason}`));
    }
    if (wh <= 0n || wh > reading.wh) throw new Error(t("tender.too_much", { quote: quote.quote, most: kwh(reading.wh) }));
    awards.push([quote.quote, wh, reading.wh, reading.price, reading.salt, [box.point, box.masked, box.challenge, box.response]]);
  }
  if (!awards.length) throw new Error(t("tender.take_none"));
  const kind = ["uint16", "uint40", "uint40", "uint16", "bytes32", ["uint256", "bytes32", "uint256", "uint256"]];
  await transact(() => ({ contract: "Tenders", data: called("award", ["uint32", [kind, "[]"]], [chosen, awards]) }), say);
  one.refresh();
  return t("tender.awarded");
}

async function decline(say) {
  await transact(() => ({ contract: "Tenders", data: called("decline", ["uint32"], [chosen]) }), say);
  one.refresh();
  return t("tender.declined");
}

function drawSupplies(tender) {
  const some = tender.supplies ?? [];
  if (!some.length) return put("supplies", "");
  const columns = [
    [t("tender.supply"), (supply) => `${supply.supply}`],
    [t("tender.from"), (supply) => address(supply.user)],
    [t("trade.amount"), (supply) => kwh(supply.wh), "number"],
    [t("trade.price"), (supply) => price(supply.price_mpt), "number"],
    [t("market.state"), (supply) => state(LOOK[supply.state] ?? "open", word("state", supply.state))],
  ];
  put("supplies", h("h3", t("tender.supplies")), table(t("tender.supplies"), columns, some));
}

// ----------------------------------------------------------------------------------------------------------- publishing

function drawPublish() {
  const mine = (devices.data?.items ?? []).filter((device) => device.status === "certified" && device.direction === "injection");
  show("publishing", Boolean(session.account && mine.length));
  const form = document.getElementById("publish");
  if (form.childElementCount || !mine.length) return;
  const time = (id) => field(id, t(`tender.${id.replaceAll("-", "_")}`), h("input", { type: "datetime-local", step: 900 }));
  form.append(
    h("div.pair", field("pub-device", t("trade.device"), select(mine.map((device) => [device.device, `#${device.device}`]))), field("pub-wh", t("trade.amount"), number(), t("trade.amount_hint")), field("pub-reserve", t("tender.reserve"), number({ value: "0" }), t("trade.price_hint"))),
    h("div.pair", time("pub-from"), time("pub-until")),
    h("div.pair", time("pub-quotes"), time("pub-decides")),
    h("label.check", h("input", { type: "checkbox", id: "pub-escrow" }), t("tender.escrow")),
    h("button.strong", { type: "submit", id: "make-tender" }, t("tender.publish_now")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(document.getElementById("make-tender"), "published", publish);
  });
}

function timeOf(id) {
  const found = fromLocal(document.getElementById(id).value);
  wrong(id, found.length === 1 ? "" : t(found.length ? "wrong.twice" : "wrong.no_time"));
  return found.length === 1 ? found[0] : null;
}

async function publish(say) {
  const wh = amount("pub-wh", KWH, { least: 1n });
  const reserve = amount("pub-reserve", PRICE, { most: MOST_PRICE });
  const times = ["pub-from", "pub-until", "pub-quotes", "pub-decides"].map(timeOf);
  if (wh === null || reserve === null || times.includes(null)) return "";
  const key = freshKey();
  keys.keep(key.public, key.secret);
  download("tender.keys", keys.file());
  const kinds = ["uint32", "uint40", "uint16", ...Array(4).fill("uint40"), ...Array(5).fill("uint16"), "bool", "uint256"];
  const terms = [Number(document.getElementById("pub-device").value), wh, reserve, ...times, 2000, 2000, 300, 2000, 2000, document.getElementById("pub-escrow").checked, key.public];
  await transact(() => ({ contract: "Tenders", data: called("publish", [kinds], [terms]) }), say);
  list.refresh();
  return t("tender.published");
}

list.on(drawList);
[one, quotes, facts].forEach((feed) => feed.on(drawOne));
devices.on(drawPublish);
document.addEventListener("session", () => {
  devices.refresh();
  drawOne();
  drawPublish();
});
begin();
drawWhich();
[list, one, quotes, devices].forEach((feed) => feed.start());
drawList();
drawOne();
