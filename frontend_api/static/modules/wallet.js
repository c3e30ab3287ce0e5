// The wallets in this browser: those that announce themselves (EIP-6963), and the one at window.ethereum.

import { h } from "./dom.js";
import { t } from "./words.js";

const CHOSEN = "wattbook.wallet";
const announced = new Map();

window.addEventListener("eip6963:announceProvider", ({ detail }) => {
  if (detail?.info?.rdns && detail.provider?.request) announced.set(detail.info.rdns, detail);
});
window.dispatchEvent(new Event("eip6963:requestProvider"));

function wallets() {
  const found = [...announced.values()];
  const old = window.ethereum;
  if (old?.request && !found.some((one) => one.provider === old)) {
    found.push({ info: { rdns: "injected", name: t("wallet.injected") }, provider: old });
  }
  return found;
}

/** The wallet that was chosen before, if it is still there. */
export async function chosen() {
  const wanted = localStorage.getItem(CHOSEN);
  if (!wanted) return null;
  for (let tries = 0; tries < 10; tries += 1) {
    const found = wallets().find((one) => one.info.rdns === wanted);
    if (found) return found.provider;
    await new Promise((done) => setTimeout(done, 50));
  }
  return null;
}

/** Has one chosen; null when there is none or none was. */
export async function choose() {
  const found = wallets();
  if (!found.length) throw new Error(t("wallet.none"));
  const one = found.length === 1 ? found[0] : await picked(found);
  if (one) localStorage.setItem(CHOSEN, one.info.rdns);
  return one?.provider ?? null;
}

export const forget = () => localStorage.removeItem(CHOSEN);

function picked(found) {
  return new Promise((done) => {
    const dialog = h("dialog.pick", { "aria-labelledby": "pick-title" }, h("h2", { id: "pick-title" }, t("wallet.choose")));
    for (const one of found) {
      const picture = /^data:image\//.test(one.info.icon ?? "") ? h("img", { src: one.info.icon, alt: "", width: 28, height: 28 }) : h("span.blank");
      dialog.append(h("button.wide", { type: "button", onclick: () => finish(one) }, picture, one.info.name));
    }
    dialog.append(h("button.quiet", { type: "button", onclick: () => finish(null) }, t("form.cancel")));
    const finish = (one) => {
      done(one);
      dialog.remove();
    };
    dialog.addEventListener("cancel", () => finish(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** What a wallet says when it refuses, in words. */
export function refusal(error) {
  if (error?.code === 4001) return t("wallet.refused");
  if (error?.gone) return t("wallet.gone");
  return error?.shown ?? error?.message ?? String(error);
}
