// A device for tests: a browser's database, a clock that only a test moves, and a server that a test
// answers for.
import "fake-indexeddb/auto";
import { mock } from "node:test";
import { IDBFactory } from "fake-indexeddb";

/** @typedef {import("../../static/js/entries.js").Entry} Entry */
/** @typedef {{ url: string, fields: URLSearchParams, token: string | undefined }} Sent */
/** @typedef {(sent: Sent) => Response | Error | Promise<Response>} Answer */

let now = 0;

/** A device that knows nothing yet. */
export function newDevice() {
  mock.restoreAll();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  now = 0;
  mock.method(performance, "now", () => now);
  mock.method(Math, "random", () => 0);
  globalThis.indexedDB = new IDBFactory();
  Object.defineProperty(globalThis, "window", { value: new EventTarget(), configurable: true });
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
}

/** Let everything happen that needs no time. */
export async function settle() {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Let time pass, in steps as long as the outbox looks again.
 * @param {number} ms
 */
export async function pass(ms) {
  await settle();
  for (const end = now + ms; now < end; ) {
    const step = Math.min(500, end - now);
    now += step;
    mock.timers.tick(step);
    await settle();
  }
}

/** Time goes by that a request needs. @param {number} ms */
export function takes(ms) {
  now += ms;
}

/**
 * A server that answers as told, and remembers what it was sent.
 * @param {Answer} answer
 */
export function makeServer(answer) {
  const server = {
    answer,
    /** @type {Sent[]} */
    sent: [],
    /** The addresses of what was sent since the last look. */
    look: () => server.sent.splice(0).map(({ url }) => url),
  };
  /** @type {(input: unknown, init?: RequestInit) => Promise<Response>} */
  const fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    const fields = new URLSearchParams(/** @type {URLSearchParams} */ (init?.body));
    const sent = { url: String(input), fields, token: headers.get("X-CSRFToken") ?? undefined };
    server.sent.push(sent);
    const reply = await server.answer(sent);
    if (reply instanceof Error) throw reply;
    return reply;
  };
  mock.method(globalThis, "fetch", fetch);
  return server;
}

/** @param {Partial<import("../../static/js/entries.js").Reply>} [reply] */
export const accept = (reply) => Response.json({ outcome: "applied", message: "", rev: 1, epoch: 1, ...reply });

/**
 * @param {string} outcome
 * @param {Partial<import("../../static/js/entries.js").Reply>} [reply]
 */
export function refuse(outcome, reply) {
  const status = outcome === "malformed" ? 422 : 409;
  return Response.json({ outcome, message: `It is ${outcome}.`, rev: 1, epoch: 1, ...reply }, { status });
}

/**
 * @param {number} status
 * @param {HeadersInit} [headers]
 */
export const fail = (status, headers) => new Response("no", { status, headers });

export const unreachable = () => new TypeError("Failed to fetch");

/** What the device holds, by key. @returns {Promise<Map<IDBValidKey, Entry>>} */
export async function stored() {
  const database = await opened();
  const store = database.transaction("answers").objectStore("answers");
  const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
  database.close();
  return new Map(keys.map((key, index) => [key, values[index]]));
}

/**
 * As a page left it that was closed.
 * @param {Record<string, Entry>} entries
 */
export async function leaveBehind(entries) {
  const database = await opened();
  const store = database.transaction("answers", "readwrite").objectStore("answers");
  await Promise.all(Object.entries(entries).map(([key, entry]) => done(store.put(entry, key))));
  database.close();
}

/** @returns {Promise<IDBDatabase>} */
function opened() {
  const request = indexedDB.open("exam-outbox", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("answers");
  return done(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
