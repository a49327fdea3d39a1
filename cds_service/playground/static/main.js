// The order-entry screen: keeps the case and its orders, asks the service at every change, shows what comes back.

import { chartParts, patientLine } from "./chart.js";
import { cardElement, dismissedCard, noCardNotice, notCheckedNotice, renderedDetails, sentText } from "./cards.js";
import { element, notice } from "./dom.js";
import { ADVICE, explanationParts } from "./explanation.js";
import { codedReason, orderOptions, storyLabel, studyOptions } from "./form.js";
import { fragmentOf, readFragment } from "./fragment.js";
import { applyActions, changesOf, isEditable, newOrder, ratingOf, reasonsOf, referenceOf, withChanges, withPriority, withStudy, withWords, withoutReason } from "./orders.js";
import { draftsOf, hookBody } from "./request.js";
import { asked, hookCaller, instanceId, sentFeedback } from "./service.js";
import { showReadWords } from "./words.js";

const TYPING_PAUSE_MS = 500;
const QUIET_MS = 200;
const FIRST_STORY = "34-woman-cauda-equina-signs-coded";

const at = (id) => document.getElementById(id);
const call = hookCaller();
/** What is on the screen. `source` is {story, call}, or null for what somebody brought: that never enters the address. */
const state = { choices: null, source: null, request: null, base: [], orders: [], selected: [], current: null, hook: "order-select", sent: null };
let opening = 0;
let typing = 0;

start();

async function start() {
  try {
    state.choices = await asked("/playground/choices");
  } catch (error) {
    return problem("The playground could not start", error.message);
  }
  at("story").replaceChildren(...state.choices.stories.map((story) => new Option(storyLabel(story), story.name)));
  at("hook").replaceChildren(...state.choices.services.map((service) => new Option(`${service.hook}: ${service.when}`, service.hook)));
  at("screen").hidden = false;
  listen();
  const linked = readFragment(location.hash);
  if (linked) return openLinked(linked);
  const first = state.choices.stories.find((story) => story.name === FIRST_STORY) ?? state.choices.stories[0];
  return openStory(first.name, Object.keys(first.calls)[0]);
}

function listen() {
  at("story").addEventListener("change", () => openStory(at("story").value, Object.keys(storyNamed(at("story").value).calls)[0]));
  at("call").addEventListener("change", () => openStory(at("story").value, at("call").value));
  at("paste-form").addEventListener("submit", openPaste);
  at("file").addEventListener("change", async () => {
    const [file] = at("file").files;
    if (file) at("pasted").value = await file.text();
  });
  at("order-form").addEventListener("submit", (event) => {
    event.preventDefault();
    takeWords();
    ask();
  });
  at("order").addEventListener("change", () => {
    takeWords();
    state.current = at("order").value;
    showOrder();
  });
  at("study").addEventListener("change", chooseStudy);
  at("priority").addEventListener("change", () => {
    takeWords();
    edit((order) => withPriority(order, at("priority").value));
  });
  at("hook").addEventListener("change", () => {
    state.hook = at("hook").value;
    ask();
  });
  at("words").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => edit((order) => withWords(order, at("words").value), { isTyping: true }), TYPING_PAUSE_MS);
  });
  at("add").addEventListener("click", addOrder);
  at("copy").addEventListener("click", copyLink);
  at("keep").addEventListener("click", download);
  addEventListener("hashchange", () => {
    const linked = readFragment(location.hash);
    if (linked) openLinked(linked);
  });
}

// ---- the case

async function openLinked({ story, call: name, hook, changes }) {
  if (changes === null) return problem("This link is broken", "Its changes cannot be read, so the case is not the one that was shared.");
  return openStory(story, name, { hook, changes });
}

