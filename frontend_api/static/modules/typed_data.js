// EIP-712: hashes of typed data, and whether a document that is to be signed says what was asked for.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { encode, keccak } from "./abi.js";
import { fromHex, hex, join, random } from "./bytes.js";

const text = new TextEncoder();

/** What is signed: 32 bytes. Structs and lists inside a message are not needed here and not known. */
export function digest({ types, primaryType, domain, message }) {
  return keccak(join(fromHex("0x1901"), structHash("EIP712Domain", types, domain), structHash(primaryType, types, message)));
}

function structHash(name, types, values) {
  const fields = types[name];
  const kind = keccak(text.encode(`${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`));
  const kinds = fields.map((field) => (field.type === "string" ? "bytes32" : field.type));
  const plain = fields.map((field) => (field.type === "string" ? keccak(text.encode(values[field.name])) : values[field.name]));
  return keccak(join(kind, encode(kinds, plain)));
}

/** Throws when a document is not for this market, changes a value of what was asked for, or is another account's. */
export function verify(document, name, asked, account, facts) {
  const contracts = Object.values(facts.contracts).map((one) => one.toLowerCase());
  const honest =
    document.primaryType === name &&
    BigInt(document.domain.chainId) === BigInt(facts.chain_id) &&
    contracts.includes(document.domain.verifyingContract.toLowerCase()) &&
    ["signer", "trader", "owner"].every((field) => !(field in document.message) || same(document.message[field], account)) &&
    Object.entries(asked).every(([field, value]) => field in document.message && same(document.message[field], value));
  if (!honest) throw new Error("The document to sign is not what was asked for.");
}

function same(a, b) {
  const plain = (value) => JSON.stringify(value, (_, one) => (typeof one === "object" && one !== null ? one : String(one).toLowerCase()));
  return plain(a) === plain(b) || asNumber(a) === asNumber(b);
}

function asNumber(value) {
  try {
    return BigInt(value);
  } catch {
    return NaN;
  }
}

/** A key for a meter that has none of its own. */
export function meterKey() {
  const secret = random(32);
  const address = keccak(secp256k1.getPublicKey(secret, false).slice(1)).slice(-20);
  return { secret: hex(secret), x: hex(join(new Uint8Array(12), address)), y: hex(new Uint8Array(32)), curve: 0 };
}

/** The signature of 65 bytes that a meter's key makes. */
export function signedBy(secret, hash) {
  const made = secp256k1.sign(hash, fromHex(secret), { prehash: false, format: "recovered" });
  return hex(join(made.slice(1), Uint8Array.of(27 + made[0])));
}
