// Sees to it that no order is forgotten: on every page the orders kept here are looked after, revealed when it is time,
// and their owner is warned by title, banner and, if he allowed it, a notification. One tab at a time does it.

import { called } from "./abi.js";
import { relayed, transact } from "./actions.js";
import { Trouble, get } from "./api.js";
import { h, put } from "./dom.js";
import { known } from "./facts.js";
import { Kept } from "./kept.js";
import { KEEPER_FEE, bond, word as wordOf } from "./orders.js";
import { pt } from "./numbers.js";
import { marketNow } from "./market_time.js";
import { lost, session, signIn, wrongChain } from "./session.js";
import { clock, left } from "./times.js";
import { t } from "./words.js";
import { refusal } from "./wallet.js";

const EVERY = 4_000;
const SLOWEST = 60_000;
const notified = new Set();
const title = document.title;
let busy = false;
let trouble = null;
// By seal: when an order that could not be revealed is tried again, and how long to wait after that.
const rests = new Map();
let drawnShape = "[[],[],false,null]";

export async function lookAfter() {
  const market = await known();
  const kept = new Kept(market);
  setInterval(() => draw(kept), 1_000);
  const round = () => navigator.locks.request("wattbook-reveals", { ifAvailable: true }, (lock) => lock && all(kept, market));
  setInterval(round, EVERY);
  document.addEventListener("session", round);
  document.addEventListener("kept", () => draw(kept));
  await round();
}

// By what the index says, or by the clock while it says nothing.
const isDue = (order) => {
  if (order.state !== "committed") return false;
  return order.phase === "revealing" || (order.reveals_at <= marketNow() && marketNow() < order.clears_at);
};
const UNKNOWN_AFTER = 2_000;

async function all(kept, market) {
  const open = kept.all().filter((order) => !["revealed", "missed", "settled", "void"].includes(order.state));
  open.sort((a, b) => a.clears_at - b.clears_at);
  const books = new Map();
  for (const order of open) {
    if (marketNow() < order.opens_at) continue;
    try {
      if (!books.has(order.book)) books.set(order.book, await get(`/books/${order.book}`));
      await follow(kept, market, order, books.get(order.book));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
    }
  }
}

/** What became of an order, by its book; reveals it when the book's orders are being revealed. */
async function follow(kept, market, order, book) {
  const state = book.state;
  let { place, number } = order;
  if (place === undefined || place === null || state === "revealing" || order.state === "committed") {
    const found = await mine(order);
    if (found && order.state === "sealed") kept.update(order.seal, { state: "committed" });
    if (found) ({ place, number } = found);
    if (found?.opened) return kept.update(order.seal, { state: "revealed", place, phase: state });
  }
  const committed = place !== undefined && place !== null;
  kept.update(order.seal, { place, number, phase: state, ...(committed ? { state: "committed" } : {}) });
  const over = ["clearing", "cleared", "settled", "void"].includes(state);
  if (over) return kept.update(order.seal, { state: !committed ? "expired" : state === "void" ? "void" : "missed" });
  if (state !== "revealing" || !committed || !market.relay || Date.now() < (rests.get(order.seal)?.next ?? 0)) return;
  if (session.account) await reveal(kept, market, { ...kept.all().find((one) => one.seal === order.seal), place });
  else trouble = t("reveal.sign_in");
}

async function mine(order) {
  const page = await get(`/orders?trader=${order.trader}&limit=200`);
  return page.items.find((one) => one.seal?.toLowerCase() === order.seal);
}

/** Opens an order. Before that the wallet's own view of the chain, if there is one, must agree that it is time. By hand
 * it goes by one's own wallet where the relay fails. */
