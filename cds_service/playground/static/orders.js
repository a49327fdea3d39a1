// Draft orders as values: what a clinician changes, what a suggestion changes, and what differs from the case as it came.

const RATING = "http://fhir.org/argonaut/Extension/pama-";
const EDITABLE = ["ServiceRequest", "ProcedureRequest"];

export const referenceOf = (resource) => `${resource.resourceType}/${resource.id}`;

/** The words of a CodeableConcept, or of R5's CodeableReference. */
export function conceptText(concept) {
  const whole = concept?.concept ?? concept;
  if (!whole) return "";
  if (typeof whole === "string") return whole;
  const coding = listOf(whole.coding)[0];
  return [whole.text, coding?.display, coding?.code].find((text) => typeof text === "string" && text) ?? "";
}

export const studyName = (order) => conceptText(order.code) || "Study not stated";

/** Whether study and reason of an order of this shape can be changed here. */
export const isEditable = (order) => EDITABLE.includes(order.resourceType);

/** The reasons of an order: those with a code and their places, and the words of the first without one. */
export function reasonsOf(order) {
  const all = listOf(order[reasonMember(order)]);
  const coded = all.flatMap((reason, place) => (isCoded(reason) ? [{ place, text: conceptText(reason) || reason?.reference?.reference || "a code" }] : []));
  const worded = all.find((reason) => !isCoded(reason) && conceptText(reason));
  return { coded, words: worded ? conceptText(worded) : "" };
}

/** All texts of an order beside its reason in words. */
export const notesOf = (order) => listOf(order.note).map((note) => note?.text).filter((text) => typeof text === "string" && text);

export function withWords(order, words) {
  const member = reasonMember(order);
  const all = listOf(order[member]);
  const at = all.findIndex((reason) => !isCoded(reason) && conceptText(reason));
  const reason = member === "reason" ? { concept: { text: words } } : { text: words };
  const others = at < 0 ? [...all] : all.toSpliced(at, 1);
  if (words.trim()) others.splice(at < 0 ? others.length : at, 0, reason);
  return withMember(order, member, others.length ? others : undefined);
}

export function withoutReason(order, place) {
  const member = reasonMember(order);
  const others = listOf(order[member]).filter((_reason, at) => at !== place);
  return withMember(order, member, others.length ? others : undefined);
}

export const withPriority = (order, priority) => ({ ...order, priority });

/** Another study, by a code of the order's own system where it has one. What told of the old study goes. */
export function withStudy(order, study) {
  const own = (order.code?.concept ?? order.code)?.coding?.[0]?.system;
  const coding = study.codings.find((one) => one.system === own) ?? study.codings[0];
  const concept = { coding: [coding], text: study.name };
  const changed = { ...order, code: order.code?.concept ? { concept } : concept };
  for (const member of ["bodySite", "bodyStructure", "orderDetail"]) delete changed[member];
  return changed;
}

/** A new order, as an order entry would begin it. */
export function newOrder(orders, context, study, day) {
  return withStudy(
    {
      resourceType: "ServiceRequest",
      id: freeId(orders),
      status: "draft",
      intent: "order",
      priority: "routine",
      subject: { reference: `Patient/${context.patientId}` },
      authoredOn: day,
      ...(context.userId ? { requester: { reference: context.userId } } : {}),
    },
    study,
  );
}

/** The orders after the actions of a suggestion: create, update and delete, whatever they are about. Raises Error. */
export function applyActions(orders, selected, actions) {
  let [nowOrders, nowSelected] = [orders, selected];
  for (const action of actions) {
    if (action.type === "create") {
      const created = { ...action.resource, id: action.resource.id ?? freeId(nowOrders) };
      nowOrders = [...nowOrders, created];
      nowSelected = [...nowSelected, referenceOf(created)];
    } else if (action.type === "update") {
      const reference = referenceOf(action.resource);
      if (!nowOrders.some((order) => referenceOf(order) === reference)) throw new Error(`it changes ${reference}, which is no draft of this call`);
      nowOrders = nowOrders.map((order) => (referenceOf(order) === reference ? action.resource : order));
    } else if (action.type === "delete") {
      const gone = [action.resourceId].flat();
      nowOrders = nowOrders.filter((order) => !gone.includes(referenceOf(order)));
      nowSelected = nowSelected.filter((reference) => !gone.includes(reference));
    } else {
      throw new Error(`it asks for '${action.type}', which is no action of CDS Hooks`);
    }
  }
  return { orders: nowOrders, selected: nowSelected };
}

