// Amounts, exact: uPT and Wh are BigInt from the first digit to the last, never floating point.
// Digits are grouped by a narrow space, which means the same everywhere; a comma does not.

const NARROW = "\u202f";
export const PT = { decimals: 6, least: 2 };
export const KWH = { decimals: 3, least: 0 };
export const PRICE = { decimals: 3, least: 3 };
export const POINTS = { decimals: 18, least: 0 };

/** An integer of the smallest unit as people read it: 1234500000n uPT is "1 234.50". */
export function shown(value, { decimals, least }) {
  const number = BigInt(value);
  const digits = (number < 0n ? -number : number).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, NARROW);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "").padEnd(least, "0");
  return (number < 0n ? "\u2212" : "") + whole + (fraction ? "." + fraction : "");
}

/** Rounded to so many decimals, half away from zero, for what is only looked at. */
export function rounded(value, unit, decimals) {
  const number = BigInt(value);
  const cut = 10n ** BigInt(unit.decimals - decimals);
  const half = number < 0n ? -cut / 2n : cut / 2n;
  return shown((number + half) / cut, { decimals, least: Math.min(unit.least, decimals) });
}

export const pt = (upt) => `${shown(upt, PT)}${NARROW}PT`;
export const kwh = (wh) => `${shown(wh, KWH)}${NARROW}kWh`;
export const price = (mpt) => `${shown(mpt, PRICE)}${NARROW}PT/kWh`;
export const plain = (count) => shown(count, { decimals: 0, least: 0 });

/**
 * What somebody typed, in the smallest unit. Throws {reason} when it is no amount, finer than the unit, or can be read
 * in two ways: 1,000 and 1.000 are a thousand to some and one to others.
 */
export function typed(text, { decimals }) {
  const clean = text.normalize("NFKC").trim().replace(/(?<=\d)\s(?=\d{3}(\D|$))/g, "");
  if (clean === "") throw wrong("empty");
  if (/^\d{1,3}([.,]\d{3})+$/.test(clean) && !/^0[.,]/.test(clean)) throw wrong("ambiguous");
  if (clean.includes(",")) throw wrong("comma");
  const found = /^(\d{1,15})(?:\.(\d+))?$/.exec(clean);
  if (!found) throw wrong("number");
  const fraction = (found[2] ?? "").replace(/0+$/, "");
  if (fraction.length > decimals) throw wrong("fine");
  return BigInt(found[1] + fraction.padEnd(decimals, "0"));
}

function wrong(reason) {
  return Object.assign(new Error(reason), { reason });
}
