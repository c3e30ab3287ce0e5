// Who is signed in, by a message that his wallet signed (EIP-4361). Another account or chain in the wallet ends it.

import { checksummed } from "./abi.js";
import { Trouble, get, post, remove } from "./api.js";
import { facts, known } from "./facts.js";
import { hex } from "./bytes.js";
import { t } from "./words.js";
import * as wallet from "./wallet.js";

const FLAG = "wattbook.signed-in";
// How long before its end the server gave a nonce out.
const NONCE_SECONDS = 600;
export const session = { account: null, roles: [], member: null, provider: null, chain: null, ended: null };

const tell = () => document.dispatchEvent(new CustomEvent("session"));
export const hasOffice = () => session.roles.some((role) => role === "regulator" || role === "operator");
export const wrongChain = () => session.chain !== null && facts.data && session.chain !== BigInt(facts.data.chain_id);

/** Takes up a session of before. Nothing is asked of people who never signed in. */
export async function resume() {
  if (!localStorage.getItem(FLAG)) return tell();
  try {
    take(await get("/session"));
  } catch (error) {
    if (error.status === 401) return ended("session.over");
    if (!(error instanceof Trouble)) throw error;
    setTimeout(resume, 5_000);
    return tell();
  }
  const provider = await wallet.chosen();
  if (provider) await follow(provider);
  tell();
}

export async function signIn() {
  const provider = await wallet.choose();
  if (!provider) return;
  const market = await known();
  const [account] = await provider.request({ method: "eth_requestAccounts" });
  await follow(provider);
  if (wrongChain()) await changeChain();
  const { nonce, domain, uri, expires_at: until } = await get("/session/nonce");
  if (domain !== undefined && domain !== location.host) throw new Error(t("session.elsewhere", { uri }));
  const message = statement(checksummed(account), market.chain_id, nonce, until);
  const raw = hex(new TextEncoder().encode(message));
  const signature = await provider.request({ method: "personal_sign", params: [raw, account] });
  take(await post("/session", { message, signature }));
  localStorage.setItem(FLAG, "1");
  session.ended = null;
  tell();
}

/** The message of EIP-4361, which the wallet shows as a sign-in to this site and no other. */
function statement(account, chainId, nonce, until) {
  // By the server's clock: this machine's may be wrong.
  const now = (until - NONCE_SECONDS) * 1_000;
  return [
    `${location.host} wants you to sign in with your Ethereum account:`,
    account,
    "",
    "Sign in to Wattbook. This moves no money.",
    "",
    `URI: ${location.origin}`,
    "Version: 1",
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${new Date(now).toISOString()}`,
    `Expiration Time: ${new Date(now + 300_000).toISOString()}`,
  ].join("\n");
}

export async function signOut(reason = null) {
  try {
    await remove("/session");
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
  }
  ended(reason);
}

function ended(reason) {
  localStorage.removeItem(FLAG);
  Object.assign(session, { account: null, roles: [], member: null, ended: reason });
  tell();
}

document.addEventListener("unauthorised", () => session.account && ended("session.over"));

/** To be called when an answer was 401: the session is over. */
export function lost(error) {
  if (error?.status === 401 && session.account) ended("session.over");
}

function take(said) {
  session.account = checksummed(said.account);
  session.roles = said.roles ?? [];
  session.member = said.member ?? null;
}

async function follow(provider) {
  session.provider = provider;
  session.chain = BigInt(await provider.request({ method: "eth_chainId" }));
  if (provider.wattbookFollows) return;
  provider.wattbookFollows = true;
  provider.on?.("accountsChanged", ([account]) => {
    // A wallet that locks itself says no account: what is kept here can be revealed all the same.
    if (session.account && account && provider === session.provider && account.toLowerCase() !== session.account.toLowerCase()) signOut("session.other_account");
  });
  provider.on?.("chainChanged", (chain) => {
    session.chain = BigInt(chain);
    tell();
  });
  const accounts = await provider.request({ method: "eth_accounts" });
  const mine = accounts.some((account) => account.toLowerCase() === session.account?.toLowerCase());
  if (session.account && accounts.length && !mine) await signOut("session.other_account");
}

/** A wallet to sign with, on the right chain, for the account that is signed in. */
export async function signer() {
  if (!session.provider) {
    const provider = await wallet.choose();
    if (!provider) throw Object.assign(new Error(t("wallet.refused")), { code: 4001 });
    const accounts = await provider.request({ method: "eth_requestAccounts" });
    if (!accounts.some((one) => one.toLowerCase() === session.account?.toLowerCase())) throw new Error(t("session.other_account"));
    await follow(provider);
  }
  if (wrongChain()) await changeChain();
  return session.provider;
}

async function changeChain() {
  const chainId = `0x${BigInt(facts.data.chain_id).toString(16)}`;
  try {
    await session.provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
    session.chain = BigInt(await session.provider.request({ method: "eth_chainId" }));
  } catch (error) {
    if (error.code === 4001) throw error;
  }
  if (wrongChain()) throw new Error(t("session.wrong_chain", { chain: facts.data.chain_id, other: session.chain }));
}
