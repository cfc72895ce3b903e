// Keeps each answer until the server has acknowledged it.
//
// One entry per question and channel, the latest: an older one is never worth sending. Without a
// channel an entry carries the answer, which counts; on the channel "annotations" what was struck
// out, highlighted and noted. Entries also live on the device. One save is on its way at a time.
//
// What fails waits longer each time and lets others go first. Of two failures in a row that do not
// belong to an entry of their own, the connection is to blame, and everything waits.
//
// An entry that the server refused stays, with the reply in `refused`, until the candidate has
// decided about it. It is not sent again by itself. Where there is nothing to decide (it cannot be
// an answer, its explanation was shown) it is told and forgotten: it must not stand in the way of
// the hand-in.
import { deliver, NotAcknowledged } from "./delivery.js";
import { DeviceStore } from "./device_store.js";
import { ANNOTATIONS, isAnswer, isNewer, keyOf } from "./entries.js";
import { pause } from "./timing.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./entries.js").Reply} Reply */

/**
 * @typedef {object} Handlers
 * @property {(state: string, detail?: string) => void} onState
 * @property {(entry: Entry) => void} onSaved
 * @property {(entry: Entry, reply: Reply) => void} onRefused
 * @property {(reply: Reply) => void} onUnkept the server did not take annotations
 * @property {(remainingMs: number, doubtMs: number) => void} onClock
 * @property {() => string} token
 * @property {() => number} open the question that is shown now
 * @property {(attempt: string) => Promise<boolean>} isClosed whether the server says that it is over
 */

/**
 * @typedef {object} Wait
 * @property {number} failures
 * @property {number} until by performance.now()
 * @property {unknown} problem what happened last
 */

const RETRY_SECONDS = [1, 2, 4, 8, 15];
const MISSING_RETRY_SECONDS = 60;
const NOTHING_TO_DECIDE = ["malformed", "revealed", "closed", "late"];

