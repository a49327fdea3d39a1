// Calls of the service. An answer that is late, failed or is none is "not checked", never an empty answer.

export const LIMIT_MS = 5000;

/** The body of a JSON answer. Raises Error with what the service says is wrong. */
export async function asked(path, body) {
  const response = await fetch(path, body === undefined ? {} : posted(body));
  if (!response.ok) throw new Error(await complaint(response));
  return response.json();
}

/** A function that makes hook calls. Only the newest counts: an older one is given up, and its answer is "overtaken". */
export function hookCaller() {
  let newest = 0;
  let running = null;
  return async (serviceId, body) => {
    running?.abort();
    newest += 1;
    const [mine, control] = [newest, new AbortController()];
    running = control;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      control.abort();
    }, LIMIT_MS);
    const started = performance.now();
    let result;
    try {
      const response = await fetch(`/cds-services/${serviceId}`, { ...posted(body), signal: control.signal });
      result = await answerOf(response);
    } catch {
      result = notChecked(
        isLate ? `The service did not answer within ${LIMIT_MS / 1000} seconds.` : "The service could not be reached.",
      );
    } finally {
      clearTimeout(timer);
    }
    if (mine !== newest) return { kind: "overtaken" };
    return { ...result, milliseconds: Math.round(performance.now() - started) };
  };
}

/** Tells what became of a card. True when the service took it. */
export async function sentFeedback(serviceId, entry) {
  const body = { feedback: [{ ...entry, outcomeTimestamp: new Date().toISOString() }] };
  try {
    const response = await fetch(`/cds-services/${serviceId}/feedback`, posted(body));
    return response.ok;
  } catch {
    return false;
  }
}

/** A random id of a hook instance; `crypto.randomUUID` is not there on a page without TLS. */
export function instanceId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

const posted = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

const notChecked = (why, text = "") => ({ kind: "not checked", why, text });

async function answerOf(response) {
  const text = await response.text();
  if (!response.ok) return notChecked(`The service answered ${response.status}: ${complaintIn(text)}`, text);
  const body = parsed(text);
  if (body === null || !Array.isArray(body.cards)) return notChecked("The service answered something that holds no cards.", text);
  return { kind: "answer", body, text };
}

async function complaint(response) {
  return complaintIn(await response.text()) || `The service answered ${response.status}.`;
}

function complaintIn(text) {
  const issues = parsed(text)?.issue;
  return (Array.isArray(issues) ? issues : []).map((issue) => issue.details?.text ?? issue.diagnostics ?? issue.code).join(" ");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
