// What an operator looks at: the index, the node, the database, bridge, relay, webhooks.

import { h, put, show } from "../modules/dom.js";
import { Feed } from "../modules/feed.js";
import { begin, health, invitation } from "../modules/frame.js";
import { plain } from "../modules/numbers.js";
import { session } from "../modules/session.js";
import { sections } from "../modules/sections.js";
import { facts, state, waiting } from "../modules/tables.js";
import { dayAndClock } from "../modules/times.js";
import { t, word } from "../modules/words.js";

const isOperator = () => session.roles.includes("operator");
const said = new Feed(() => (session.account && isOperator() ? "/operation" : null), { every: 10_000 });

function drawHealth() {
  if (!health.data) return put("health", waiting(health));
  const { status, node, index, database } = health.data;
  const answers = (yes) => state(yes ? "good" : "bad", t(yes ? "operation.answers" : "operation.silent"));
  put(
    "health",
    facts([
      [t("operation.status"), health.trouble ? state("bad", t("operation.silent")) : state({ ok: "good", stale: "warn" }[status] ?? "bad", word("status", status))],
      [t("operation.node"), answers(node?.answers)],
      [t("operation.trouble"), node?.trouble || null],
      [t("operation.head"), node?.head == null ? null : plain(node.head)],
      [t("operation.database"), answers(database?.answers)],
      [t("operation.indexed"), index?.block == null ? null : `${plain(index.block)} · ${dayAndClock(index.time)}`],
      [t("operation.lag"), index?.lag_blocks == null ? null : t("operation.lag_blocks", { blocks: plain(index.lag_blocks) })],
      [t("operation.reorganisations"), index?.reorganisations == null ? null : plain(index.reorganisations)],
    ]),
  );
}

function draw() {
  const allowed = session.account && isOperator();
  put("signed-out", session.account ? (allowed ? "" : h("p.empty", t("operation.not_yours"))) : invitation(t("operation.sign_in")));
  show("signed-in", Boolean(allowed));
  if (allowed) put("signed-in", said.data ? sections("operation", said.data, ["health"]) : waiting(said));
}

health.on(drawHealth);
said.on(draw);
document.addEventListener("session", () => {
  said.refresh();
  draw();
});
begin();
said.start();
draw();
drawHealth();
