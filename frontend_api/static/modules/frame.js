// What all pages have: who is signed in, the menu, news, what is stale, orders that wait to be revealed.

import { address, h, put } from "./dom.js";
import { facts } from "./facts.js";
import { lookAfter } from "./reveals.js";
import { hasOffice, resume, session, signIn, signOut, wrongChain } from "./session.js";
import { health, tellZone, watch } from "./stale.js";
import { listen } from "./stream.js";
import { t } from "./words.js";
import { refusal } from "./wallet.js";

let trouble = null;

/** Begins a page. */
export function begin() {
  document.addEventListener("session", draw);
  document.querySelectorAll("[data-language-link]").forEach((link) => {
    const here = new URL(location.href);
    here.searchParams.set("lang", link.hreflang);
    link.href = here.pathname + here.search + here.hash;
  });
  document.querySelector("#menu [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  tellZone();
  setInterval(tellZone, 30_000);
  watch();
  facts.on(draw).start();
  draw();
  resume();
  listen();
  lookAfter();
}

function draw() {
  document.documentElement.dataset.signedIn = String(Boolean(session.account));
  for (const link of document.querySelectorAll("#menu [data-shown]")) {
    const open = { member: Boolean(session.account), office: hasOffice(), operator: session.roles.includes("operator") }[link.dataset.shown];
    link.hidden = !open && !link.hasAttribute("aria-current");
  }
  const told = trouble ?? (session.ended && t(session.ended)) ?? null;
  put(
    "who",
    told ? h("span.told", { role: "status" }, told) : "",
    wrongChain() ? h("span.told.wrong", { role: "status" }, t("session.wrong_chain", { chain: facts.data.chain_id, other: session.chain })) : "",
    session.account ? [address(session.account), h("button.quiet", { type: "button", id: "sign-out", title: session.account, onclick: () => signOut() }, t("session.out"))] : h("button.strong", { type: "button", id: "sign-in", onclick: enter }, t("session.in")),
  );
}

export async function enter() {
  trouble = null;
  try {
    await signIn();
  } catch (error) {
    trouble = refusal(error);
  }
  draw();
}

/** What stands where nobody is signed in. */
export function invitation(text) {
  return h("div.empty", h("p", text), h("button.strong", { type: "button", onclick: enter }, t("session.in")));
}

export { health };
