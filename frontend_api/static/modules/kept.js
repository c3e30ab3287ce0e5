// Orders with their salts, kept in this browser. Whoever has no salt any more can never reveal, and loses the bond.

import * as orders from "./orders.js";

const KIND = "wattbook-orders-1";
const CHANGED = "kept";

const keyOf = (market) => `wattbook.orders.${market.chain_id}.${market.contracts.Auction.toLowerCase()}`;

export class Kept {
  constructor(market) {
    this.market = market;
    this.key = keyOf(market);
  }

  /** All orders, of every account that ordered in this browser. */
  all() {
    const text = localStorage.getItem(this.key);
    return text ? JSON.parse(text) : [];
  }

  of(account) {
    return this.all().filter((order) => order.trader.toLowerCase() === account?.toLowerCase());
  }

  /** Writes an order down, and reads it back: nothing is sent that was not kept. */
  add(order) {
    this.write([...this.all().filter((one) => one.seal !== order.seal), order]);
    if (!this.all().some((one) => one.seal === order.seal && one.salt === order.salt)) throw new Error("not kept");
    navigator.storage?.persist?.();
  }

  update(seal, changes) {
    this.write(this.all().map((one) => (one.seal === seal ? { ...one, ...changes } : one)));
  }

  drop(seal) {
    this.write(this.all().filter((one) => one.seal !== seal));
  }

  /** Only what is new: who writes the same again could overwrite what another tab has added. */
  write(list) {
    const text = JSON.stringify(list);
    if (text === localStorage.getItem(this.key)) return;
    localStorage.setItem(this.key, text);
    document.dispatchEvent(new CustomEvent(CHANGED));
  }

  /** The content of a file from which the orders can be taken up again, here or elsewhere. */
  file(list) {
    return JSON.stringify({ kind: KIND, chain_id: this.market.chain_id, auction: this.market.contracts.Auction, orders: list }, null, 2);
  }

  /** Takes up the orders in such a file; how many were new. Throws when it is of another market, or no such file. */
  take(text) {
    const said = JSON.parse(text);
    const ours = said.kind === KIND && said.chain_id === this.market.chain_id && keyOf({ chain_id: said.chain_id, contracts: { Auction: said.auction } }) === this.key;
    const whole = ours && said.orders.every((one) => this.isWhole(one));
    if (!whole) throw new Error("no file of orders");
    const known = new Set(this.all().map((one) => one.seal));
    // What became of them since, the index says.
    const fresh = said.orders.filter((one) => !known.has(one.seal)).map((one) => ({ ...one, state: "sealed", place: null, phase: null }));
    this.write([...this.all(), ...fresh]);
    return fresh.length;
  }

  /** Whether an order and its salt make the seal that stands beside them. */
  isWhole(one) {
    const named = /^0x[0-9a-f]{64}$/.test(one.salt) && /^0x[0-9a-fA-F]{40}$/.test(one.trader) && orders.CEILINGS[one.size_class] !== undefined;
    const timed = [one.slot_start, one.opens_at, one.reveals_at, one.clears_at].every(Number.isInteger);
    return named && timed && orders.seal(this.market.chain_id, this.market.contracts.Auction, one) === one.seal;
  }
}
