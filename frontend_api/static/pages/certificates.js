// The certificate explorer: scan or paste what a certificate is called by, see where its kWh came from, retire one's own.

import { called } from "../modules/abi.js";
import { act } from "../modules/actions.js";
import { Trouble, get } from "../modules/api.js";
import { address, h, put, show } from "../modules/dom.js";
import { Feed } from "../modules/feed.js";
import { begin, invitation } from "../modules/frame.js";
import { amount, doing, field, number, wrong } from "../modules/forms.js";
import { KWH, kwh } from "../modules/numbers.js";
import { camera, picture } from "../modules/scan.js";
import { session } from "../modules/session.js";
import { date, fromLocal, span, toLocal } from "../modules/times.js";
import { facts as pairs, state, table, waiting } from "../modules/tables.js";
import { t, word } from "../modules/words.js";

const LOOK = { held: "good", retired: "", exported: "", unwrapped: "", expired: "bad" };
const own = new Feed(() => (session.account ? "/me/certificates" : null), { every: 30_000 });
const last = new Feed(() => "/certificates?limit=10", { every: 60_000, keep: true });
let wanted = new URLSearchParams(location.search).get("id");
let scanning = null;
const found = new Feed(() => (wanted ? `look:${wanted}` : null), { every: 60_000, load: () => look(wanted) });

// A certificate by its number or id, or a slice by its id.
async function look(id) {
  try {
    const one = await get(`/certificates/${id}`);
    return { ...one, kind: "certificate", wh: 1_000_000, parts: one.provenance, end: one.ended };
  } catch (error) {
    if (!(error instanceof Trouble) || error.status !== 404) throw error;
    const { owner, part } = await get(`/slices/${id}`);
    return { ...part, kind: "slice", maker: owner, parts: [part] };
  }
}

/** The number or id in what was scanned or pasted: bare, in hex, or in an address of this page. */
function idIn(text) {
  const clean = text.normalize("NFKC").trim();
  const named = /[?&]id=(\d{1,78})\b/.exec(clean)?.[1] ?? /^(?:wattbook:)?(?:#)?(\d{1,78})$/i.exec(clean)?.[1];
  if (named) return named;
  return /^0x[0-9a-f]{1,64}$/i.test(clean) ? BigInt(clean).toString() : null;
}

function search(text) {
  const id = idIn(text);
  wrong("id", id ? "" : t("certificate.no_id"));
  if (!id) return document.getElementById("id").focus();
  wanted = id;
  found.data = undefined;
  found.trouble = null;
  history.replaceState(null, "", `?id=${id}`);
  drawFound();
  found.refresh();
}

function buildFind() {
  const form = document.getElementById("find");
  const input = h("input", { type: "search", autocomplete: "off", spellcheck: "false", maxlength: 300, value: wanted ?? "" });
  const file = h("input", { type: "file", accept: "image/*", onchange: readPicture });
  form.append(
    field("id", t("certificate.id"), input, t("certificate.id_hint")),
    h("div.buttons", h("button.strong", { type: "submit" }, t("certificate.look")), h("button", { type: "button", id: "scan", onclick: scan }, t("certificate.scan"))),
    h("details", h("summary", t("certificate.from_picture")), field("picture", t("certificate.picture"), file)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(input.value);
  });
}

async function readPicture(event) {
  const text = await picture(event.target.files[0]).catch(() => null);
  wrong("picture", text && idIn(text) ? "" : t("certificate.no_code"));
  if (text && idIn(text)) take(text);
}

function take(text) {
  document.getElementById("id").value = idIn(text);
  search(text);
}

async function scan() {
  if (scanning) return endScan();
  const video = h("video.scan", { playsinline: true, muted: true, "aria-label": t("certificate.camera") });
  put("camera", video, h("p.hint", t("certificate.camera_hint")));
  document.getElementById("scan").textContent = t("certificate.stop");
  try {
    scanning = await camera(video, (text) => {
      if (!idIn(text)) return;
      endScan();
      take(text);
    });
  } catch {
    endScan();
    put("camera", h("p.said.wrong", { role: "alert" }, t("certificate.no_camera")));
  }
}

function endScan() {
  scanning?.();
  scanning = null;
  document.getElementById("scan").textContent = t("certificate.scan");
  put("camera", "");
}

function drawFound() {
  show("found", Boolean(wanted));
  if (!wanted) return;
  const one = found.data;
  if (!one) {
    const none = found.trouble && !found.trouble.gone;
    put("found-heading", t("certificate.looking"));
    put("certificate", none ? h("p.empty", t("certificate.unknown", { id: wanted.length > 24 ? `${wanted.slice(0, 20)}…` : wanted })) : waiting(found));
    put("origin", "");
    return put("retire", "");
  }
  put("found-heading", one.kind === "certificate" ? t("certificate.number", { number: one.number }) : t("certificate.slice"));
  put(
    "certificate",
    pairs([
      [t("market.state"), one.state ? state(LOOK[one.state] ?? "", word("state", one.state)) : null],
      [t("trade.amount"), kwh(one.wh)],
      [t("certificate.maker"), address(one.maker)],
      [t("certificate.holder"), one.holder ? address(one.holder) : null],
      [t("certificate.expires"), date(one.expires)],
      [t("certificate.beneficiary"), one.end?.beneficiary ? address(one.end.beneficiary) : null],
      [t("certificate.purpose"), one.end?.purpose || null],
      [t("certificate.whole_id"), h("span.long", one.id)],
    ]),
  );
  put("origin", h("p", t("certificate.origin_hint")), chain(one.parts));
  drawRetire(one);
}

/** Slices as a chain, down through batteries to the plants. */
function chain(parts) {
  return h(
    "ul.chain",
    parts.map((part) =>
      h(
        "li",
        h("strong", kwh(part.wh)),
        " ",
        t("certificate.by_device", { device: part.device }),
        ` · ${[word("technology_code", part.technology ?? "000000"), part.zone].filter(Boolean).join(" · ")}`,
        h("br"),
        h("span.hint", span(part.start, part.end)),
        part.charged.length ? [h("p", t("certificate.charged")), chain(part.charged)] : "",
      ),
    ),
  );
}

const isMine = (one) => one.kind === "certificate" ? own.data?.certificates.some((each) => each.certificate === one.id) : own.data?.slices.find((each) => each.slice === one.id);

function drawRetire(one) {
  const mine = session.account && isMine(one);
  if (!mine) return put("retire", "");
  if (document.getElementById("retiring")?.dataset.id === wanted) return;
  const from = Math.min(...one.parts.map((part) => part.start));
  const until = Math.max(...one.parts.map((part) => part.end));
  const time = (id, label, value) => field(id, label, h("input", { type: "datetime-local", value: toLocal(value) }));
  const form = h(
    "form",
    { id: "retiring", novalidate: true, data: { id: wanted } },
    h("h3", t("certificate.retire")),
    h("p", t("certificate.retire_hint")),
    one.kind === "slice" ? field("retire-wh", t("trade.amount"), number({ value: "" }), t("certificate.most", { most: kwh(mine.wh) })) : "",
    field("beneficiary", t("certificate.beneficiary"), h("input", { type: "text", autocomplete: "off", spellcheck: "false", value: session.account })),
    h("div.pair", time("since", t("certificate.used_from"), from), time("until", t("certificate.used_until"), until)),
    field("purpose", t("certificate.purpose"), h("input", { type: "text", maxlength: 200, autocomplete: "off" }), t("certificate.purpose_hint")),
    h("button.strong", { type: "submit", id: "retire-now" }, t("certificate.retire_now")),
    h("div", { id: "retire-said", role: "status" }),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(document.getElementById("retire-now"), "retire-said", (say) => retire(one, mine, say));
  });
  put("retire", form);
}

