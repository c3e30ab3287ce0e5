// What a regulator looks at: members, suspensions, alarms, what is held, disputes, debts.

import { h, put, show } from "../modules/dom.js";
import { Feed } from "../modules/feed.js";
import { begin, invitation } from "../modules/frame.js";
import { hasOffice, session } from "../modules/session.js";
import { sections } from "../modules/sections.js";
import { waiting } from "../modules/tables.js";
import { t } from "../modules/words.js";

const said = new Feed(() => (session.account && hasOffice() ? "/supervision" : null), { every: 20_000 });

function draw() {
  const allowed = session.account && hasOffice();
  put("signed-out", session.account ? (allowed ? "" : h("p.empty", t("supervision.not_yours"))) : invitation(t("supervision.sign_in")));
  show("signed-in", Boolean(allowed));
  if (allowed) put("signed-in", said.data ? sections("supervision", said.data) : waiting(said));
}

said.on(draw);
document.addEventListener("session", () => {
  said.refresh();
  draw();
});
begin();
said.start();
draw();
