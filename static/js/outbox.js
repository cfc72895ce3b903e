// Keeps each answer until the server has acknowledged it.
//
// One entry per question and channel, the latest: an older one is never worth sending. The channel
// "answer" carries what counts, "marks" what was struck out, highlighted and noted. Entries live in
// IndexedDB, so they survive a reload, a crash and a lost session; memory alone is used where the
// browser has none (private windows of some browsers). One save is on its way at a time.
//
// An entry that the server refused stays, with the reply in `refused`, until the candidate has
// decided about it. It is not sent again by itself.

const DATABASE = "exam-outbox";
const STORE = "answers";
// Also a power cut leaves what was given here.
const ON_DISK = { durability: "strict" };
export const MARKS = "marks";
const RETRY_SECONDS = [1, 2, 4, 8, 15];
const MISSING_RETRY_SECONDS = 60;
const TIMEOUT_MS = 10_000;

export class Outbox {
  #entries = new Map();
  #sending = false;
  #failures = 0;
  #timer = null;
  #database = null;
  #handlers;

  constructor(handlers) {
    this.#handlers = handlers;
    window.addEventListener("online", () => this.#send());
    // Another tab may have signed in again meanwhile.
    window.addEventListener("focus", () => this.#send());
  }

  get isEmpty() {
    return this.pending.length === 0;
  }

  /** Take up what an earlier page of this attempt left behind, and send it. */
  async open(attempt) {
    try {
      this.#database = await openDatabase();
      // What was given in other attempts, perhaps by another person, waits for their pages.
      const entries = await readAll(this.#database);
      for (const entry of entries) if (entry.attempt === attempt) this.#keepNewer(entry);
    } catch {
      this.#database = null;
    }
    this.#send();
  }

  get pending() {
    return [...this.#entries.values()].filter((entry) => !entry.refused);
  }

  get refused() {
    return [...this.#entries.values()].filter((entry) => entry.refused);
  }

  /** What was marked beside the answer to a question, and not acknowledged yet. */
  marksOf(attempt, position) {
    return this.#entries.get(keyOf({ attempt, position, channel: MARKS }));
  }

  put(entry) {
    const refused = this.#entries.get(keyOf(entry))?.refused;
    // Another answer mends a malformed one; about the others the candidate has to decide first.
    if (refused && refused.outcome !== "malformed") {
      this.#keep({ ...entry, refused });
      return;
    }
    this.#keep(entry);
    this.#handlers.onState("saving");
    this.#send();
  }

  /** Send a refused answer after all, with a new epoch and rev. */
  resend({ refused, ...entry }, numbers) {
    this.#entries.delete(keyOf(entry));
    this.put({ ...entry, ...numbers });
  }

  /** Resolves when the answer is gone from this device too. */
  discard(entry) {
    return this.#forget(entry);
  }

  /** Resolves to whether nothing waits to be sent any more, within the time given. */
  async flush(timeoutMs) {
    const end = performance.now() + timeoutMs;
    this.#send();
    while (!this.isEmpty && performance.now() < end) await pause(20);
    return this.isEmpty;
  }

  #keepNewer(entry) {
    const known = this.#entries.get(keyOf(entry));
    if (!known || isNewer(entry, known)) this.#entries.set(keyOf(entry), entry);
  }

  async #send() {
    if (this.#sending || this.isEmpty) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    this.#handlers.onState("saving");
    try {
      while (!this.isEmpty) {
        const [entry] = this.pending;
        const sentAt = performance.now();
        const reply = await post(entry, this.#handlers.token());
        this.#setClock(reply, sentAt);
        this.#settle(entry, reply);
      }
      this.#failures = 0;
    } catch (problem) {
      this.#retryLater(problem);
    } finally {
      this.#sending = false;
    }
  }

  #setClock({ remaining_ms: remaining }, sentAt) {
    if (remaining == null) return;
    // Half of the way there and back is over since the server looked at its clock.
    const half = (performance.now() - sentAt) / 2;
    this.#handlers.onClock(remaining - half, half);
  }

  #settle(sent, reply) {
    if (["applied", "repeated"].includes(reply.outcome)) {
      this.#forget(sent);
      this.#handlers.onSaved(sent);
      this.#handlers.onState(this.isEmpty ? "saved" : "saving");
    } else if (sent.channel === MARKS) {
      // Marks never count: the candidate is told, and has nothing to decide.
      this.#forget(sent);
      this.#handlers.onState("refused", `Not kept: ${reply.message}`);
    } else if (["closed", "late"].includes(reply.outcome)) {
      this.#forget(sent);
      this.#refuse(sent, reply);
    } else {
      this.#holdBack(sent, reply);
    }
  }

  #holdBack(sent, reply) {
    // What was given while a refused answer was on its way is for the candidate to decide too.
    const latest = this.#entries.get(keyOf(sent));
    if (reply.outcome === "malformed" && latest !== sent) return;
    const entry = { ...latest, refused: reply };
    this.#keep(entry);
    this.#refuse(entry, reply);
  }

  #refuse(entry, reply) {
    this.#handlers.onState("refused");
    this.#handlers.onRefused(entry, reply);
  }

  #retryLater(problem) {
    this.#handlers.onState(problem.state ?? (navigator.onLine ? "retrying" : "offline"));
    const seconds =
      problem.state === "missing"
        ? MISSING_RETRY_SECONDS
        : RETRY_SECONDS[Math.min(this.#failures, RETRY_SECONDS.length - 1)];
    this.#failures += 1;
    // A little chance, so that a crowd that was turned away does not come back in one step.
    const pauseMs = Math.max(seconds, problem.retryAfter ?? 0) * 1000 * (1 + Math.random() / 4);
    this.#timer = setTimeout(() => this.#send(), pauseMs);
  }

  #keep(entry) {
    this.#entries.set(keyOf(entry), entry);
    try {
      this.#database?.transaction(STORE, "readwrite", ON_DISK).objectStore(STORE).put(entry, keyOf(entry));
    } catch {
      // The browser closed the database. The answer is sent from memory.
      this.#database = null;
    }
  }

  async #forget(entry) {
    // A newer answer to the same question may have come while this one was on its way.
    if (this.#entries.get(keyOf(entry)) !== entry) return;
    this.#entries.delete(keyOf(entry));
    try {
      if (this.#database) await erase(this.#database, entry);
    } catch {
      this.#database = null;
    }
  }
}

const keyOf = ({ attempt, position, channel }) =>
  channel === MARKS ? `${attempt}/${position}/${MARKS}` : `${attempt}/${position}`;
const isNewer = (one, other) => one.epoch > other.epoch || (one.epoch === other.epoch && one.rev > other.rev);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class NotAcknowledged extends Error {
  constructor(state, retryAfter) {
    super(state);
    this.state = state;
    this.retryAfter = retryAfter;
  }
}

async function post(entry, token) {
  const body = new URLSearchParams({ epoch: entry.epoch, rev: entry.rev });
  for (const place of entry.answer ?? []) body.append("answer", place);
  for (const [name, value] of entry.fields ?? []) body.append(name, value);
  const response = await fetch(entry.url, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": token },
    redirect: "manual",
    keepalive: true,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // A redirect leads to the sign-in page; 403 means that the token is of an old session.
  if (response.type === "opaqueredirect" || response.status === 403) throw new NotAcknowledged("signedout");
  // Another account may have signed in in this browser: its owner may come back.
  if (response.status === 404) throw new NotAcknowledged("missing");
  if (response.ok || [409, 422].includes(response.status)) return response.json();
  throw new NotAcknowledged("retrying", Number(response.headers.get("Retry-After")) || 0);
}

function openDatabase() {
  return asPromise(indexedDB.open(DATABASE, 1), (request) => {
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  });
}

function readAll(database) {
  return asPromise(database.transaction(STORE).objectStore(STORE).getAll());
}

async function erase(database, entry) {
  const store = database.transaction(STORE, "readwrite").objectStore(STORE);
  const kept = await asPromise(store.get(keyOf(entry)));
  // Another tab may keep a newer one under the same key, or one to be decided about.
  if (!kept || isNewer(kept, entry) || (kept.refused && !entry.refused)) return;
  await asPromise(store.delete(keyOf(entry)));
}

function asPromise(request, prepare = () => {}) {
  prepare(request);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
