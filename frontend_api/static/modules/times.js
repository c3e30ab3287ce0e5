// Times as the market's clocks show them. A day has 23, 24 or 25 hours there; it is never reckoned as 86,400 seconds.

export const zone = globalThis.document?.documentElement.dataset.timeZone ?? "UTC";
const locale = globalThis.document?.documentElement.lang || "en";

const cache = new Map();
function format(options, where = zone) {
  const key = JSON.stringify(options) + where;
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, { timeZone: where, ...options }));
  return cache.get(key);
}

const show = (time, options) => format(options).format(new Date(time * 1000));
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { day: "numeric", month: "short" };

export const clock = (time) => show(time, CLOCK);
export const clockWithSeconds = (time) => show(time, { ...CLOCK, second: "2-digit" });
export const day = (time) => show(time, { ...DAY, weekday: "short" });
export const date = (time) => show(time, { ...DAY, year: "numeric" });
export const dayAndClock = (time) => `${show(time, DAY)}, ${clock(time)}`;
export const full = (time) => `${date(time)}, ${clock(time)}`;
export const month = (time) => show(time, { month: "long", year: "numeric" });

/** From one time to another, the day once if it is the same. */
export function span(from, until) {
  return date(from) === date(until - 1) ? `${dayAndClock(from)}–${clock(until)}` : `${dayAndClock(from)} – ${dayAndClock(until)}`;
}

/** How far the market's clocks are from UTC at a time: "GMT+8". */
export function offset(time, where = zone) {
  const parts = format({ timeZoneName: "shortOffset", hour: "2-digit" }, where).formatToParts(new Date(time * 1000));
  return parts.find((part) => part.type === "timeZoneName").value;
}

/** The seconds that a clock showing `2026-10-25T02:30` can mean: none in the hour that is left out in spring, two in
 * the one that comes twice in autumn. */
export function fromLocal(text, where = zone) {
  const found = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?$/.exec(text);
  if (!found) return [];
  const [year, month, day, hour, minute] = found.slice(1).map((part) => Number(part ?? 0));
  const wanted = Date.UTC(year, month - 1, day, hour, minute) / 1000;
  if (new Date(wanted * 1000).toISOString().slice(0, 10) !== text.slice(0, 10)) return [];
  const offsets = new Set([wanted - 86400, wanted, wanted + 86400].map((time) => offsetSeconds(time, where)));
  return [...offsets].map((one) => wanted - one).filter((time) => time + offsetSeconds(time, where) === wanted).sort((a, b) => a - b);
}

/** As an input of kind datetime-local wants it. */
export function toLocal(time, where = zone) {
  return new Date((time + offsetSeconds(time, where)) * 1000).toISOString().slice(0, 16);
}

/** First second of the day that a time is in, and of the next one. */
export function dayOf(time, where = zone) {
  const today = toLocal(time, where).slice(0, 10);
  const next = new Date(Date.parse(`${today}T00:00:00Z`) + 86400_000).toISOString().slice(0, 10);
  return [firstOf(today, where), firstOf(next, where)];
}

// Where clocks leave midnight out the day begins with the first minute that they show.
function firstOf(day, where) {
  for (let minute = 0; minute < 180; minute += 30) {
    const text = `${day}T${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
    const [first] = fromLocal(text, where);
    if (first !== undefined) return first;
  }
  return Date.parse(`${day}T00:00:00Z`) / 1000;
}

function offsetSeconds(time, where) {
  const parts = Object.fromEntries(
    format({ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23", calendar: "gregory", numberingSystem: "latn" }, where)
      .formatToParts(new Date(time * 1000))
      .map((part) => [part.type, Number(part.value)]),
  );
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) / 1000 - time;
}

/** Time left as a clock counts it down: 7:42, 1:07:42. */
export function left(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