function timeOf(id) {
  const times = fromLocal(document.getElementById(id).value);
  wrong(id, times.length === 1 ? "" : t(times.length ? "wrong.twice" : "wrong.no_time"));
  return times.length === 1 ? times[0] : null;
}

async function retire(one, mine, say) {
  const beneficiary = document.getElementById("beneficiary").value.trim();
  const good = /^0x[0-9a-fA-F]{40}$/.test(beneficiary);
  wrong("beneficiary", good ? "" : t("wrong.address"));
  const [since, until] = [timeOf("since"), timeOf("until")];
  const slice = one.kind === "slice";
  const wh = slice ? amount("retire-wh", KWH, { least: 1n, most: BigInt(mine.wh) }) : undefined;
  if (!good || since === null || until === null || wh === null) return "";
  const { id } = one;
  const purpose = document.getElementById("purpose").value.trim();
  const retirement = { beneficiary, since, until, purpose };
  const kind = ["address", "uint40", "uint40", "string"];
  const data = slice
    ? called("retire", ["uint256", "uint256", kind], [id, wh, Object.values(retirement)])
    : called("retire", ["uint256", kind], [id, Object.values(retirement)]);
  const fields = slice ? { id, wh: String(wh), ...retirement } : { id, ...retirement };
  await act(slice ? "RetireSlice" : "RetireCertificate", fields, { own: () => ({ contract: slice ? "CleanEnergy" : "GreenCertificates", data }), said: say });
  [own, found, last].forEach((feed) => feed.refresh());
  return t("certificate.retired");
}

function drawOwn() {
  if (!session.account) return put("own", invitation(t("certificate.sign_in")));
  if (!own.data) return put("own", waiting(own));
  const { certificates, slices } = own.data;
  const rows = [
    ...certificates.map((one) => ({ id: one.certificate, name: t("certificate.number", { number: one.number }), wh: 1_000_000, expires: one.expires_at })),
    ...slices.map((one) => ({ id: one.slice, name: t("certificate.slice_of", { device: one.device, when: span(one.made_since, one.made_until) }), wh: one.wh, expires: one.expires_at })),
  ];
  put("own", table(t("certificate.own"), [link(), [t("trade.amount"), (one) => kwh(one.wh), "number"], [t("certificate.expires"), (one) => date(one.expires)]], rows, { empty: t("certificate.none") }));
}

const link = () => [t("certificate.what"), (one) => h("a", { href: `/certificates?id=${one.id}`, onclick: (event) => {
  event.preventDefault();
  take(String(one.id));
  document.getElementById("found").focus();
} }, one.name)];

function drawLast() {
  if (!last.data) return put("last", waiting(last));
  const rows = last.data.items.map((one) => ({ ...one, name: t("certificate.number", { number: one.number }) }));
  put("last", table(t("certificate.last"), [link(), [t("certificate.maker"), (one) => address(one.maker)], [t("certificate.expires"), (one) => date(one.expires)], [t("market.state"), (one) => state(LOOK[one.state] ?? "", word("state", one.state))]], rows, { empty: t("certificate.no_last") }));
}

found.on(drawFound);
own.on(() => {
  drawOwn();
  drawFound();
});
last.on(drawLast);
document.addEventListener("session", () => {
  own.data = undefined;
  own.refresh();
  drawOwn();
  drawFound();
});
begin();
buildFind();
[found, own, last].forEach((feed) => feed.start());
drawOwn();
drawLast();
drawFound();
window.addEventListener("pagehide", endScan);
