// What contracts read: the ABI's encoding, hashes, calls.

import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesOf, fromHex, hex, join } from "./bytes.js";

const text = new TextEncoder();

export const keccak = keccak_256;

/** Arguments by their kinds; a tuple's kind is a list of kinds, and `[kinds, "[]"]` is a list of such. */
export function encode(kinds, values) {
  if (kinds.length !== values.length) throw new Error("not as many values as kinds");
  const parts = kinds.map((kind, place) => [isDynamic(kind), encoded(kind, values[place])]);
  let tail = parts.reduce((sum, [dynamic, bytes]) => sum + (dynamic ? 32 : bytes.length), 0);
  const heads = [];
  const tails = [];
  for (const [dynamic, bytes] of parts) {
    heads.push(dynamic ? bytesOf(tail, 32) : bytes);
    if (dynamic) {
      tails.push(bytes);
      tail += bytes.length;
    }
  }
  return join(...heads, ...tails);
}

/** The data of a call: `called("retire", ["uint256"], [7])`. */
export function called(name, kinds, values) {
  const selector = keccak(text.encode(`${name}(${kinds.map(spelled).join(",")})`)).slice(0, 4);
  return hex(join(selector, encode(kinds, values)));
}

const isList = (kind) => Array.isArray(kind) && kind[1] === "[]";

function spelled(kind) {
  if (isList(kind)) return `${spelled(kind[0])}[]`;
  return Array.isArray(kind) ? `(${kind.map(spelled).join(",")})` : kind;
}

function isDynamic(kind) {
  if (isList(kind)) return true;
  return Array.isArray(kind) ? kind.some(isDynamic) : kind === "string" || kind === "bytes";
}

function encoded(kind, value) {
  if (isList(kind)) return join(bytesOf(value.length, 32), encode(value.map(() => kind[0]), value));
  if (Array.isArray(kind)) return encode(kind, value);
  if (kind === "string" || kind === "bytes") {
    const bytes = kind === "string" ? text.encode(value) : asBytes(value);
    return join(bytesOf(bytes.length, 32), bytes, new Uint8Array((32 - (bytes.length % 32)) % 32));
  }
  if (kind === "bool") return bytesOf(value ? 1 : 0, 32);
  if (kind === "address") return bytesOf(BigInt(value), 32).fill(0, 0, 12);
  const size = Number(/\d+$/.exec(kind)?.[0]);
  if (kind.startsWith("uint")) return join(new Uint8Array(32 - size / 8), bytesOf(value, size / 8));
  if (kind.startsWith("bytes")) {
    const bytes = asBytes(value);
    if (bytes.length !== size) throw new Error(`no ${kind}`);
    return join(bytes, new Uint8Array(32 - size));
  }
  throw new Error(`unknown kind ${kind}`);
}

function asBytes(value) {
  return typeof value === "string" ? fromHex(value) : value;
}

/** An address with the capitals of EIP-55. */
export function checksummed(address) {
  const small = address.toLowerCase().slice(2);
  const digits = hex(keccak(text.encode(small))).slice(2);
  return "0x" + Array.from(small, (one, place) => (parseInt(digits[place], 16) > 7 ? one.toUpperCase() : one)).join("");
}
