// Tables that become cards on a phone, and what stands in their place when there is nothing.

import { h } from "./dom.js";
import { t } from "./words.js";

/** Columns are [heading, cell of a row, "number"?]. */
export function table(caption, columns, rows, { empty, mark } = {}) {
  if (!rows.length) return h("p.empty", empty ?? t("table.empty"));
  const heads = columns.map(([heading, , kind]) => h(kind ? `th.${kind}` : "th", { scope: "col" }, heading));
  const body = rows.map((row) =>
    h(mark?.(row) ? "tr.marked" : "tr", columns.map(([heading, cell, kind]) => h(kind ? `td.${kind}` : "td", { "data-label": heading }, cell(row)))),
  );
  return h("table.stack", h("caption.hidden", caption), h("thead", h("tr", heads)), h("tbody", body));
}

/** Names and values, one below the other. */
export function facts(pairs) {
  return h("dl.facts", pairs.filter(([, value]) => value !== undefined && value !== null).map(([name, value]) => h("div", h("dt", name), h("dd", value))));
}

/** A state as a word with a sign, so that it does not hang on a colour. */
export function state(kind, text) {
  return h(`span.state.${kind}`, text);
}

/** A part of a page that could not be got, or is not there yet. */
export function waiting(feed) {
  if (feed?.trouble && feed.data === undefined) return h("p.empty", feed.trouble.gone ? t("table.gone") : feed.trouble.message);
  return h("p.empty.loading", t("table.loading"));
}
