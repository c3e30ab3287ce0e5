// Quotes that only the owner of a tender can read, exactly as wattbook/tender/boxes.py makes them (docs/tender.md).

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { encode, keccak } from "./abi.js";
import { bigOf, bytesOf, fromHex, hex, join, random, xor } from "./bytes.js";

const { Point } = secp256k1;
const ORDER = Point.Fn.ORDER;
export const MOST_WH = (1n << 40n) - 1n;
export const MOST_PRICE = 65_535n;

/** A key for one tender, whose point has an even y. */
export function freshKey(drawn) {
  const secret = even(drawn ?? randomScalar());
  return { secret: hex(bytesOf(secret, 32)), public: hex(xOf(Point.BASE.multiply(secret))) };
}

/** The box for the owner's key, the quote's hash that goes with it, and the salt, which proves what was quoted.
 * `drawn` are the two secret numbers, drawn at random unless a test gives them. */
export function sealed(room, trader, key, wh, price, drawn = [randomScalar(), randomScalar()]) {
  if (wh <= 0n || wh > MOST_WH || price < 0n || price > MOST_PRICE) throw new Error("no such quote");
  const secret = even(drawn[0]);
  const point = xOf(Point.BASE.multiply(secret));
  const pad = padOf(room, trader, point, pointOf(key).multiply(secret));
  const salt = saltOf(pad);
  const [challenge, response] = known(room, trader, secret, point, drawn[1]);
  const box = {
    point: bigOf(point).toString(),
    masked: hex(xor(plainOf(pad, wh, price), pad)),
    challenge: challenge.toString(),
    response: response.toString(),
  };
  return { box, hash: quoteHash(room, trader, wh, price, salt), salt: hex(salt) };
}

/** What a box says: null when it is not this trader's, for this tender and key, was changed, or has another hash. */
export function opened(room, trader, secret, box, hash) {
  const point = bytesOf(BigInt(box.point), 32);
  let shared;
  try {
    shared = pointOf(hex(point)).multiply(BigInt(secret));
  } catch {
    return null;
  }
  const pad = padOf(room, trader, point, shared);
  const plain = xor(fromHex(box.masked), pad);
  const order = bigOf(plain.slice(0, 16));
  const [wh, price] = [order & MOST_WH, order >> 40n];
  if (price > MOST_PRICE || hex(plain) !== hex(plainOf(pad, wh, price))) return null;
  const salt = saltOf(pad);
  if (hash && quoteHash(room, trader, wh, price, salt) !== hash.toLowerCase()) return null;
  return { wh, price, salt: hex(salt) };
}

/** What binds a trader to his quote and tells nobody. */
export function quoteHash(room, trader, wh, price, salt) {
  const kinds = ["uint256", "address", "bytes32", "address", "bool", "uint256", "uint256", "uint256", "bytes32"];
  const values = [room.chainId, room.contract, bytesOf(room.tender, 32), trader, false, price, wh, 0, salt];
  return hex(keccak(encode(kinds, values)));
}

function randomScalar() {
  // Drawn again until it is one of the curve: each is as likely as any other.
  for (;;) {
    const drawn = bigOf(random(32));
    if (drawn > 0n && drawn < ORDER) return drawn;
  }
}

function even(secret) {
  const { x, y } = Point.BASE.multiply(secret).toAffine();
  if (x >= ORDER) throw new Error("one in 2**127 keys cannot be used");
  return y % 2n ? ORDER - secret : secret;
}

const xOf = (point) => bytesOf(point.toAffine().x, 32);
const pointOf = (x) => Point.fromHex("02" + x.slice(2));
const addressOf = (point) => hex(keccak(point.toBytes(false).slice(1)).slice(-20));

function padOf(room, trader, point, shared) {
  const kinds = ["string", "uint256", "address", "uint256", "address", "bytes32", "address"];
  return keccak(encode(kinds, ["PT-QUOTE-1", room.chainId, room.contract, room.tender, trader, point, addressOf(shared)]));
}

function saltOf(pad) {
  return keccak(encode(["string", "bytes32"], ["PT-QUOTE-SALT-1", pad]));
}

function plainOf(pad, wh, price) {
  const order = (BigInt(price) << 40n) | BigInt(wh);
  return join(bytesOf(order, 16), keccak(encode(["bytes32", "uint128"], [pad, order])).slice(-16));
}

/** The proof that a trader knows the number behind his point. */
function known(room, trader, secret, point, blind) {
  const kinds = ["string", "uint256", "address", "uint32", "address", "uint256", "address"];
  const first = addressOf(Point.BASE.multiply(blind));
  const said = ["PT-QUOTE-KNOWN-1", room.chainId, room.contract, room.tender, trader, bigOf(point), first];
  const challenge = bigOf(keccak(encode(kinds, said))) % ORDER;
  return [challenge, (blind + challenge * secret) % ORDER];
}
