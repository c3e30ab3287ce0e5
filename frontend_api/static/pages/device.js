// A device is registered: what it is, the signature of its key, and its owner's, who needs no gas for it.

import { called, keccak } from "../modules/abi.js";
import { act } from "../modules/actions.js";
import { download, h, put, show } from "../modules/dom.js";
import { CARRIERS, carriersOf, facts, zoneNumber } from "../modules/facts.js";
import { begin, invitation } from "../modules/frame.js";
import { amount, doing, field, number, select, wrong } from "../modules/forms.js";
import { hex } from "../modules/bytes.js";
import { marketNow } from "../modules/market_time.js";
import { session } from "../modules/session.js";
import { digest, meterKey, signedBy } from "../modules/typed_data.js";
import { t, word } from "../modules/words.js";

const UNUSED_KEY = "wattbook.meter-key.unused";
const USED_KEY = "wattbook.meter-key";
const W = { decimals: 3, least: 0 };
const MONTH = 30 * 86_400;
const FIELDS = [
  ["owner", "address"],
  ["zone", "uint16"],
  ["carrier", "uint8"],
  ["direction", "uint8"],
  ["technology", "uint24"],
  ["clean", "bool"],
  ["stores", "bool"],
  ["ratedW", "uint32"],
  ["modulus", "uint64"],
  ["site", "bytes32"],
  ["curve", "uint8"],
  ["x", "bytes32"],
  ["y", "bytes32"],
  ["deadline", "uint256"],
];
// Codes of six digits as European certificates have them.
const TECHNOLOGIES = { solar: 10100, wind: 20100, hydro: 30100, biogas: 50100, cogeneration: 90100, battery: 100000, load: 0 };
const CLEAN = new Set(["solar", "wind", "hydro", "biogas"]);
const form = document.getElementById("device");
let certificate = null;

function build() {
  const zones = (facts.data?.zones ?? []).map((one) => [one.zone, one.zone]);
  const kinds = Object.keys(TECHNOLOGIES).map((name) => [name, word("technology", name)]);
  const ways = ["injection", "withdrawal"].map((name, place) => [place, t(`device.${name}`)]);
  const key = (value) => h("label", h("input", { type: "radio", name: "key", value, checked: value === "new" }), t(`device.key_${value}`));
  form.replaceChildren(
    h("div.pair", field("zone", t("market.zone"), select(zones)), field("carrier", t("market.carrier"), h("select"))),
    h("div.pair", field("technology", t("device.technology"), select(kinds)), field("direction", t("device.direction"), select(ways))),
    h("div.pair", field("rated", t("device.rated"), number(), t("device.rated_hint")), field("site", t("device.site"), h("input", { type: "text", autocomplete: "off", maxlength: 200 }), t("device.site_hint"))),
    h("fieldset", h("legend", t("device.key")), h("div.choice", key("new"), key("file"))),
    h("div", { id: "key-new" }, h("p.hint", t("device.key_new_hint"))),
    h("div", { id: "key-file", hidden: true }, field("certificate", t("device.certificate"), h("input", { type: "file", accept: "application/json,.json", onchange: readCertificate }), t("device.certificate_hint"))),
    h("button.strong", { type: "submit", id: "register" }, t("device.register")),
  );
  const zone = document.getElementById("zone");
  const carriers = () => document.getElementById("carrier").replaceChildren(...carriersOf(zone.value).map((one) => h("option", { value: one }, word("carrier", one))));
  zone.addEventListener("change", carriers);
  carriers();
  form.addEventListener("change", () => {
    show("key-new", keyKind() === "new");
    show("key-file", keyKind() === "file");
  });
}

const keyKind = () => form.querySelector("input[name=key]:checked").value;
const value = (id) => document.getElementById(id).value;

