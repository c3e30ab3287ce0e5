// What is asked for again and again. A feed keeps what it last got, also when it gets nothing any more, and says since
// when; by itself it asks on, less often, until there are answers again.

import { Trouble, ask } from "./api.js";

const feeds = new Set();
const SLOWEST = 30_000;
const STORED = "wattbook.last.";

export class Feed {
  /** `path` gives what to ask for, or null for nothing now. Public answers are kept for the next visit (`keep`). */
  constructor(path, { every = 15_000, keep = false, load } = {}) {
    Object.assign(this, { path, every, keep, load, listeners: [], failures: 0, trouble: null, at: null, timer: 0 });
    feeds.add(this);
  }

  on(listener) {
    this.listeners.push(listener);
    return this;
  }

  start() {
    this.restore();
    this.again(0);
    return this;
  }

  stop() {
    clearTimeout(this.timer);
    feeds.delete(this);
  }

  /** Asks now, or soon if it is being asked already. */
  refresh() {
    return this.asking ? ((this.stale = true), this.asking) : this.again(0);
  }

  again(after) {
    clearTimeout(this.timer);
    return new Promise((done) => {
      this.timer = setTimeout(() => done(this.run()), after);
    });
  }

  async run() {
    if (document.hidden && this.data !== undefined && !this.urgent) return this.again(this.every);
    const path = this.path();
    if (path === null) return this.again(this.every);
    this.asking = this.once(path);
    try {
      await this.asking;
    } finally {
      // Also when a listener fails, it is asked on.
      this.asking = null;
      const next = this.failures ? Math.max(Math.min(1_500 * 2 ** this.failures, SLOWEST), this.trouble?.wait ?? 0) : this.every;
      this.again(this.stale ? 300 : next);
      this.stale = false;
    }
  }

  async once(path) {
    try {
      const answer = this.load ? { data: await this.load(path) } : await ask(path);
      if (path !== this.path()) return;
      Object.assign(this, answer, { failures: 0, trouble: null, at: Date.now(), asked: path });
      if (this.keep) store(path, answer);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.failures += 1;
      this.trouble = error;
      if (error.status === 401) document.dispatchEvent(new CustomEvent("unauthorised"));
    }
    this.tell();
  }

  restore() {
    const path = this.path();
    if (!this.keep || path === null) return;
    const kept = stored(path);
    if (kept) {
      Object.assign(this, kept, { asked: path });
      this.tell();
    }
  }

  tell() {
    this.listeners.forEach((listener) => listener(this));
    document.dispatchEvent(new CustomEvent("feeds"));
  }
}

/** The feeds that got no answer when they last asked. */
export const troubled = () => [...feeds].filter((feed) => feed.trouble);

/** Asks for everything anew: something happened. At most every second, however much happens. */
let soon = 0;
export function refreshAll() {
  if (soon) return;
  soon = setTimeout(() => {
    soon = 0;
    feeds.forEach((feed) => feed.refresh());
  }, 1_000);
}

function store(path, { data, block, time }) {
  try {
    localStorage.setItem(STORED + path, JSON.stringify({ data, block, time, at: Date.now() }));
  } catch {
    // Full: what is kept for the next visit goes, orders stay.
    Object.keys(localStorage).filter((key) => key.startsWith(STORED)).forEach((key) => localStorage.removeItem(key));
  }
}

function stored(path) {
  try {
    return JSON.parse(localStorage.getItem(STORED + path));
  } catch {
    return null;
  }
}
