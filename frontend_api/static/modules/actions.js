// What members do: signed and handed to the relay where the market has one, else sent by their own wallet.

import { get, post } from "./api.js";
import { known } from "./facts.js";
import { session, signer } from "./session.js";
import { verify } from "./typed_data.js";
import { t, word } from "./words.js";

const POLL = 1_500;
const PATIENCE = 180_000;

/**
 * Does an action. `fields` are those of its message that are one's own to say; `own` gives contract and data of the call
 * that does the same, for markets without a relay; `more` goes to the relay beside what is signed. `said` is told how it goes.
 */
export async function act(action, fields, { own, more, said = () => {} } = {}) {
  const market = await known();
  const provider = await signer();
  if (!market.relay && own) return send(provider, market, own(market), said);
  said(t("doing.preparing"));
  const document = await post(`/prepare/${action}`, fields);
  const typed = document.typed_data ?? document;
  verify(typed, action, fields, session.account, market);
  said(t("doing.signing"));
  const signature = await provider.request({ method: "eth_signTypedData_v4", params: [session.account, JSON.stringify(typed)] });
  said(t("doing.sending"));
  const { id } = await post("/relay", { action, values: { ...typed.message, ...more }, signature });
  return settled(id, said);
}

/** Sends a transaction by the wallet, and waits until it is in a block. */
export async function transact(own, said = () => {}) {
  const market = await known();
  return send(await signer(), market, own(market), said);
}

async function send(provider, market, { contract, data }, said) {
  const to = market.contracts[contract];
  said(t("doing.confirming"));
  const hash = await provider.request({ method: "eth_sendTransaction", params: [{ from: session.account, to, data }] });
  said(t("doing.waiting"));
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    const receipt = await provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
    if (receipt) {
      if (BigInt(receipt.status) === 1n) return { transaction: hash };
      throw new Error(t("doing.reverted"));
    }
    await pause();
  }
  throw new Error(t("doing.slow"));
}

/** Waits for what was given to the relay. */
async function settled(id, said) {
  said(t("doing.waiting"));
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    await pause();
    const found = await get(`/relay/${id}`).catch((error) => {
      if (error.gone) return { state: "waiting" };
      throw error;
    });
    // In a block; that it may be taken back is what the index looks after.
    if (found.state === "done" || found.block != null) return found;
    if (found.state === "failed") throw new Error(found.reason ? word("revert", found.reason) : t("doing.reverted"));
  }
  throw new Error(t("doing.slow"));
}

/** Hands openings to the relay, who needs no signature for that. */
export async function relayed(action, values, said = () => {}) {
  const { id } = await post("/relay", { action, values });
  return settled(id, said);
}

const pause = () => new Promise((done) => setTimeout(done, POLL));
