// The words of an order with marks on what was read in them, and the same as a list.

import { element, list } from "./dom.js";
import { notesOf, reasonsOf } from "./orders.js";
import { asked } from "./service.js";

let newest = 0;

/** Shows how the words of an order are read: marked in `marks`, as sentences in `sentences`. */
export async function showReadWords(order, marks, sentences) {
  newest += 1;
  const mine = newest;
  const titled = order ? [["Read as", reasonsOf(order).words], ...notesOf(order).map((text) => ["Note", text])] : [];
  const texts = titled.filter(([, text]) => text);
  if (texts.length === 0) {
    marks.replaceChildren();
    sentences.replaceChildren(element("p", { class: "soft" }, "The order has no words of its own."));
    return;
  }
  let read;
  try {
    ({ texts: read } = await asked("/playground/words", { texts: texts.map(([, text]) => text) }));
  } catch (error) {
    if (mine !== newest) return;
    marks.replaceChildren();
    sentences.replaceChildren(element("p", {}, `How the words are read could not be had: ${error.message}`));
    return;
  }
  if (mine !== newest) return;
  marks.replaceChildren(...texts.map(([title], at) => markedText(title, read[at].pieces)));
  sentences.replaceChildren(...read.map((one) => sentenceList(one.read)));
}

function markedText(title, pieces) {
  return element("p", { class: "read-words" }, element("span", { class: "soft" }, `${title}: `), pieces.flatMap(piece));
}

/** What a mark would otherwise say by its color alone; findings that are said, lengths and care need no more words. */
const LABELS = {
  asked: "asked",
  denied: "denied",
  historical: "past",
  "other-person": "of another person",
  hypothetical: "if it comes",
  unclear: "unclear",
  unknown: "not understood",
};

function piece({ text, kind, says }) {
  if (!kind) return [text];
  const mark = element("mark", { class: kind, title: says }, text);
  return LABELS[kind] ? [mark, element("small", { class: "soft" }, ` (${LABELS[kind]})`)] : [mark];
}

function sentenceList(read) {
  const items = read.map((one) => [element("strong", {}, one.says), ": ", element("q", {}, one.text)]);
  return list(items, "No word with a bearing on the spine was read in it.");
}
