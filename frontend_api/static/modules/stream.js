// News as they come. One stream a page, none while nobody looks; the browser resumes it where it broke.

import { refreshAll } from "./feed.js";

let source = null;

export function listen() {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  if (!document.hidden) open();
}

function open() {
  if (source) return;
  source = new EventSource("/api/v1/stream");
  source.onmessage = refreshAll;
  source.addEventListener("event", refreshAll);
  source.addEventListener("rollback", refreshAll);
  source.onerror = () => {
    // The browser gives up where it is told 503; the feeds go on, and the stream is tried again.
    if (source?.readyState === EventSource.CLOSED) {
      close();
      setTimeout(() => document.hidden || open(), 20_000);
    }
  };
}

function close() {
  source?.close();
  source = null;
}
