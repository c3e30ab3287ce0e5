// Reports whose parts are lists or facts: a sheet for each, with columns as the answer has them.

import { address, h } from "./dom.js";
import { kwh, plain, price, pt } from "./numbers.js";
import { facts, table } from "./tables.js";
import { dayAndClock } from "./times.js";
import { t, word } from "./words.js";

/** A sheet for each part of an answer but those `without`. */
export function sections(subject, said, without = []) {
  return Object.entries(said)
    .filter(([name, part]) => part !== null && typeof part === "object" && !without.includes(name))
    .map(([name, part]) => sheet(subject, name, part));
}

function sheet(subject, name, part) {
  const id = `${subject}-${name}`;
  const title = word(subject, name);
  return h("section.sheet", { "aria-labelledby": id }, h("header", h("h2", { id }, title), Array.isArray(part) ? h("p", plain(part.length)) : ""), Array.isArray(part) ? list(title, part) : pairs(part));
}

function list(title, rows) {
  if (!rows.length || typeof rows[0] !== "object") return rows.length ? h("p", rows.join(", ")) : h("p.empty", t("table.none"));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => rows.some((row) => row[name] !== null && row[name] !== "")).slice(0, 8);
  return table(title, names.map((name) => [word("column", name), (row) => shown(name, row[name]), /(_upt|_wh|wh|_mpt|_block|block)$/.test(name) ? "number" : undefined]), rows.slice(0, 200));
}

const pairs = (part) => facts(Object.entries(part).map(([name, value]) => [word("column", name), shown(name, value)]));

/** A value by what its name says it is. */
export function shown(name, value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return t(value ? "table.yes" : "table.no");
  if (/(_at|_until|_time|^time|^since|^until|_start|^at|_reading)$/.test(name) && Number.isInteger(value)) return value > 10 ** 11 ? "–" : dayAndClock(value);
  if (/_upt$/.test(name)) return pt(value);
  if (/_mpt$/.test(name)) return price(value);
  if (/(^|_)wh$/.test(name)) return kwh(value);
  if (typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value)) return address(value);
  if (typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value)) return h("span.address", { title: value }, `${value.slice(0, 10)}…`);
  if (Array.isArray(value)) return value.map((one) => (typeof one === "object" ? JSON.stringify(one) : word("role", one))).join(", ");
  if (typeof value === "object") return h("span.long", Object.entries(value).map(([key, one]) => `${word("column", key)} ${typeof one === "object" ? JSON.stringify(one) : one}`).join(", "));
  return Number.isInteger(value) ? plain(value) : word("state", value);
}