async function openStory(story, name, { hook = null, changes = [] } = {}) {
  opening += 1;
  const mine = opening;
  let opened;
  try {
    opened = await asked(`/playground/stories/${encodeURIComponent(story)}/${encodeURIComponent(name)}`);
  } catch (error) {
    return mine === opening && problem("The case could not be opened", error.message);
  }
  if (mine !== opening) return undefined;
  at("story").value = story;
  at("call").replaceChildren(...Object.entries(storyNamed(story).calls).map(([id, label]) => new Option(label, id)));
  at("call").value = name;
  at("call-choice").hidden = at("call").options.length < 2;
  const about = [element("p", {}, opened.story), element("p", { class: "soft" }, `Shows ${opened.special}.`)];
  return show(opened, { story, call: name }, about, { hook, changes });
}

async function openPaste(event) {
  event.preventDefault();
  opening += 1;
  at("paste-error").textContent = "";
  at("pasted").removeAttribute("aria-invalid");
  let opened;
  try {
    opened = await asked("/playground/paste", { text: at("pasted").value, asOf: at("day").value });
  } catch (error) {
    at("paste-error").textContent = error.message;
    at("pasted").setAttribute("aria-invalid", "true");
    at("pasted").focus();
    return;
  }
  const about = [element("p", {}, "Your own chart.")];
  if (opened.leftOut) about.push(element("p", {}, `${opened.leftOut} entries of the Bundle hold no resource and were left out.`));
  show(opened, null, about);
}

function show(opened, source, about, { hook = null, changes = [] } = {}) {
  clearTimeout(typing);
  const drafts = draftsOf(opened.request);
  const isKnown = (name) => state.choices.services.some((service) => service.hook === name);
  Object.assign(state, { source, request: opened.request, base: drafts.orders, hook: [hook, opened.request.hook, "order-sign"].find(isKnown) });
  at("problem").replaceChildren();
  let now = drafts;
  try {
    now = withChanges(drafts.orders, drafts.selected, changes);
  } catch (error) {
    problem("This link does not fit its case", `${error.message}. The case is shown without changes.`);
  }
  Object.assign(state, now, { current: now.selected[0] ?? (now.orders[0] && referenceOf(now.orders[0])) ?? null });
  if (opened.movedDays) about.push(element("p", { class: "soft" }, `All dates are moved by ${opened.movedDays} days, so that ${opened.asOf} is today (${state.choices.today}).`));
  at("about").replaceChildren(...about);
  at("person").textContent = patientLine(opened.request.prefetch?.patient, state.choices.today);
  at("chart").replaceChildren(...chartParts(opened.request.prefetch));
  at("hook").value = state.hook;
  at("feedback").replaceChildren(element("p", { class: "soft" }, "Nothing was accepted or dismissed yet."));
  at("copy").disabled = source === null;
  at("keep-help").textContent =
    source === null
      ? "A chart of your own has no link: it never enters an address. In the file all dates are moved by weeks that nobody can guess; names, numbers and words stay as they are, so take them out before you share it."
      : "The link holds the made-up case and what you changed, words included. In the file all dates are moved.";
  showOrder();
  return ask();
}

// ---- the order

const currentOrder = () => state.orders.find((order) => referenceOf(order) === state.current);

/** The form of the current order. While somebody is typing, the words in their field are newer than those of the order. */
function showOrder({ isTyping = false } = {}) {
  const order = currentOrder();
  at("order").replaceChildren(...orderOptions(state.orders));
  at("order").value = state.current ?? "";
  at("order-choice").hidden = state.orders.length < 2;
  const mayEdit = order === undefined || isEditable(order);
  at("study").replaceChildren(...studyOptions(order, state.choices.studies));
  at("study").value = "";
  at("study").disabled = !mayEdit;
  const { coded, words } = order ? reasonsOf(order) : { coded: [], words: "" };
  if (!isTyping) at("words").value = words;
  at("words").disabled = order === undefined || !mayEdit;
  at("priority").disabled = order === undefined;
  at("priority").value = order?.priority ?? "routine";
  at("reasons").replaceChildren(...coded.map(({ place, text }) => codedReason(text, () => removeReason(place))));
  showRating();
}

function showRating() {
  const rating = currentOrder() && ratingOf(currentOrder());
  at("rating").textContent = rating ? `Rating that the service put on this order (PAMA): ${rating}.` : "";
}

