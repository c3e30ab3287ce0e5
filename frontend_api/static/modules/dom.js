// Elements. What comes from outside is only ever text or an attribute that cannot run.

const SVG = "http://www.w3.org/2000/svg";

/** h("p.note", {title}, "text", child): an element with classes, attributes or listeners, and children. */
export function h(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  return fill(document.createElement(tag || "div"), classes.filter(Boolean), rest);
}

export function svg(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  return fill(document.createElementNS(SVG, tag), classes, rest);
}

function fill(element, classes, rest) {
  if (classes.length) element.classList.add(...classes);
  const [first, ...others] = rest;
  const given = first && typeof first === "object" && !(first instanceof Node) && !Array.isArray(first);
  for (const [key, value] of Object.entries(given ? first : {})) set(element, key, value);
  element.append(...children(given ? others : rest));
  return element;
}

function set(element, key, value) {
  if (value === undefined || value === null || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "value" || key === "checked" || key === "disabled" || key === "hidden") element[key] = value;
  else if (key === "data") Object.assign(element.dataset, value);
  else if (key === "href" && !/^(\/|#|\?|https:|blob:|data:application\/json)/.test(value)) return;
  else element.setAttribute(key, value === true ? "" : value);
}

function children(list) {
  return list.flat(Infinity).filter((one) => one !== undefined && one !== null && one !== false);
}

/** Puts new content into an element, without touching it when nothing changed, so that focus and reading stay. */
export function put(place, ...content) {
  const element = typeof place === "string" ? document.getElementById(place) : place;
  if (!element) return;
  const next = document.createElement(element.tagName);
  next.append(...children(content));
  if (same(element, next)) return;
  const focused = element.contains(document.activeElement) && document.activeElement.dataset.key;
  element.replaceChildren(...next.childNodes);
  if (focused) element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// Elements with listeners that look the same do the same: each is made of the data that it shows.
function same(a, b) {
  return a.childNodes.length === b.childNodes.length && [...a.childNodes].every((one, place) => one.isEqualNode(b.childNodes[place]));
}

export const show = (id, visible) => {
  const element = document.getElementById(id);
  if (element) element.hidden = !visible;
};

/** Offers a file to keep. */
export function download(name, content) {
  const url = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** An address as it can be read: its beginning and end, the whole on hovering. */
export function address(text) {
  return text ? h("span.address", { title: text }, `${text.slice(0, 6)}…${text.slice(-4)}`) : "–";
}
