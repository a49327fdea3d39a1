// Options and rows of the order form.

import { element } from "./dom.js";
import { referenceOf, studyName } from "./orders.js";

/** `34, woman: Cauda equina signs …` from the name and title of a story. */
export function storyLabel(story) {
  const [age, who] = story.name.split("-");
  return `${age}, ${who}: ${story.title}`;
}

export const orderOptions = (orders) => orders.map((order) => new Option(`${studyName(order)} (${referenceOf(order)})`, referenceOf(order)));

/** The study as it is ordered, then all others by their modality. */
export function studyOptions(order, studies) {
  const groups = new Map();
  for (const study of studies) {
    if (!groups.has(study.modality)) groups.set(study.modality, element("optgroup", { label: study.modality }));
    groups.get(study.modality).append(new Option(study.name, study.id));
  }
  return [new Option(order ? `As ordered: ${studyName(order)}` : "Choose a study", ""), ...groups.values()];
}

/** A reason with a code, which can only be taken away. */
export function codedReason(text, remove) {
  return element(
    "p",
    { class: "reason" },
    element("span", {}, `Reason on the order: ${text}`),
    element("button", { type: "button", class: "small", click: remove, "aria-label": `Remove the reason ${text}` }, "Remove"),
  );
}
