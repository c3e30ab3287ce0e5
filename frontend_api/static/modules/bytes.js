// Bytes, hex and random numbers.

export function hex(bytes) {
  return "0x" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text) {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text)) throw new Error("no hex");
  return Uint8Array.from(text.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function bigOf(bytes) {
  return bytes.length ? BigInt(hex(bytes)) : 0n;
}

/** An integer as so many bytes, the highest first. */
export function bytesOf(value, length) {
  const number = BigInt(value);
  if (number < 0n || number >= 1n << BigInt(8 * length)) throw new Error("does not fit");
  return fromHex("0x" + number.toString(16).padStart(2 * length, "0"));
}

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function xor(a, b) {
  return a.map((byte, place) => byte ^ b[place]);
}

/** From the browser's own source of randomness. */
export function random(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}