function description() {
  const rated = amount("rated", W, { least: 1n, most: 4_294_967_295n });
  const site = value("site").trim();
  wrong("site", site ? "" : t("wrong.empty"));
  if (rated === null || !site) return document.getElementById(rated === null ? "rated" : "site").focus();
  const kind = value("technology");
  return {
    zone: zoneNumber(value("zone")),
    carrier: CARRIERS.indexOf(value("carrier")),
    direction: Number(value("direction")),
    technology: TECHNOLOGIES[kind],
    clean: CLEAN.has(kind) && value("direction") === "0",
    stores: kind === "battery",
    ratedW: Number(rated),
    modulus: 0,
    // One connection to the network has one hash, however its address is written down.
    site: hex(keccak(new TextEncoder().encode(site.toLowerCase().replace(/\s+/g, " ")))),
  };
}

/** What the device's key signs: the whole registration, with its owner in it. */
function document712(values) {
  const plain = (list) => list.map(([name, type]) => ({ name, type }));
  const domain = [["name", "string"], ["version", "string"], ["chainId", "uint256"], ["verifyingContract", "address"]];
  return {
    types: { EIP712Domain: plain(domain), DeviceRegistration: plain(FIELDS) },
    primaryType: "DeviceRegistration",
    domain: { name: "Wattbook Meters", version: "1", chainId: facts.data.chain_id, verifyingContract: facts.data.contracts.Meters },
    message: values,
  };
}

async function readCertificate(event) {
  certificate = null;
  try {
    const said = JSON.parse(await event.target.files[0].text());
    const whole = [0, 1].includes(said.curve) && /^0x[0-9a-f]{64}$/i.test(said.x) && /^0x[0-9a-f]{64}$/i.test(said.y) && /^0x[0-9a-f]+$/i.test(said.signature) && Number.isInteger(said.deadline);
    if (!whole) throw new Error("incomplete");
    certificate = said;
    wrong("certificate");
  } catch {
    wrong("certificate", t("device.no_certificate"));
  }
}

/** Key and signature: of the file that came with the meter, or of a key made here and offered as a file before it is used. */
function vouched(said) {
  if (keyKind() === "file") {
    if (!certificate) throw new Error(t("device.no_certificate"));
    return certificate;
  }
  const made = keyInUse();
  const deadline = marketNow() + MONTH;
  const values = { owner: session.account, ...said, curve: made.curve, x: made.x, y: made.y, deadline };
  const signature = signedBy(made.secret, digest(document712(values)));
  download(`wattbook-meter-${made.x.slice(-8)}.json`, JSON.stringify({ kind: "wattbook-meter-key-1", ...made }, null, 2));
  return { ...made, deadline, signature };
}

/** The key made here that is not registered yet, else a new one; kept in this browser too, before it is used. */
function keyInUse() {
  const text = localStorage.getItem(UNUSED_KEY) ?? JSON.stringify(meterKey());
  localStorage.setItem(UNUSED_KEY, text);
  if (localStorage.getItem(UNUSED_KEY) !== text) throw new Error("not kept");
  return JSON.parse(text);
}

/** From now on it is some meter's; it stays here, in case the file was lost. */
function keyIsUsed(x) {
  const text = localStorage.getItem(UNUSED_KEY);
  if (!text || JSON.parse(text).x !== x) return;
  localStorage.setItem(`${USED_KEY}.${x}`, text);
  localStorage.removeItem(UNUSED_KEY);
}

async function register(say) {
  const said = description();
  if (!said) return "";
  const { curve, x, y, deadline, signature } = vouched(said);
  const fields = { ...said, curve, x, y };
  const tuple = ["uint16", "uint8", "uint8", "uint24", "bool", "bool", "uint32", "uint64", "bytes32"];
  const data = called("register", [tuple, ["uint8", "bytes32", "bytes32"], "uint256", "bytes"], [Object.values(said), [curve, x, y], deadline, signature]);
  await act("RegisterDevice", fields, { own: () => ({ contract: "Meters", data }), more: { keyDeadline: deadline, keySignature: signature }, said: say });
  keyIsUsed(x);
  return t("device.registered");
}

function draw() {
  put("signed-out", session.account ? "" : invitation(t("device.sign_in")));
  form.hidden = !session.account;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  doing(document.getElementById("register"), "registering", register);
});
facts.on(() => facts.data && !form.childElementCount && build());
document.addEventListener("session", draw);
begin();
draw();
