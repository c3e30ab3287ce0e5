// An owner's keys of tenders: whoever has one reads the quotes, whoever has none any more never does. Kept in this
// browser, and as a file of the form that `wattbook tender` has too.

const STORED = "wattbook.tender-keys";

export function keys() {
  return JSON.parse(localStorage.getItem(STORED) ?? "{}");
}

/** Writes a key down and reads it back; `secret` is 0x hex, `publicKey` too. */
export function keep(publicKey, secret) {
  localStorage.setItem(STORED, JSON.stringify({ ...keys(), [publicKey.slice(2).toLowerCase()]: secret.slice(2) }));
  if (secretOf(publicKey) !== secret) throw new Error("not kept");
}

/** The secret of a public key, or null. */
export function secretOf(publicKey) {
  const found = keys()[publicKey.slice(2).toLowerCase()];
  return found ? `0x${found}` : null;
}

export const file = () => JSON.stringify(keys(), null, 2);

/** Takes up the keys of a file; how many there are in it. */
export function take(text) {
  const said = JSON.parse(text);
  const entries = Object.entries(said);
  if (!entries.every(([name, secret]) => /^[0-9a-f]{64}$/.test(name) && /^[0-9a-f]{64}$/.test(secret))) throw new Error("no keys");
  localStorage.setItem(STORED, JSON.stringify({ ...keys(), ...said }));
  return entries.length;
}
