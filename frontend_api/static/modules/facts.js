// The market that this is: its chain, contracts, zones. And what is chosen of it: a zone, a carrier.

import { Feed } from "./feed.js";

const CHOICE = "wattbook.choice";
export const facts = new Feed(() => "/market", { every: 300_000, keep: true });

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
    return (zones.find((zone) => zone.name === read().zone) ?? zones[0])?.name;
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

/** The carriers that a zone has, as words. */
export function carriersOf(name) {
  const zone = (facts.data?.zones ?? []).find((one) => one.name === name);
  return (zone?.carriers ?? []).map((one) => one.carrier ?? one);
}

export const zoneNumber = (name) => {
  const zone = (facts.data?.zones ?? []).find((one) => one.name === name);
  return zone?.zone_number ?? zone?.number;
};

export const CARRIERS = ["electricity", "cooling", "heating", "hot_water", "gas", "flexibility"];
