// Sends one entry of the outbox, and says what it means when there is no acknowledgement.

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./entries.js").Reply} Reply */

const TIMEOUT_MS = 10_000;
const SIGNED_OUT = 403;
const MISSING = 404;
const REFUSED = [409, 422];
// The server or something before it is busy or away: others would hear the same.
const AWAY = [429, 502, 503, 504];

export class NotAcknowledged extends Error {
  /**
   * @param {"signedout" | "missing" | "retrying"} state what the candidate is told
   * @param {{ isOwn: boolean, retryAfter?: number }} about `isOwn`: others may go through all the
   *   same; `retryAfter` in seconds
   */
  constructor(state, { isOwn, retryAfter = 0 }) {
    super(state);
    this.state = state;
    this.isOwn = isOwn;
    this.retryAfter = retryAfter;
  }
}

/**
 * Resolves to the server's reply, be it an acknowledgement or a refusal. Rejects with
 * NotAcknowledged, or with the browser's own error when nothing came back.
 * @param {Entry} entry
 * @param {string} token
 * @param {number} open the question that is shown now
 * @returns {Promise<Reply>}
 */
export async function deliver(entry, token, open) {
  const response = await fetch(entry.url, {
    method: "POST",
    body: bodyOf(entry, open),
    headers: { "X-CSRFToken": token },
    redirect: "manual",
    keepalive: true,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.ok || REFUSED.includes(response.status)) return response.json();
  throw problemOf(response);
}

/**
 * @param {Entry} entry
 * @param {number} open
 */
function bodyOf(entry, open) {
  const body = new URLSearchParams({ epoch: String(entry.epoch), rev: String(entry.rev), open: String(open) });
  for (const place of entry.answer ?? []) body.append("answer", place);
  for (const [name, value] of entry.fields ?? []) body.append(name, value);
  return body;
}

/** @param {Response} response */
function problemOf(response) {
  const { status, type } = response;
  // A redirect leads to the sign-in page; 403 means that the token is of an old session.
  if (type === "opaqueredirect" || status === SIGNED_OUT) return new NotAcknowledged("signedout", { isOwn: false });
  // Another account may have signed in in this browser: its owner may come back.
  if (status === MISSING) return new NotAcknowledged("missing", { isOwn: true });
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  return new NotAcknowledged("retrying", { isOwn: !AWAY.includes(status), retryAfter });
}

/**
 * Whether an attempt of who is signed in is over. Unknown counts as no.
 * @param {string} clockUrl
 */
export async function isClosed(clockUrl) {
  try {
    const response = await fetch(clockUrl, { redirect: "error", priority: "low" });
    return response.ok && (await response.json()).closed === true;
  } catch {
    return false;
  }
}
