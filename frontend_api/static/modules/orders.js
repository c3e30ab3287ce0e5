// Orders of the auction: their seals, words and what they lock, as wattbook/market has them.

import { encode, keccak } from "./abi.js";
import { bytesOf, hex, random } from "./bytes.js";

export const CEILINGS = [10_000n, 100_000n, 1_000_000n, 10_000_000n];
export const LEAST_WH = 100n;
export const MOST_PRICE = 65_535n;
export const MOST_ORDERS = 16;
const BOND_RATE = 20n;
export const KEEPER_FEE = 50_000n;
const FEE_CAP = 60n;
const LEAST_MARGIN = 120n;

/** The smallest class that an order fits into; undefined when it fits into none. */
export function classOf(wh) {
  const found = CEILINGS.findIndex((ceiling) => BigInt(wh) <= ceiling);
  return found < 0 ? undefined : found;
}

export const bond = (sizeClass) => CEILINGS[sizeClass] * BOND_RATE;

/** What a revealed bid locks: its amount, and the highest commission on it, rounded up. */
export function buyerLock(wh, price) {
  const amount = BigInt(wh) * BigInt(price);
  return amount + (amount * FEE_CAP + 9_999n) / 10_000n;
}

/** What a revealed offer locks beside the energy. `dearest` is what replacing it from the pool may cost. */
export function sellerLock(wh, price, dearest = 0n) {
  const beyond = BigInt(dearest) - BigInt(price);
  return BigInt(wh) * (beyond > LEAST_MARGIN ? beyond : LEAST_MARGIN);
}

export const newSalt = () => hex(random(32));

/** The id of a device's energy in a slot. */
export function unitId(order) {
  const place = (BigInt(order.carrier) << 88n) | (BigInt(order.zone_number) << 72n);
  return place | (BigInt(order.device) << 40n) | BigInt(order.slot_start);
}

/** The commitment to an order, which nobody else can use, and not elsewhere. */
export function seal(chainId, auction, order) {
  const kinds = ["uint256", "address", "bytes32", "address", "bool", "uint256", "uint256", "uint256", "bytes32"];
  const unit = order.sell ? unitId(order) : 0n;
  const values = [chainId, auction, order.book, order.trader, order.sell, order.price, order.wh, unit, order.salt];
  return hex(keccak(encode(kinds, values)));
}

/** A revealed order as one word, with the index 0. */
export function word(order) {
  return (
    BigInt(order.trader) |
    (BigInt(order.wh) << 160n) |
    (BigInt(order.price) << 200n) |
    (BigInt(order.sell ? 1 : 0) << 216n) |
    (BigInt(order.number) << 231n) |
    (BigInt(order.device) << 235n)
  );
}

/** The key of a book: a carrier, in a zone (by its 32 bytes), in a slot. */
export function bookKey(carrier, zone, slotStart) {
  return hex(keccak(encode(["uint8", "bytes32", "uint40"], [carrier, zone, slotStart])));
}

/** The 32 bytes of a zone's name. */
export function zoneKey(name) {
  const bytes = new TextEncoder().encode(name);
  const key = bytesOf(0, 32);
  key.set(bytes);
  return hex(key);
}
