// The market that this is: its chain, contracts, zones. And what is chosen of it: a zone, a carrier.

import { get } from "./api.js";
import { Feed } from "./feed.js";

const CHOICE = "wattbook.choice";
export const facts = new Feed(() => "/market", { every: 300_000, keep: true, load: whole });

async function whole(path) {
  const [market, zones] = await Promise.all([get(path), get("/zones")]);
  return { ...market, zones: zones.items };
}

/** Waits until it is known which market this is. */
export function known() {
  if (facts.data) return Promise.resolve(facts.data);
  return new Promise((done) => facts.on(() => facts.data && done(facts.data)));
}

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(CHOICE)) ?? {};
  } catch {
    return {};
  }
};

export const choice = {
  get zone() {
    const zones = facts.data?.zones ?? [];
    return (zones.find((one) => one.zone === read().zone) ?? zones[0])?.zone;
  },
  get carrier() {
    const open = carriersOf(this.zone);
    return open.includes(read().carrier) ? read().carrier : open[0];
  },
  set(chosen) {
    localStorage.setItem(CHOICE, JSON.stringify({ ...read(), ...chosen }));
    document.dispatchEvent(new CustomEvent("choice"));
  },
};

const zoneNamed = (name) => facts.data?.zones.find((one) => one.zone === name);

/** The carriers that a zone has, as words. */
export const carriersOf = (name) => (zoneNamed(name)?.carriers ?? []).map((one) => one.carrier);

/** What holds for a carrier in a zone now: what the pool pays and asks, shares, losses. */
export const holds = (name, carrier) => zoneNamed(name)?.carriers.find((one) => one.carrier === carrier)?.facts;

export const zoneNumber = (name) => zoneNamed(name)?.zone_number;

export const CARRIERS = ["electricity", "cooling", "heating", "hot_water", "gas", "flexibility"];
