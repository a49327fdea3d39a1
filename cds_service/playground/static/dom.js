// Elements, made without markup: nothing of an answer or a record is ever parsed as HTML.

const STATES = {
  critical: ["▲", "Critical"],
  warning: ["◆", "Warning"],
  info: ["●", "Information"],
  ok: ["✓", "Fine"],
  unknown: ["?", "Not checked"],
};

/** An element. Members of `members` that are functions listen, the others are attributes; false leaves one out. */
export function element(tag, members = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(members)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Icon, word and color of a state. */
export function stateMark(kind, word) {
  const [icon, usual] = STATES[kind] ?? STATES.info;
  return element(
    "span",
    { class: `state ${kind in STATES ? kind : "info"}` },
    element("span", { class: "icon", "aria-hidden": "true" }, icon),
    ` ${word ?? usual}`,
  );
}

/** A box that says something about the page itself. */
export function notice(kind, heading, ...children) {
  return element("div", { class: `notice ${kind}` }, element("p", { class: "heading" }, stateMark(kind, heading)), ...children);
}

/** A part that is folded until somebody opens it. */
export function folded(title, ...children) {
  return element("details", {}, element("summary", {}, title), ...children);
}

/** A list, or the sentence that says why there is none. */
export function list(items, otherwise) {
  if (items.length === 0) return element("p", { class: "soft" }, otherwise);
  return element("ul", {}, items.map((item) => element("li", {}, item)));
}

const KNOWN = new Set(["p", "strong", "em", "ul", "ol", "li", "code", "pre", "br", "hr", "blockquote"]);

/** The nodes of a tree that the server made of Markdown; of elements that we do not know only the text. */
export function knownElements(tree) {
  return tree.flatMap((node) => {
    if (typeof node === "string") return [node];
    const children = knownElements(node.children);
    if (node.tag === "a") return [link(node.href, children)];
    if (/^h[1-6]$/.test(node.tag)) return [element("p", {}, element("strong", {}, children))];
    return KNOWN.has(node.tag) ? [element(node.tag, {}, children)] : children;
  });
}

/** A link to another site, or only its words where the address is none of the web. */
export function link(address, children) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    // not an address
  }
  if (url === null || !["https:", "http:"].includes(url.protocol)) return element("span", {}, children);
  return element("a", { href: url.href, rel: "noopener noreferrer", target: "_blank" }, children);
}