export async function reveal(kept, market, order, byHand = false) {
  if (busy || !(await isTime(order))) return;
  busy = true;
  trouble = null;
  try {
    const opening = [wordOf(order).toString(), order.salt];
    const own = () => {
      const data = called("reveal", ["bytes32", [["uint256", "bytes32"], "[]"]], [order.book, [opening]]);
      return transact(() => ({ contract: "Auction", data }));
    };
    if (market.relay) {
      try {
        if (!session.account) await signIn();
        await relayed("Reveal", { book: order.book, openings: [{ order: opening[0], salt: opening[1] }] });
      } catch (error) {
        lost(error);
        if (!byHand || !session.provider || error.code === 4001) throw error;
        await own();
      }
    } else await own();
    kept.update(order.seal, { state: "revealed" });
    rests.delete(order.seal);
  } catch (error) {
    lost(error);
    trouble = refusal(error);
    const pause = rests.get(order.seal)?.pause ?? EVERY;
    rests.set(order.seal, { next: Date.now() + pause, pause: Math.min(2 * pause, SLOWEST) });
  } finally {
    busy = false;
    draw(kept);
  }
}

async function isTime(order) {
  if (!session.provider || wrongChain()) return true;
  try {
    // A wallet that never answers must not keep the order.
    const asked = session.provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
    const block = await Promise.race([asked, new Promise((done) => setTimeout(done, UNKNOWN_AFTER))]);
    return !block || Number(BigInt(block.timestamp)) >= order.reveals_at;
  } catch {
    return true;
  }
}

function draw(kept) {
  const orders = kept.all();
  const due = orders.filter((order) => isDue(order)).sort((a, b) => a.clears_at - b.clears_at);
  const missed = orders.filter((order) => order.state === "missed" && !order.seen);
  document.title = due.length ? `${left(due[0].clears_at - marketNow())} ${t("reveal.title")} · Wattbook` : title;
  // Made anew only when something changed, so that it is not read out each second; the seconds are filled in.
  const shape = JSON.stringify([due.map((one) => one.seal), missed.map((one) => one.seal), busy, trouble]);
  if (shape !== drawnShape) put("urgent", due.map((order) => warning(kept, order)), missed.map((order) => loss(kept, order)));
  drawnShape = shape;
  for (const span of document.querySelectorAll("#urgent [data-until]")) span.textContent = t("reveal.left", { left: left(Number(span.dataset.until) - marketNow()) });
  due.forEach(notify);
}

function warning(kept, order) {
  const act = async () => reveal(kept, await known(), order, true);
  return h(
    "div.banner.due",
    h("strong", t("reveal.due", { slot: clock(order.slot_start), until: clock(order.clears_at) })),
    h("span", { "aria-live": "off", data: { until: order.clears_at } }),
    h("span", t("reveal.cost", { bond: pt(bond(order.size_class) + KEEPER_FEE) })),
    trouble ? h("span.wrong", ` ${trouble}`) : "",
    h("button", { type: "button", onclick: act, disabled: busy, data: { key: `reveal-${order.seal}` } }, busy ? t("reveal.doing") : t("reveal.now")),
  );
}

function loss(kept, order) {
  return h(
    "div.banner.lost",
    h("strong", t("reveal.missed", { slot: clock(order.slot_start) })),
    ` ${t("reveal.missed_cost", { bond: pt(bond(order.size_class) + KEEPER_FEE) })} `,
    h("button.quiet", { type: "button", onclick: () => kept.update(order.seal, { seen: true }) }, t("reveal.seen")),
  );
}

function notify(order) {
  const third = order.clears_at - marketNow() < (order.clears_at - order.reveals_at) / 3;
  const key = order.seal + third;
  if (notified.has(key) || globalThis.Notification?.permission !== "granted") return;
  notified.add(key);
  const notification = new Notification(t("reveal.due", { slot: clock(order.slot_start), until: clock(order.clears_at) }), {
    body: t("reveal.cost", { bond: pt(bond(order.size_class) + KEEPER_FEE) }),
    tag: order.seal,
    requireInteraction: true,
  });
  notification.onclick = () => window.focus();
}