function edit(change, { isTyping = false } = {}) {
  const order = currentOrder();
  if (order === undefined) return;
  const changed = change(order);
  state.orders = state.orders.map((one) => (one === order ? changed : one));
  showOrder({ isTyping });
  ask();
}

function removeReason(place) {
  takeWords();
  edit((order) => withoutReason(order, place));
  at("words").focus();
}

const hasUntakenWords = () => currentOrder() !== undefined && !at("words").disabled && reasonsOf(currentOrder()).words !== at("words").value;

/** Takes over words that were typed a moment ago. */
function takeWords() {
  clearTimeout(typing);
  const order = currentOrder();
  if (!hasUntakenWords()) return;
  const changed = withWords(order, at("words").value);
  state.orders = state.orders.map((one) => (one === order ? changed : one));
}

function chooseStudy() {
  const study = state.choices.studies.find((one) => one.id === at("study").value);
  if (study === undefined) return;
  takeWords();
  if (currentOrder() === undefined) addOrder(study);
  else edit((order) => withStudy(order, study));
}

function addOrder(study) {
  takeWords();
  const chosen = study.codings ? study : state.choices.studies.find((one) => one.id === "mr-lumbar-without") ?? state.choices.studies[0];
  const order = newOrder(state.orders, state.request.context, chosen, state.choices.today);
  state.orders = [...state.orders, order];
  state.current = referenceOf(order);
  state.selected = [...state.selected, state.current];
  showOrder();
  ask();
}

// ---- the answer

async function ask() {
  showAddress();
  showReadWords(currentOrder(), at("words-marked"), at("words-read"));
  if (state.orders.length === 0) {
    state.sent = null;
    clearAnswer();
    at("request-address").textContent = "";
    at("request").textContent = "";
    at("cards").removeAttribute("aria-busy");
    at("status").textContent = "";
    return at("cards").replaceChildren(element("p", { class: "empty" }, "No order is drafted. Choose a study, and the service is asked."));
  }
  const serviceId = state.choices.services.find((service) => service.hook === state.hook).id;
  const body = hookBody(state, instanceId());
  const sent = { serviceId, body };
  state.sent = sent;
  at("request-address").textContent = `POST /cds-services/${serviceId}`;
  at("request").textContent = JSON.stringify(body, null, 2);
  at("cards").setAttribute("aria-busy", "true");
  // An answer is there in a moment; only one that is not says that it is waited for, and takes the old cards away.
  const waiting = setTimeout(() => {
    if (state.sent !== sent) return;
    at("status").textContent = "Asking the service.";
    at("cards").replaceChildren(notice("unknown", "Not checked yet", element("p", {}, "The service has not answered about this order.")));
    clearAnswer();
  }, QUIET_MS);
  const answer = await call(serviceId, body);
  const details = answer.kind === "answer" ? await renderedDetails(answer.body.cards) : [];
  clearTimeout(waiting);
  // By now the order may be another one.
  if (answer.kind === "overtaken" || state.sent !== sent) return undefined;
  at("cards").removeAttribute("aria-busy");
  return showAnswer(answer, details, sent);
}

function clearAnswer() {
  at("why").replaceChildren();
  at("response").textContent = "";
  at("response-time").textContent = "";
}

function showAnswer(answer, details, sent) {
  at("response").textContent = pretty(answer.text ?? "");
  at("response-time").textContent = `After ${answer.milliseconds} ms.`;
  if (answer.kind === "not checked") {
    at("status").textContent = "Not checked.";
    at("cards").replaceChildren(notCheckedNotice(answer.why, ask));
    at("why").replaceChildren(element("p", { class: "soft" }, "There is no answer to explain."));
    return;
  }
  const { cards } = answer.body;
  const advice = answer.body.extension?.[ADVICE];
  const indicators = cards.map((card) => card.indicator).join(", ");
  at("status").textContent = cards.length === 0 ? "No card." : `${cards.length === 1 ? "1 card" : `${cards.length} cards`}: ${indicators}.`;
  if (cards.length === 0) {
    at("cards").replaceChildren(noCardNotice(answer.body, advice !== undefined, state.choices.mode, state.choices.explains));
  } else {
    at("cards").replaceChildren(...cards.map((card, number) => shownCard(card, details[number], number, sent)));
  }
  at("why").replaceChildren(...explanationParts(advice, state.choices));
  applySystemActions(answer.body.systemActions ?? []);
}

