// Keeps each answer until the server has acknowledged it.
//
// One entry per question, the latest: an older one is never worth sending. Entries live in
// IndexedDB, so they survive a reload, a crash and a lost session; memory alone is used where the
// browser has none (private windows of some browsers). One save is on its way at a time.

const DATABASE = "exam-outbox";
const STORE = "answers";
const RETRY_SECONDS = [1, 2, 4, 8, 15];
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
    window.addEventListener("beforeunload", (event) => {
      if (!this.isEmpty) event.preventDefault();
    });
  }

  get isEmpty() {
    return this.#entries.size === 0;
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
    return [...this.#entries.values()];
  }

  put(entry) {
    this.#entries.set(keyOf(entry), entry);
    this.#handlers.onState("saving");
    this.#persist(entry);
    this.#send();
  }

  /** Resolves to whether everything was acknowledged within the time given. */
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
        const [entry] = this.#entries.values();
        this.#settle(entry, await post(entry, this.#handlers.token()));
      }
      this.#failures = 0;
    } catch (problem) {
      this.#retryLater(problem);
    } finally {
      this.#sending = false;
    }
  }

  #settle(sent, reply) {
    // What was given while an outdated answer was on its way is for the candidate to decide too.
    const entry = reply.outcome === "stale" ? this.#entries.get(keyOf(sent)) : sent;
    this.#forget(entry);
    if (reply.remaining_ms !== undefined) this.#handlers.onClock(reply.remaining_ms);
    if (["applied", "repeated"].includes(reply.outcome)) {
      this.#handlers.onState(this.isEmpty ? "saved" : "saving");
    } else {
      this.#handlers.onState("refused");
      this.#handlers.onRefused(entry, reply);
    }
  }

  #retryLater(problem) {
    this.#handlers.onState(problem.state ?? (navigator.onLine ? "retrying" : "offline"));
    const seconds = RETRY_SECONDS[Math.min(this.#failures, RETRY_SECONDS.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#send(), seconds * 1000);
  }

  #persist(entry) {
    this.#database?.transaction(STORE, "readwrite").objectStore(STORE).put(entry, keyOf(entry));
  }

  #forget(entry) {
    // A newer answer to the same question may have come while this one was on its way.
    if (this.#entries.get(keyOf(entry)) !== entry) return;
    this.#entries.delete(keyOf(entry));
    const store = this.#database?.transaction(STORE, "readwrite").objectStore(STORE);
    if (!store) return;
    // Another tab may keep a newer one under the same key.
    const kept = store.get(keyOf(entry));
    kept.onsuccess = () => {
      if (kept.result && !isNewer(kept.result, entry)) store.delete(keyOf(entry));
    };
  }
}

const keyOf = (entry) => `${entry.attempt}/${entry.position}`;
const isNewer = (one, other) => one.epoch > other.epoch || (one.epoch === other.epoch && one.rev > other.rev);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class NotAcknowledged extends Error {
  constructor(state) {
    super(state);
    this.state = state;
  }
}

async function post(entry, token) {
  const body = new URLSearchParams({ epoch: entry.epoch, rev: entry.rev });
  for (const place of entry.answer) body.append("answer", place);
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
  if (response.status === 404) return { outcome: "gone", message: "This exam no longer exists." };
  if (response.ok || [409, 422].includes(response.status)) return response.json();
  throw new NotAcknowledged("retrying");
}

function openDatabase() {
  return asPromise(indexedDB.open(DATABASE, 1), (request) => {
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  });
}

function readAll(database) {
  return asPromise(database.transaction(STORE).objectStore(STORE).getAll());
}

function asPromise(request, prepare = () => {}) {
  prepare(request);
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