export class Outbox {
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Map<string, Wait>} */
  #waits = new Map();
  #isSending = false;
  // Whether the last request got a reply, and since then how often the connection failed.
  #isReached = true;
  #connectionFailures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #store = new DeviceStore(null);
  #handlers;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
    window.addEventListener("online", () => this.#retryNow());
    // Another tab may have signed in again meanwhile.
    window.addEventListener("focus", () => this.#retryNow());
  }

  /**
   * Take up what an earlier page of this attempt left behind, and send it.
   * @param {string} attempt
   */
  async open(attempt) {
    this.#store = await DeviceStore.open();
    const entries = await this.#store.readAll();
    for (const entry of entries) if (entry.attempt === attempt) this.#keepNewer(reopened(entry));
    this.#retryNow();
    // What was given in other attempts, perhaps by another person, waits for their pages.
    this.#forgetClosed(entries.filter((entry) => entry.attempt !== attempt));
  }

  get isEmpty() {
    return this.pending.length === 0;
  }

  /** Whether an answer waits to be sent; annotations do not count. */
  get holdsAnswers() {
    return this.pending.some(isAnswer);
  }

  get pending() {
    return [...this.#entries.values()].filter((entry) => !entry.refused);
  }

  get refused() {
    return [...this.#entries.values()].flatMap((entry) =>
      entry.refused ? [/** @type {Entry & { refused: Reply }} */ (entry)] : [],
    );
  }

  /**
   * What was given to a question, and not acknowledged yet.
   * @param {string} attempt
   * @param {number} position
   */
  answerTo(attempt, position) {
    return this.#entries.get(keyOf({ attempt, position }));
  }

  /**
   * What was added beside the answer to a question, and not acknowledged yet.
   * @param {string} attempt
   * @param {number} position
   */
  annotationsOf(attempt, position) {
    return this.#entries.get(keyOf({ attempt, position, channel: ANNOTATIONS }));
  }

  /** @param {Entry} entry */
  put(entry) {
    const refused = this.#entries.get(keyOf(entry))?.refused;
    // The candidate has to decide first.
    if (refused) {
      this.#keep({ ...entry, refused });
      return;
    }
    this.#keep(entry);
    this.#waits.delete(keyOf(entry));
    this.#handlers.onState("saving");
    this.#send();
  }

  /**
   * Send a refused answer after all, with a new epoch and rev.
   * @param {Entry} refused
   * @param {{ epoch: number, rev: number }} numbers
   */
  resend({ refused: _, ...entry }, numbers) {
    this.#entries.delete(keyOf(entry));
    this.put({ ...entry, ...numbers });
  }

  /**
   * Resolves when the answer is gone from this device too.
   * @param {Entry} entry
   */
  discard(entry) {
    return this.#forget(entry);
  }

  /**
   * Resolves when nothing waits to be sent any more, or the time given is over.
   * @param {number} timeoutMs
   */
  async flush(timeoutMs) {
    const end = performance.now() + timeoutMs;
    this.#retryNow();
    while (!this.isEmpty && performance.now() < end) await pause(20);
  }

  /** @param {Entry} entry */
  #keepNewer(entry) {
    const known = this.#entries.get(keyOf(entry));
    if (!known || isNewer(entry, known)) this.#entries.set(keyOf(entry), entry);
  }

  /** @param {Entry[]} others */
  async #forgetClosed(others) {
    for (const attempt of new Set(others.map((entry) => entry.attempt))) {
      if (!(await this.#handlers.isClosed(attempt))) continue;
      for (const entry of others) if (entry.attempt === attempt) await this.#store.erase(entry);
    }
  }

  // ---- Sending ---------------------------------------------------------------------------------

  #retryNow() {
    for (const wait of this.#waits.values()) wait.until = 0;
    this.#send();
  }

  async #send() {
    if (this.#isSending || this.isEmpty) return;
    this.#isSending = true;
    clearTimeout(this.#timer);
    this.#handlers.onState("saving");
    try {
      await this.#sendDue();
    } finally {
      this.#isSending = false;
    }
  }

  async #sendDue() {
    for (let entry = this.#nextDue(); entry; entry = this.#nextDue()) {
      const sentAt = performance.now();
      let reply;
      try {
        reply = await deliver(entry, this.#handlers.token(), this.#handlers.open());
      } catch (problem) {
        if (this.#isOwnFailure(entry, problem)) continue;
        this.#waitForConnection(problem);
        return;
      }
      this.#isReached = true;
      this.#connectionFailures = 0;
      this.#setClock(reply, sentAt);
      this.#settle(entry, reply);
    }
    this.#waitForEntries();
  }

  /** Those that failed least go first, answers before annotations. */
  #nextDue() {
    const now = performance.now();
    const due = this.pending.filter((entry) => (this.#waits.get(keyOf(entry))?.until ?? 0) <= now);
    return due.sort(
      (one, other) =>
        this.#failuresOf(one) - this.#failuresOf(other) || Number(isAnswer(other)) - Number(isAnswer(one)),
    )[0];
  }

  /** @param {Entry} entry */
  #failuresOf(entry) {
    return this.#waits.get(keyOf(entry))?.failures ?? 0;
  }

  /**
   * Take down a failure; whether others may go through all the same.
   * @param {Entry} entry
   * @param {unknown} problem
   */
  #isOwnFailure(entry, problem) {
    const hasReply = problem instanceof NotAcknowledged && problem.isOwn;
    // After a reply, the first failure of whatever sort may be the fault of its entry.
    const isOwn = hasReply || this.#isReached;
    const failures = this.#failuresOf(entry) + 1;
    const until = isOwn ? performance.now() + pauseAfter(failures, problem) : 0;
    // What was given meanwhile is newer, and has not failed.
    if (this.#entries.get(keyOf(entry)) === entry) this.#waits.set(keyOf(entry), { failures, until, problem });
    this.#isReached = hasReply;
    return isOwn;
  }

  /** @param {unknown} problem */
  #waitForConnection(problem) {
    this.#connectionFailures += 1;
    this.#handlers.onState(stateOf(problem));
    this.#timer = setTimeout(() => this.#send(), pauseAfter(this.#connectionFailures, problem));
  }

  #waitForEntries() {
    const waits = this.pending.flatMap((entry) => this.#waits.get(keyOf(entry)) ?? []);
    const next = waits.sort((one, other) => one.until - other.until)[0];
    if (!next) return;
    this.#handlers.onState(stateOf(next.problem));
    this.#timer = setTimeout(() => this.#send(), next.until - performance.now());
  }

  // ---- Replies ---------------------------------------------------------------------------------

  /**
   * @param {Reply} reply
   * @param {number} sentAt
   */
  #setClock({ remaining_ms: remaining }, sentAt) {
    if (remaining == null) return;
    // Half of the way there and back is over since the server looked at its clock.
    const half = (performance.now() - sentAt) / 2;
    this.#handlers.onClock(remaining - half, half);
  }

  /**
   * @param {Entry} sent
   * @param {Reply} reply
   */
  #settle(sent, reply) {
    if (["applied", "repeated"].includes(reply.outcome)) {
      this.#forget(sent);
      this.#handlers.onSaved(sent);
      this.#handlers.onState(this.isEmpty ? "saved" : "saving");
    } else if (!isAnswer(sent)) {
      // Annotations never count: the candidate is told, and has nothing to decide.
      this.#forget(sent);
      this.#handlers.onUnkept(reply);
    } else if (NOTHING_TO_DECIDE.includes(reply.outcome)) {
      const isLatest = this.#entries.get(keyOf(sent)) === sent;
      this.#forget(sent);
      if (isLatest) this.#refuse(sent, reply);
    } else {
      this.#holdBack(sent, reply);
    }
  }

  /**
   * @param {Entry} sent
   * @param {Reply} reply
   */
  #holdBack(sent, reply) {
    // What was given while a refused answer was on its way is for the candidate to decide too.
    const latest = this.#entries.get(keyOf(sent)) ?? sent;
    const entry = { ...latest, refused: reply };
    this.#keep(entry);
    this.#refuse(entry, reply);
  }

  /**
   * @param {Entry} entry
   * @param {Reply} reply
   */
  #refuse(entry, reply) {
    this.#handlers.onState("refused");
    this.#handlers.onRefused(entry, reply);
  }

  // ---- Keeping ---------------------------------------------------------------------------------

  /** @param {Entry} entry */
  #keep(entry) {
    this.#entries.set(keyOf(entry), entry);
    this.#store.keep(entry);
  }

  /** @param {Entry} entry */
  async #forget(entry) {
    // A newer answer to the same question may have come while this one was on its way.
    if (this.#entries.get(keyOf(entry)) !== entry) return;
    this.#entries.delete(keyOf(entry));
    this.#waits.delete(keyOf(entry));
    await this.#store.erase(entry);
  }
}

/**
 * What an earlier page was refused with nothing to decide may be taken by the server of today.
 * @param {Entry} entry
 * @returns {Entry}
 */
function reopened({ refused, ...entry }) {
  return refused && !NOTHING_TO_DECIDE.includes(refused.outcome) ? { ...entry, refused } : entry;
}

/** @param {unknown} problem */
function stateOf(problem) {
  if (problem instanceof NotAcknowledged) return problem.state;
  return navigator.onLine ? "retrying" : "offline";
}

/**
 * Milliseconds until the next try.
 * @param {number} failures
 * @param {unknown} problem
 */
function pauseAfter(failures, problem) {
  const isMissing = problem instanceof NotAcknowledged && problem.state === "missing";
  const asked = problem instanceof NotAcknowledged ? problem.retryAfter : 0;
  const own = isMissing ? MISSING_RETRY_SECONDS : (RETRY_SECONDS[failures - 1] ?? RETRY_SECONDS.at(-1) ?? 0);
  // A little chance, so that a crowd that was turned away does not come back in one step.
  return Math.max(own, asked) * 1000 * (1 + Math.random() / 4);
}
