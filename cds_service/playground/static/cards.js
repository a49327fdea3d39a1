// Cards as an EHR shows them.

import { asked } from "./service.js";
import { element, knownElements, link, notice, stateMark } from "./dom.js";

/** The details of cards as elements; as plain text where the server does not read their Markdown. */
export async function renderedDetails(cards) {
  const texts = cards.map((card) => card.detail ?? "");
  try {
    const { trees } = await asked("/playground/markdown", { texts });
    return trees.map(knownElements);
  } catch {
    return texts.map((text) => [element("div", { class: "plain-detail" }, text)]);
  }
}

/** One card. `does.accept(suggestion)` and `does.dismiss(reason, comment)` are what its buttons do. */
export function cardElement(card, detail, number, does) {
  const heading = `card-${number}`;
  return element(
    "article",
    { class: `card ${card.indicator}`, "aria-labelledby": heading },
    element("h3", { class: "summary", id: heading }, stateMark(card.indicator), ` ${card.summary}`),
    element("div", { class: "detail" }, detail),
    suggestionButtons(card, does.accept),
    (card.links ?? []).map((one) => element("p", {}, link(one.url, one.label))),
    dismissal(card, number, does.dismiss),
    element("p", { class: "source" }, "Source: ", card.source?.url ? link(card.source.url, card.source.label) : (card.source?.label ?? "not stated")),
  );
}

/** What stands where a card was, once it is dismissed. */
export function dismissedCard(card, reason, isSent) {
  return element(
    "div",
    { class: "panel", tabindex: "-1" },
    element("p", {}, element("strong", {}, "Dismissed: "), card.summary),
    element("p", { class: "soft" }, `${reason ? `Reason: ${reason}. ` : ""}${sentText(isSent)}`),
  );
}

export const sentText = (isSent) => (isSent ? "The service took the feedback." : "The feedback was not taken: it is not counted.");

/** What stands in place of an answer that did not come. */
export function notCheckedNotice(why, again) {
  return notice(
    "unknown",
    "Not checked",
    element("p", {}, why),
    element("p", {}, "Nothing is known about this order: no card does not mean that there is no finding."),
    element("p", {}, element("button", { type: "button", click: again }, "Ask again")),
  );
}

/** What stands where an answer has no cards, by what the answer and the service's settings tell about why. */
export function noCardNotice(body, isExplained, mode, explains) {
  if (mode === "silent") return notice("unknown", "No card", element("p", {}, "The service is in silent mode: it evaluates, and shows no cards."));
  if (isExplained) {
    const text = "The order was evaluated, and there is no card to show about it. What was found, and what could not be checked, stands below.";
    return notice("info", "No card", element("p", {}, text));
  }
  if (!explains) return notice("unknown", "No card", element("p", {}, "The service gives no explanations (SPINE_CDS_EXPLAIN=off), so this page cannot tell why."));
  return notice("unknown", "No card", element("p", {}, "No selected order was read as imaging of the spine, so nothing was evaluated."));
}

function suggestionButtons(card, accept) {
  const suggestions = [...(card.suggestions ?? [])].sort((one, other) => Number(other.isRecommended ?? false) - Number(one.isRecommended ?? false));
  if (suggestions.length === 0) return null;
  const buttons = suggestions.map((suggestion) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: suggestion.isRecommended || isAlone(suggestions) ? "first" : false, click: () => accept(suggestion) },
        suggestion.isRecommended ? `${suggestion.label} (recommended)` : suggestion.label,
      ),
    ),
  );
  return element("ul", { class: "actions", "aria-label": "Suggestions" }, buttons);
}

/** One alone is recommended over nothing, and yet it is what the card asks for; to take an order away is put first nowhere. */
const isAlone = (suggestions) => suggestions.length === 1 && !(suggestions[0].actions ?? []).some((action) => action.type === "delete");

function dismissal(card, number, dismiss) {
  const reasons = card.overrideReasons ?? [];
  const choose = element(
    "select",
    { id: `reason-${number}` },
    element("option", { value: "" }, "No reason given"),
    reasons.map((reason, at) => element("option", { value: String(at) }, reason.display ?? reason.code)),
  );
  const comment = element("input", { id: `comment-${number}`, type: "text", maxlength: "300" });
  const submit = (event) => {
    event.preventDefault();
    dismiss(reasons[Number(choose.value || -1)] ?? null, comment.value.trim());
  };
  return element(
    "form",
    { class: "dismissal", submit },
    element("div", {}, element("label", { for: choose.id }, "Reason to dismiss"), choose),
    element("div", {}, element("label", { for: comment.id }, "Comment"), comment),
    element("button", { type: "submit" }, "Dismiss"),
  );
}