function shownCard(card, detail, number, sent) {
  const shown = cardElement(card, detail, number, {
    accept: (suggestion) => accept(card, suggestion, sent),
    dismiss: (reason, comment) => dismiss(card, reason, comment, sent, () => shown),
  });
  return shown;
}

/** What a client does by itself: here, ratings that are put on orders. The service is not asked again. */
function applySystemActions(actions) {
  try {
    Object.assign(state, applyActions(state.orders, state.selected, actions));
  } catch (error) {
    problem("An automatic action does not fit the orders", `${error.message}.`);
  }
  showRating();
}

async function accept(card, suggestion, sent) {
  if (state.sent !== sent) return;
  if (hasUntakenWords()) {
    // The card is about the order without them.
    takeWords();
    await ask();
    at("status").textContent = `The words of the order had changed, so the service was asked again. ${at("status").textContent}`;
    return;
  }
  let now;
  try {
    now = applyActions(state.orders, state.selected, suggestion.actions ?? []);
  } catch (error) {
    problem("The suggestion was not applied", `${error.message}.`);
    return;
  }
  Object.assign(state, now);
  if (currentOrder() === undefined) state.current = state.selected.at(-1) ?? (state.orders[0] ? referenceOf(state.orders[0]) : null);
  showOrder();
  at("answer-heading").focus();
  const told = sentFeedback(sent.serviceId, { card: card.uuid, outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] });
  await ask();
  const isSent = await told;
  logFeedback(`Accepted: ${suggestion.label}`, isSent);
  at("status").textContent = `Accepted: ${suggestion.label}. ${sentText(isSent)} ${at("status").textContent}`;
}

async function dismiss(card, reason, comment, sent, shown) {
  const overrideReason = {
    ...(reason ? { reason: { code: reason.code, system: reason.system, display: reason.display } } : {}),
    ...(comment ? { userComment: comment } : {}),
  };
  const isSent = await sentFeedback(sent.serviceId, {
    card: card.uuid,
    outcome: "overridden",
    ...(Object.keys(overrideReason).length ? { overrideReason } : {}),
  });
  const left = dismissedCard(card, reason?.display ?? reason?.code, isSent);
  shown().replaceWith(left);
  left.focus();
  logFeedback(`Dismissed: ${card.summary}`, isSent);
}

function logFeedback(what, isSent) {
  const entry = element("li", {}, `${what}. ${sentText(isSent)}`);
  const log = at("feedback").querySelector("ul");
  if (log) log.append(entry);
  else at("feedback").replaceChildren(element("ul", {}, entry));
}

// ---- sharing

function showAddress() {
  const hash = state.source === null ? "" : fragmentOf({ ...state.source, hook: state.hook, changes: changesOf(state.base, state.orders) });
  history.replaceState(null, "", location.pathname + location.search + hash);
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    at("keep-status").textContent = "The link is copied.";
  } catch {
    at("keep-status").textContent = "The browser did not let the link be copied. It stands in the address bar.";
  }
}

async function download() {
  takeWords();
  try {
    const kept = await asked("/playground/keep", hookBody(state, instanceId()));
    const url = URL.createObjectURL(new Blob([JSON.stringify(kept, null, 2)], { type: "application/json" }));
    element("a", { href: url, download: "case.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    at("keep-status").textContent = `The case is of ${kept.as_of} now.`;
  } catch (error) {
    at("keep-status").textContent = `The case was not saved: ${error.message}`;
  }
}

// ---- small things

const storyNamed = (name) => state.choices.stories.find((story) => story.name === name);

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function problem(heading, text) {
  at("problem").replaceChildren(notice("critical", heading, element("p", {}, text)));
}
