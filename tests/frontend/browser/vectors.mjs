// Reads a list of questions as JSON, and answers each by the pages' own modules.
import { readFileSync } from "node:fs";

const modules = new URL("../../../frontend_api/static/modules/", import.meta.url);
const load = (name) => import(new URL(name, modules).href);
const [numbers, times, orders, boxes, typedData, abi] = await Promise.all(
  ["numbers.js", "times.js", "orders.js", "boxes.js", "typed_data.js", "abi.js"].map(load),
);
const room = (one) => ({ chainId: one.chain_id, contract: one.contract, tender: one.tender });

const answers = {
  seal: ({ chain_id, auction, order }) => [orders.seal(chain_id, auction, order), String(orders.word(order))],
  book: ({ carrier, zone, slot_start }) => orders.bookKey(carrier, orders.zoneKey(zone), slot_start),
  locks: ({ wh, price, dearest }) =>
    [orders.buyerLock(wh, price), orders.sellerLock(wh, price, dearest), orders.bond(orders.classOf(wh))].map(String),
  box: (one) => boxes.sealed(room(one), one.trader, one.key, BigInt(one.wh), BigInt(one.price), one.drawn.map(BigInt)),
  sealed: (one) => boxes.sealed(room(one), one.trader, one.key, BigInt(one.wh), BigInt(one.price)),
  opened: (one) => {
    const found = boxes.opened(room(one), one.trader, one.secret, one.box, one.hash);
    return found && { wh: String(found.wh), price: String(found.price), salt: found.salt };
  },
  key: ({ drawn }) => boxes.freshKey(BigInt(drawn)),
  digest: ({ document }) => "0x" + Buffer.from(typedData.digest(document)).toString("hex"),
  meter: ({ document }) => {
    const key = typedData.meterKey();
    return [key, typedData.signedBy(key.secret, typedData.digest(document))];
  },
  call: ({ name, kinds, values }) => abi.called(name, kinds, values),
  checksummed: ({ address }) => abi.checksummed(address),
  typed: ({ text, unit }) => {
    try {
      return String(numbers.typed(text, numbers[unit]));
    } catch (error) {
      return error.reason;
    }
  },
  shown: ({ value, unit }) => numbers.shown(value, numbers[unit]),
  rounded: ({ value, unit, decimals }) => numbers.rounded(value, numbers[unit], decimals),
  local: ({ text, zone }) => times.fromLocal(text, zone),
  day: ({ time, zone }) => times.dayOf(time, zone),
  left: ({ seconds }) => times.left(seconds),
};

const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(([what, question]) => answers[what](question))));
