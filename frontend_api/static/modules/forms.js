// Forms: fields with labels and errors that are read out, and buttons that tell how it goes.

import { h, put } from "./dom.js";
import { t } from "./words.js";
import { typed } from "./numbers.js";
import { lost } from "./session.js";
import { refusal } from "./wallet.js";

/** A field: its label, what is typed into, what explains it, and its error. */
export function field(id, label, input, hint) {
  input.id = id;
  if (!input.name) input.name = id;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
  return h("div.field", h("label", { for: id }, label), input, h("p.hint", { id: `${id}-hint` }, hint ?? ""), h("p.wrong", { id: `${id}-wrong` }));
}

export const number = (attributes = {}) => h("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", ...attributes });

export function select(options, chosen) {
  return h("select", options.map(([value, text]) => h("option", { value, selected: String(value) === String(chosen) }, text)));
}

export function wrong(id, text) {
  put(`${id}-wrong`, text ?? "");
  const input = document.getElementById(id);
  if (text) input?.setAttribute("aria-invalid", "true");
  else input?.removeAttribute("aria-invalid");
}

/** What was typed into a field as an integer of the smallest unit; null, and said why, if it is none. */
export function amount(id, unit, { least, most, optional } = {}) {
  const text = document.getElementById(id).value;
  try {
    if (optional && text.trim() === "") return undefined;
    const value = typed(text, unit);
    if (least !== undefined && value < least) throw { reason: "small" };
    if (most !== undefined && value > most) throw { reason: "large" };
    wrong(id);
    return value;
  } catch (error) {
    wrong(id, t(`wrong.${error.reason ?? "number"}`));
    return null;
  }
}

/** Does what a button is for once, and tells beside it how it goes. */
export async function doing(button, place, work) {
  button.disabled = true;
  const say = (text, kind = "") => put(place, text ? h(kind ? `p.said.${kind}` : "p.said", text) : "");
  try {
    say(await work(say), "good");
  } catch (error) {
    lost(error);
    say(refusal(error), "wrong");
  } finally {
    button.disabled = false;
  }
}
