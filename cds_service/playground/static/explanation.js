// Why: what was found, what was not, what could not be checked, what was not understood.

import { isOnChart, showResource } from "./chart.js";
import { element, folded, list } from "./dom.js";

export const ADVICE = "org.spine-imaging-cds.advice";
const WHY = {
  "not-provided": "not sent",
  failed: "could not be read",
  partial: "read in part",
  unreadable: "not in a form that can be read",
};

/** The explanation of an answer; `choices` names all criteria and groups of the service. */
export function explanationParts(advice, choices) {
  if (!advice) return [element("p", { class: "soft" }, "The answer holds no explanation.")];
  const gaps = advice.gaps ?? [];
  return [
    element("p", { class: "soft" }, `As of ${advice.asOf}, by ${advice.knowledge.id} ${advice.knowledge.version}.`),
    ...(advice.assessments ?? []).flatMap((assessment) => assessed(assessment, gaps, choices)),
    element("h4", {}, "Not read"),
    list(gaps.map((gap) => `${gap.source}: ${WHY[gap.reason] ?? gap.reason}`), "Everything that was asked for was sent and read."),
  ];
}

function assessed(assessment, gaps, choices) {
  const found = assessment.criteria ?? [];
  const foundIds = new Set(found.map((one) => one.id));
  const names = new Map(choices.criteria.map((one) => [one.id, one.name]));
  const unread = new Set(gaps.map((gap) => gap.source));
  const [notFound, notChecked] = [[], []];
  for (const criterion of choices.criteria.filter((one) => !foundIds.has(one.id))) {
    const lacking = criterion.needs.filter((source) => unread.has(source));
    if (lacking.length) notChecked.push(`${criterion.name} (${criterion.group}): needs ${lacking.join(", ")}`);
    else if (unread.has(criterion.id)) notChecked.push(`${criterion.name} (${criterion.group}): failed in the service`);
    else notFound.push(`${criterion.name} (${criterion.group})`);
  }
  const unclear = assessment.notUnderstood ?? [];
  const count = assessment.notUnderstoodCount ?? unclear.length;
  return [
    element("h3", {}, assessment.order),
    element("p", {}, conclusion(assessment, choices)),
    element("h4", {}, `Found (${found.length})`),
    list(found.map((one) => foundItem(one, names)), "No criterion was found in the data read."),
    element("h4", {}, `Not understood, as the answer names it (${count})`),
    list(
      unclear.map((one) => [element("q", {}, one.text), ` (${one.source}, `, where(one.reference), ")"]),
      "The answer names nothing. Single words of the order that were left over are marked above.",
    ),
    element("h4", {}, `Not checkable (${notChecked.length})`),
    list(notChecked, "For every criterion the data that it needs were sent and read."),
    folded(`Not found in the data read (${notFound.length})`, list(notFound, "Every criterion was found or could not be checked.")),
  ];
}

function conclusion(assessment, choices) {
  const procedure = assessment.procedure ?? {};
  const study = [procedure.modality, (procedure.regions ?? []).join(" and "), procedure.contrast].filter(Boolean).join(", ");
  const groups = Object.entries(assessment.groups ?? {}).map(([id, level]) => `${choices.groups[id] ?? id}: ${level}`);
  return [
    `Read as ${study}. Scenario ${assessment.scenario}. This study: ${assessment.appropriateness}. Urgency: ${assessment.urgency}.`,
    groups.length ? ` ${groups.join("; ")}.` : "",
  ];
}

function foundItem(one, names) {
  const evidence = (one.evidence ?? []).map((item) => {
    const told = [item.display, item.value].filter(Boolean).join(": ");
    return element("li", {}, item.stated ? element("q", {}, item.quote) : told, item.date ? ` (${item.date}) ` : " ", where(item.reference));
  });
  return [`${names.get(one.id) ?? one.id}: ${one.state}, ${one.counted ?? one.strength}`, element("ul", {}, evidence)];
}

/** A way to the row of the chart, or only the name where the chart has no such row. */
function where(reference) {
  if (!isOnChart(reference)) return element("code", {}, reference);
  return element("button", { type: "button", class: "plain", click: () => showResource(reference) }, reference);
}