/** What differs from the orders as they came, one entry an order; ratings that the service adds by itself do not count. */
export function changesOf(base, orders) {
  const before = new Map(base.map((order) => [referenceOf(order), order]));
  const changes = [];
  for (const order of orders) {
    const reference = referenceOf(order);
    const old = before.get(reference);
    before.delete(reference);
    if (old === undefined) changes.push({ created: withoutRating(order) });
    else {
      const patch = mergePatch(withoutRating(old), withoutRating(order));
      if (patch !== undefined) changes.push({ order: reference, patch });
    }
  }
  for (const reference of before.keys()) changes.push({ removed: reference });
  return changes;
}

/** The orders of a case with changes that a link brought. Raises Error when a change is about none of them. */
export function withChanges(base, selected, changes) {
  let [orders, nowSelected] = [base, selected];
  for (const change of changes) {
    if (change.created) {
      ({ orders, selected: nowSelected } = applyActions(orders, nowSelected, [{ type: "create", resource: change.created }]));
    } else if (change.removed) {
      ({ orders, selected: nowSelected } = applyActions(orders, nowSelected, [{ type: "delete", resourceId: change.removed }]));
    } else {
      if (!orders.some((order) => referenceOf(order) === change.order)) throw new Error("the link changes an order that this case does not have");
      orders = orders.map((order) => (referenceOf(order) === change.order ? merged(order, change.patch) : order));
    }
  }
  return { orders, selected: nowSelected };
}

/** The rating that the service gave an order, or null. */
export function ratingOf(order) {
  const rating = listOf(order.extension).find((one) => one?.url === `${RATING}rating`);
  return rating ? listOf(rating.valueCodeableConcept?.coding).map((coding) => coding.display ?? coding.code).join(", ") : null;
}

function withoutRating(order) {
  if (!Array.isArray(order.extension)) return order;
  const others = order.extension.filter((one) => !String(one.url).startsWith(RATING));
  return withMember(order, "extension", others.length ? others : undefined);
}

function withMember(order, member, value) {
  const changed = { ...order, [member]: value };
  if (value === undefined) delete changed[member];
  return changed;
}

const reasonMember = (order) => (Array.isArray(order.reason) ? "reason" : "reasonCode");

const isCoded = (reason) => listOf((reason?.concept ?? reason)?.coding).length > 0 || Boolean(reason?.reference);

/** What is no list where one is expected is none. */
export const listOf = (value) => (Array.isArray(value) ? value : []);

function freeId(orders) {
  const taken = new Set(orders.map((order) => order.id));
  let number = 1;
  while (taken.has(`new-${number}`)) number += 1;
  return `new-${number}`;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// RFC 7386: undefined when nothing differs.
function mergePatch(from, to) {
  if (!isObject(from) || !isObject(to)) return JSON.stringify(from) === JSON.stringify(to) ? undefined : to;
  const patch = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (!(name in to)) patch[name] = null;
    else {
      const inner = name in from ? mergePatch(from[name], to[name]) : to[name];
      if (inner !== undefined) patch[name] = inner;
    }
  }
  return Object.keys(patch).length ? patch : undefined;
}

function merged(value, patch) {
  if (!isObject(patch)) return patch;
  const result = isObject(value) ? { ...value } : {};
  for (const [name, inner] of Object.entries(patch)) {
    if (inner === null) delete result[name];
    else result[name] = merged(result[name], inner);
  }
  return result;
}
