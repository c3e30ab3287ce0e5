// The texts of the page's language.

import texts from "texts";

export const language = document.documentElement.dataset.language;

/** A text, with what is filled into it: t(subject.name, {number: 3}). */
export function t(name, filled = {}) {
  const text = texts[name];
  if (text === undefined) {
    console.error(`no text ${name}`);
    return name;
  }
  return text.replace(/\{(\w+)\}/g, (_, key) => String(filled[key] ?? ""));
}

/** The word for one of a fixed set, or the word itself when there is no text for it. */
export const word = (subject, name) => texts[`${subject}.${name}`] ?? String(name).replaceAll("_", " ");
