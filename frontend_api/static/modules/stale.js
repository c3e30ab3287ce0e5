// Says what is gone, since when, and what the page still shows.

import { Feed, troubled } from "./feed.js";
import { h, put } from "./dom.js";
import { clock, clockWithSeconds, dayAndClock, offset, zone } from "./times.js";
import { marketNow } from "./market_time.js";
import { t } from "./words.js";
import { plain } from "./numbers.js";

export const health = new Feed(() => "/health", { every: 10_000 });
const since = {};

/** The banners above a page, and the line at its foot. */
export function watch() {
  document.addEventListener("feeds", draw);
  document.addEventListener("feeds", tellZone);
  window.addEventListener("offline", draw);
  window.addEventListener("online", draw);
  health.start();
  setInterval(draw, 15_000);
}

function draw() {
  const gone = new Set(troubled().map((feed) => feed.trouble.gone).filter(Boolean));
  const said = health.trouble ? null : health.data;
  if (said && said.database?.answers === false) gone.add("database");
  if (said && said.node?.answers === false) gone.add("node");
  else if (said?.status === "stale") gone.add("behind");
  if (gone.has("server")) ["database", "node", "behind"].forEach((one) => gone.delete(one));
  if (gone.has("database")) ["node", "behind"].forEach((one) => gone.delete(one));
  for (const one of Object.keys(since)) if (!gone.has(one)) delete since[one];
  put("notices", ...[...gone].map((one) => banner(one, said)));
  put("moment", moment(said));
}

function banner(what, said) {
  since[what] ??= said?.node?.since && what === "node" ? said.node.since : lastAnswer();
  const shownBlock = said?.index?.block ? t("stale.as_of", { block: plain(said.index.block), time: dayAndClock(said.index.time) }) : "";
  const when = Date.now() / 1000 - since[what] < 43_200 ? clockWithSeconds(since[what]) : dayAndClock(since[what]);
  return h("p.banner", { data: { gone: what } }, h("strong", t(`stale.${what}`, { since: when })), " ", what === "node" || what === "behind" ? shownBlock : t("stale.kept"));
}

// When the server, or the database behind it, was last known to answer.
function lastAnswer() {
  return Math.floor((health.at ?? Date.now()) / 1000);
}

function moment(said) {
  if (!said?.index?.block) return t("stale.unknown");
  const lag = said.index.lag_blocks > 0 ? ` ${t("stale.lag", { blocks: plain(said.index.lag_blocks) })}` : "";
  return t("stale.moment", { block: plain(said.index.block), time: dayAndClock(said.index.time) }) + lag;
}

/** Which clocks the page goes by. */
export function tellZone() {
  const now = marketNow();
  put("clock-zone", t("frame.zone", { zone, offset: offset(now), now: clock(now) }));
}
