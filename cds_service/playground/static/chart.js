// The chart as it goes out with a call: what the service is given, and nothing else.

import { element, folded } from "./dom.js";
import { conceptText, listOf, referenceOf } from "./orders.js";

const SECTIONS = [
  ["conditions", "Problems"],
  ["observations", "Results and findings"],
  ["medications", "Medicines"],
  ["procedures", "Procedures"],
  ["reports", "Imaging reports"],
  ["orders", "Other orders"],
  ["allergies", "Allergies"],
  ["devices", "Devices"],
];
const DATES = [
  "onsetDateTime", "onsetPeriod", "onsetString", "effectiveDateTime", "effectivePeriod", "performedDateTime", "performedPeriod",
  "performedString", "occurrenceDateTime", "occurrencePeriod", "started", "authoredOn", "dateWritten", "issued", "recordedDate",
  "dateRecorded", "assertedDate", "dateAsserted", "date",
];
/** Sections with more rows are folded, and all of them on a narrow screen: the order comes first there. */
const MOST_OPEN = 12;
const WIDE = "(min-width: 64rem)";

/** Name, sex and age of the patient of a call, in one line. */
export function patientLine(prefetched, today) {
  const patient = unwrapped(prefetched);
  const name = listOf(patient?.name)[0];
  const words = name?.text || [...listOf(name?.given), name?.family].flat().filter(Boolean).join(" ");
  return [words || "Name not stated", patient?.gender || "sex not stated", ageText(patient?.birthDate, today)].join(", ");
}

/** The sections of the chart. Rows have ids, so that what was found can be looked up. */
export function chartParts(prefetch) {
  const parts = [];
  const [missing, empty, odd] = [[], [], []];
  for (const [key, title] of SECTIONS) {
    const bundle = unwrapped(prefetch?.[key]);
    if (bundle === undefined) missing.push(title);
    else if (bundle === null) empty.push(title);
    else if (bundle.resourceType !== "Bundle") odd.push(title);
    else {
      const resources = listOf(bundle.entry).map((entry) => entry?.resource).filter(Boolean);
      if (resources.length) parts.push(section(title, resources));
      else empty.push(title);
    }
  }
  return [...parts, listed("Not sent with this call", missing), listed("Not readable", odd), listed("Sent without entries", empty)].filter(Boolean);
}

/** Clients from before CDS Hooks 1.0 put what they prefetched into an answer around it. */
const unwrapped = (value) => (value?.resourceType === undefined && value?.resource ? value.resource : value);

const listed = (what, titles) => (titles.length ? element("p", { class: "soft" }, `${what}: ${titles.join(", ").toLowerCase()}.`) : null);

/** Shows the row of a resource and moves there; false where the chart does not hold it. */
export function showResource(reference) {
  const row = document.getElementById(rowId(reference));
  if (row === null) return false;
  row.closest("details").open = true;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  return true;
}

export const isOnChart = (reference) => document.getElementById(rowId(reference)) !== null;

function section(title, resources) {
  const rows = resources.map(rowOf);
  rows.sort((one, other) => other.when.localeCompare(one.when));
  const part = folded(`${title} (${rows.length})`, table(title, rows));
  part.open = rows.length <= MOST_OPEN && matchMedia(WIDE).matches;
  return part;
}

/** What a row says; a resource in a shape that nobody foresaw is shown by its type, never left out. */
function rowOf(resource) {
  try {
    return { resource, what: nameOf(resource), value: valueOf(resource), when: dateOf(resource), status: statusOf(resource) };
  } catch {
    return { resource, what: `${resource.resourceType}, in a shape that this page does not show`, value: "", when: "", status: "" };
  }
}

/** Columns in which no row has anything are left out. */
function table(title, rows) {
  const columns = [["Value", "value"], ["When", "when"], ["Status", "status"]].filter(([, key]) => rows.some((row) => row[key]));
  const heads = ["What", ...columns.map(([head]) => head)].map((head) => element("th", { scope: "col" }, head));
  const body = rows.map((row) =>
    element(
      "tr",
      { id: rowId(referenceOf(row.resource)), tabindex: "-1" },
      element("th", { scope: "row" }, String(row.what)),
      columns.map(([, key]) => element("td", { class: key }, String(row[key]))),
    ),
  );
  return element(
    "div",
    { class: "box", tabindex: "0", role: "region", "aria-label": title },
    element("table", {}, element("thead", {}, element("tr", {}, heads)), element("tbody", {}, body)),
  );
}

const rowId = (reference) => `chart-${reference}`;

function nameOf(resource) {
  const medicine = resource.medicationCodeableConcept ?? resource.medication;
  const contained = listOf(resource.contained).find((one) => one?.resourceType === "Medication");
  return (
    conceptText(resource.code) ||
    conceptText(medicine) ||
    resource.medicationReference?.display ||
    conceptText(contained?.code) ||
    listOf(resource.deviceName)[0]?.name ||
    conceptText(resource.type) ||
    resource.description ||
    resource.resourceType
  );
}

function valueOf(resource) {
  const own = measured(resource);
  if (own) return own;
  if (Array.isArray(resource.component)) {
    return resource.component.map((part) => `${conceptText(part.code)} ${measured(part)}`).join("; ");
  }
  const dosage = listOf(resource.dosageInstruction)[0]?.text;
  const note = listOf(resource.note)[0]?.text;
  return resource.conclusion || dosage || resource.criticality || note || "";
}

function measured(resource) {
  const quantity = resource.valueQuantity;
  if (quantity) return [quantity.comparator, quantity.value, quantity.unit ?? quantity.code].filter((part) => part !== undefined).join(" ");
  const plain = resource.valueString ?? resource.valueInteger ?? resource.valueBoolean ?? resource.valueDateTime;
  if (plain !== undefined) return String(plain);
  return conceptText(resource.valueCodeableConcept) || (resource.dataAbsentReason ? `no value: ${conceptText(resource.dataAbsentReason)}` : "");
}

function statusOf(resource) {
  const clinical = resource.clinicalStatus;
  const verified = resource.verificationStatus;
  const codes = [clinical, verified].map((status) => (typeof status === "string" ? status : listOf(status?.coding)[0]?.code));
  return codes.filter((code) => code && code !== "confirmed").join(", ") || resource.status || "";
}

function dateOf(resource) {
  for (const name of DATES) {
    const found = resource[name];
    if (typeof found === "string") return found.replace(/T.*/, "");
    if (typeof found?.start === "string") return `${found.start.replace(/T.*/, "")}${found.end ? ` to ${String(found.end).replace(/T.*/, "")}` : ""}`;
  }
  return "";
}

function ageText(birthDate, today) {
  const born = String(birthDate ?? "");
  if (!/^\d{4}/.test(born)) return "age not stated";
  const before = today.slice(5) < (born.slice(5) || "01-01") ? 1 : 0;
  return `${Number(today.slice(0, 4)) - Number(born.slice(0, 4)) - before} years`;
}
