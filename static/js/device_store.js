// Keeps entries in IndexedDB, where they survive a reload, a crash and a lost session. Where the
// browser has none (private windows of some browsers) or closes it, nothing is kept and nothing fails.
import { isNewer, isOfFormerChannel, keyOf, renamed } from "./entries.js";
import { pause } from "./timing.js";

/** @typedef {import("./entries.js").Entry} Entry */

const DATABASE = "exam-outbox";
// Not raised when a channel was renamed: a page of older code that is still open would block it.
const VERSION = 1;
const STORE = "answers";
// Some browsers leave a request for a database without any answer; the exam does not wait for it.
const OPENING_MS = 3_000;
// Also a power cut leaves what was given here.
const ON_DISK = /** @type {const} */ ({ durability: "strict" });

export class DeviceStore {
  /** @type {IDBDatabase | null} */
  #database;

  /** @param {IDBDatabase | null} database */
  constructor(database) {
    this.#database = database;
  }

  static async open() {
    try {
      return new DeviceStore(await Promise.race([openDatabase(), pause(OPENING_MS).then(() => null)]));
    } catch {
      return new DeviceStore(null);
    }
  }

  /**
   * What pages left behind, of all attempts.
   * @returns {Promise<Entry[]>}
   */
  async readAll() {
    try {
      /** @type {Entry[]} */
      const entries = this.#database
        ? await asPromise(this.#database.transaction(STORE).objectStore(STORE).getAll())
        : [];
      const former = entries.filter(isOfFormerChannel);
      if (former.length) await this.#rename(former);
      return entries.map(renamed);
    } catch {
      this.#database = null;
      return [];
    }
  }

  /** @param {Entry} entry */
  keep(entry) {
    try {
      this.#write()?.put(entry, keyOf(entry));
    } catch {
      // The browser closed the database. The entry is sent from memory.
      this.#database = null;
    }
  }

  /**
   * Resolves when the entry is gone from this device, or a newer one stays in its place.
   * @param {Entry} entry
   */
  async erase(entry) {
    try {
      const store = this.#write();
      if (!store) return;
      /** @type {Entry | undefined} */
      const kept = await asPromise(store.get(keyOf(entry)));
      // Another tab may keep a newer one under the same key, or one to be decided about.
      if (!kept || isNewer(kept, entry) || (kept.refused && !entry.refused)) return;
      await asPromise(store.delete(keyOf(entry)));
    } catch {
      this.#database = null;
    }
  }

  /** @param {Entry[]} entries */
  async #rename(entries) {
    const store = this.#write();
    if (!store) return;
    for (const entry of entries) {
      const today = renamed(entry);
      /** @type {Entry | undefined} */
      const kept = await asPromise(store.get(keyOf(today)));
      if (!kept || isNewer(today, kept)) store.put(today, keyOf(today));
      await asPromise(store.delete(keyOf(entry)));
    }
  }

  #write() {
    return this.#database?.transaction(STORE, "readwrite", ON_DISK).objectStore(STORE);
  }
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return asPromise(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function asPromise(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
