// The body of a hook call, as an EHR sends it for the orders that are drafted.

import { listOf, referenceOf } from "./orders.js";

/** Drafts of a call and what is selected among them, in whichever place its hook keeps them. */
export function draftsOf(request) {
  const { context } = request;
  const bundle = context.draftOrders ?? context.orders ?? request.prefetch?.dispatchedOrders;
  const orders = listOf(bundle?.entry).map((entry) => entry?.resource).filter((resource) => resource?.resourceType);
  const named = context.selections ?? context.dispatchedOrders ?? (context.order ? [context.order] : orders.map(referenceOf));
  return { orders, selected: [named].flat() };
}

/** The call about the orders of `state`; `instance` is the id of this hook instance. */
export function hookBody({ request, orders, selected, hook }, instance) {
  const { dispatchedOrders: _dispatched, ...prefetch } = request.prefetch ?? {};
  const body = { ...request, hook, hookInstance: instance };
  const about = { ...request.context };
  for (const name of ["draftOrders", "orders", "selections", "dispatchedOrders", "order"]) delete about[name];
  if (hook === "order-dispatch") {
    body.context = { performer: "Organization/imaging", ...about, dispatchedOrders: selected };
    body.prefetch = { ...prefetch, dispatchedOrders: bundleOf("searchset", orders.filter((order) => selected.includes(referenceOf(order)))) };
    return body;
  }
  body.prefetch = prefetch;
  body.context = { userId: "Practitioner/playground", ...about, draftOrders: bundleOf("collection", orders) };
  if (hook === "order-select") body.context.selections = selected;
  return body;
}

const bundleOf = (type, orders) => ({ resourceType: "Bundle", type, entry: orders.map((resource) => ({ resource })) });
