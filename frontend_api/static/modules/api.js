// Questions to the API. Every answer carries how far the index is; every failure says what is gone.

import { told } from "./market_time.js";

const PATIENCE = 15_000;
const BASE = "/api/v1";

/** What the API, or the way to it, could not do. `gone` is server or database when it may come back by itself. */
export class Trouble extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    Object.assign(this, { status, problem, gone: gone(status, problem), wait: 0 });
  }
}

function gone(status, problem) {
  if (status === 0 || status === 502 || status === 504) return "server";
  return status === 503 ? (/database/.test(`${problem.type} ${problem.title}`) ? "database" : "server") : null;
}

export async function ask(path, { method = "GET", body, headers = {}, signal } = {}) {
  const options = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" };
  options.signal = signal ? AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) : AbortSignal.timeout(PATIENCE);
  if (method !== "GET") options.headers["X-Wattbook"] = "1";
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(BASE + path, options);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Trouble(0);
  }
  const kind = response.headers.get("Content-Type") ?? "";
  const said = kind.includes("json") ? await response.json().catch(() => null) : null;
  if (!response.ok && !(path === "/health" && said?.database)) {
    const trouble = new Trouble(response.status, said ?? {});
    trouble.wait = Number(response.headers.get("Retry-After") ?? 0) * 1000;
    throw trouble;
  }
  const time = numberOf(response, "X-Index-Time");
  if (time) told(time);
  return { data: said, block: numberOf(response, "X-Index-Block"), time };
}

function numberOf(response, name) {
  const text = response.headers.get(name);
  return text ? Number(text) : undefined;
}

export const get = async (path, options) => (await ask(path, options)).data;
export const post = async (path, body) => (await ask(path, { method: "POST", body })).data;
export const remove = async (path) => (await ask(path, { method: "DELETE" })).data;

/** All of a paged list, up to so many. */
export async function all(path, most = 400, limit = 200) {
  const found = [];
  let cursor;
  do {
    const mark = path.includes("?") ? "&" : "?";
    const page = await get(`${path}${mark}limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    found.push(...page.items);
    cursor = page.next;
  } while (cursor && found.length < most);
  return found;
}

/** A path with those of the parameters that have a value. */
export function query(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
