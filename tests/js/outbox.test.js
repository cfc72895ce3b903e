import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { ANNOTATIONS } from "../../static/js/entries.js";
import { Outbox } from "../../static/js/outbox.js";
import {
  accept,
  fail,
  leaveBehind,
  makeServer,
  newDevice,
  pass,
  refuse,
  settle,
  stored,
  takes,
  unreachable,
} from "./device.js";

/** @typedef {import("../../static/js/entries.js").Entry} Entry */
/** @typedef {import("../../static/js/entries.js").Reply} Reply */

const SAVE = "/save";
const NOTE = "/annotations";

/**
 * @param {number} position
 * @param {Partial<Entry>} [rest]
 * @returns {Entry}
 */
function answer(position, rest) {
  return { attempt: "own", position, epoch: 1, rev: 1, answer: ["2"], url: `/q/${position}${SAVE}`, ...rest };
}

/**
 * @param {number} position
 * @param {Partial<Entry>} [rest]
 * @returns {Entry}
 */
function note(position, rest) {
  const fields = /** @type {[string, string][]} */ ([["note", "n"]]);
  return {
    attempt: "own",
    position,
    epoch: 1,
    rev: 1,
    fields,
    channel: ANNOTATIONS,
    url: `/q/${position}${NOTE}`,
    ...rest,
  };
}

/** An outbox that remembers what it told the page. */
function makeOutbox() {
  const told = {
    /** @type {string[]} */
    states: [],
    /** @type {number[]} */
    saved: [],
    /** @type {[number, string][]} */
    refused: [],
    /** @type {[number, number][]} */
    clock: [],
    /** @type {string[]} */
    closed: [],
  };
  const outbox = new Outbox({
    onState: (state, detail) => told.states.push(detail ?? state),
    onSaved: (entry) => told.saved.push(entry.position),
    onRefused: (entry, reply) => told.refused.push([entry.position, reply.outcome]),
    onUnkept: ({ message }) => told.states.push(`unkept: ${message}`),
    onClock: (remaining, doubt) => told.clock.push([remaining, doubt]),
    token: () => "token",
    open: () => 7,
    isClosed: async (attempt) => told.closed.includes(attempt),
  });
  return { outbox, told, state: () => told.states.at(-1) };
}

/** As a page opens it. */
async function openOutbox() {
  const made = makeOutbox();
  await made.outbox.open("own");
  await settle();
  return made;
}

beforeEach(newDevice);
afterEach(() => mock.restoreAll());

describe("what is kept", () => {
  test("an answer stays on the device until the server has acknowledged it", async () => {
    const server = makeServer(unreachable);
    const { outbox, told, state } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    assert.deepEqual([...(await stored()).keys()], ["own/1"]);
    assert.equal(state(), "retrying");
    server.answer = () => accept();
    await pass(1_000);
    assert.deepEqual([...(await stored()).keys()], []);
    assert.equal(state(), "saved");
    assert.deepEqual(told.saved, [1]);
    assert.ok(outbox.isEmpty);
  });

  test("an answer and its annotations are sent as a form would send them", async () => {
    const server = makeServer(() => accept());
    const { outbox } = await openOutbox();
    outbox.put(answer(1, { epoch: 3, rev: 7, answer: ["2", "", "1"] }));
    outbox.put(
      note(1, {
        rev: 4,
        fields: [
          ["struck", "1"],
          ["struck", "3"],
          ["note", "a b"],
        ],
      }),
    );
    await settle();
    const [first, second] = server.sent;
    assert.equal(String(first?.fields), "epoch=3&rev=7&open=7&answer=2&answer=&answer=1");
    assert.equal(String(second?.fields), "epoch=1&rev=4&open=7&struck=1&struck=3&note=a+b");
    assert.equal(first?.token, "token");
  });

  test("what another page left behind is sent", async () => {
    await leaveBehind({ "own/3": answer(3) });
    const server = makeServer(() => accept());
    await openOutbox();
    assert.deepEqual(server.look(), ["/q/3/save"]);
    assert.equal((await stored()).size, 0);
  });

  test("annotations under the channel's former name are sent, and gone from the device", async () => {
    await leaveBehind({
      "own/3/marks": note(3, { channel: "marks", url: "/q/3/marks" }),
      "other/1/marks": note(1, { channel: "marks", attempt: "other" }),
    });
    const server = makeServer(unreachable);
    const { outbox } = await openOutbox();
    assert.equal(outbox.annotationsOf("own", 3)?.channel, ANNOTATIONS);
    assert.deepEqual([...(await stored()).keys()], ["other/1/annotations", "own/3/annotations"]);
    server.answer = () => accept();
    await pass(1_000);
    assert.deepEqual(server.look(), ["/q/3/marks", "/q/3/marks"]);
    assert.deepEqual([...(await stored()).keys()], ["other/1/annotations"]);
  });

  test("annotations under the former name do not replace newer ones", async () => {
    await leaveBehind({
      "own/3/marks": note(3, { channel: "marks", rev: 1 }),
      "own/3/annotations": note(3, { rev: 2 }),
    });
    makeServer(unreachable);
    const { outbox } = await openOutbox();
    assert.equal(outbox.annotationsOf("own", 3)?.rev, 2);
    assert.deepEqual(
      [...(await stored()).values()].map((entry) => entry.rev),
      [2],
    );
  });

  test("a newer answer that was given while an older one was on its way stays until it is sent", async () => {
    const { promise, resolve } = Promise.withResolvers();
    const server = makeServer(() => promise.then(() => accept()));
    const { outbox, told } = await openOutbox();
    outbox.put(answer(1, { rev: 1 }));
    await settle();
    outbox.put(answer(1, { rev: 2, answer: ["4"] }));
    server.answer = unreachable;
    resolve(undefined);
    await settle();
    assert.equal((await stored()).get("own/1")?.rev, 2);
    assert.equal(outbox.answerTo("own", 1)?.rev, 2);
    assert.deepEqual(told.saved, [1]);
  });

  test("a newer answer that another tab keeps is not erased", async () => {
    const { promise, resolve } = Promise.withResolvers();
    makeServer(() => promise.then(() => accept()));
    const { outbox } = await openOutbox();
    outbox.put(answer(1, { rev: 1 }));
    await leaveBehind({ "own/1": answer(1, { rev: 2 }) });
    resolve(undefined);
    await settle();
    assert.ok(outbox.isEmpty);
    assert.equal((await stored()).get("own/1")?.rev, 2);
  });

  test("without a database everything is sent from memory", async () => {
    mock.method(indexedDB, "open", () => {
      throw new DOMException("", "SecurityError");
    });
    const server = makeServer(() => accept());
    const { outbox, state } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    assert.deepEqual(server.look(), ["/q/1/save"]);
    assert.equal(state(), "saved");
  });

  test("a database that never opens does not keep the exam waiting", async () => {
    mock.method(indexedDB, "open", () => ({}));
    const server = makeServer(() => accept());
    const { outbox } = makeOutbox();
    const opening = outbox.open("own");
    await pass(3_000);
    await opening;
    outbox.put(answer(1));
    await settle();
    assert.deepEqual(server.look(), ["/q/1/save"]);
  });
});

describe("other attempts", () => {
  /** @param {string[]} closed */
  async function openBeside(closed) {
    await leaveBehind({
      "over/1": answer(1, { attempt: "over" }),
      "over/2/annotations": note(2, { attempt: "over" }),
      "over/3": answer(3, { attempt: "over", refused: { outcome: "stale", message: "", rev: 1, epoch: 1 } }),
      "open/1": answer(1, { attempt: "open" }),
    });
    const server = makeServer(() => accept());
    const { outbox, told } = makeOutbox();
    told.closed = closed;
    await outbox.open("own");
    await settle();
    assert.deepEqual(server.look(), []);
    return [...(await stored()).keys()];
  }

  test("what was given in one that is over is cleared from the device", async () => {
    assert.deepEqual(await openBeside(["over"]), ["open/1"]);
  });

  test("what was given in one that is open, of somebody else or unknown stays", async () => {
    assert.deepEqual(await openBeside([]), ["open/1", "over/1", "over/2/annotations", "over/3"]);
  });
});

describe("the order of sending", () => {
  test("answers go before annotations", async () => {
    await leaveBehind({
      "own/1/annotations": note(1),
      "own/2": answer(2),
      "own/3/annotations": note(3),
      "own/4": answer(4),
    });
    const server = makeServer(() => accept());
    await openOutbox();
    assert.deepEqual(server.look(), ["/q/2/save", "/q/4/save", "/q/1/annotations", "/q/3/annotations"]);
  });

  for (const [name, failure] of /** @type {[string, () => Response | Error][]} */ ([
    ["makes the server fail", () => fail(500)],
    ["the server does not find", () => fail(404)],
    ["never gets through", unreachable],
  ])) {
    test(`an entry that ${name} holds up no other`, async () => {
      await leaveBehind({ "own/1": answer(1), "own/2": answer(2), "own/3": answer(3), "own/4/annotations": note(4) });
      const server = makeServer(({ url }) => (url === "/q/1/save" ? failure() : accept()));
      const { outbox, told, state } = await openOutbox();
      assert.deepEqual(told.saved, [2, 3, 4]);
      assert.notEqual(state(), "saved");
      assert.deepEqual([...(await stored()).keys()], ["own/1"]);
      server.look();
      outbox.put(answer(5));
      await settle();
      assert.deepEqual(server.look(), ["/q/5/save"]);
      assert.deepEqual(told.saved, [2, 3, 4, 5]);
    });
  }

  test("an annotation that fails does not count as an answer that waits", async () => {
    makeServer(({ url }) => (url.endsWith(NOTE) ? fail(500) : accept()));
    const { outbox } = await openOutbox();
    outbox.put(note(1));
    outbox.put(answer(1));
    await settle();
    assert.ok(!outbox.isEmpty);
    assert.ok(!outbox.holdsAnswers);
  });

  test("an entry that keeps failing is tried after longer and longer pauses of its own", async () => {
    const server = makeServer(() => fail(500));
    const { outbox } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    for (const seconds of [1, 2, 4, 8, 15, 15]) {
      server.look();
      await pass(seconds * 1000 - 500);
      assert.deepEqual(server.look(), [], `before ${seconds} s`);
      await pass(500);
      assert.deepEqual(server.look(), ["/q/1/save"], `after ${seconds} s`);
    }
  });

  test("another answer to a question that failed is sent at once", async () => {
    const server = makeServer(() => fail(500));
    const { outbox, state } = await openOutbox();
    outbox.put(answer(1));
    await pass(1_000);
    server.look();
    server.answer = () => accept();
    outbox.put(answer(1, { rev: 2 }));
    await settle();
    assert.deepEqual(server.look(), ["/q/1/save"]);
    assert.equal(state(), "saved");
  });

  test("without a network one entry at a time is tried, and all are sent when it is back", async () => {
    const server = makeServer(unreachable);
    const { outbox, state } = await openOutbox();
    Object.assign(navigator, { onLine: false });
    for (let position = 1; position <= 6; position += 1) outbox.put(answer(position));
    await settle();
    assert.equal(state(), "offline");
    for (const seconds of [4, 8]) {
      server.look();
      await pass(seconds * 1000);
      assert.ok(server.look().length <= seconds, `${seconds} s`);
    }
    server.answer = () => accept();
    window.dispatchEvent(new Event("online"));
    await settle();
    assert.deepEqual(
      server.look().sort(),
      [1, 2, 3, 4, 5, 6].map((position) => `/q/${position}/save`),
    );
    assert.equal(state(), "saved");
  });

  test("while the connection is to blame, the entries are tried in turn", async () => {
    await leaveBehind({ "own/1": answer(1), "own/2": answer(2), "own/3/annotations": note(3) });
    const server = makeServer(unreachable);
    await openOutbox();
    await pass(8_000);
    assert.deepEqual(new Set(server.look()), new Set(["/q/1/save", "/q/2/save", "/q/3/annotations"]));
  });

  test("a busy server is asked again when it said, and not once for each entry", async () => {
    await leaveBehind(Object.fromEntries([1, 2, 3, 4, 5].map((position) => [`own/${position}`, answer(position)])));
    const server = makeServer(() => fail(503, { "Retry-After": "20" }));
    await openOutbox();
    assert.equal(server.look().length, 2);
    await pass(19_500);
    assert.deepEqual(server.look(), []);
    server.answer = () => accept();
    await pass(500);
    assert.equal(server.look().length, 5);
  });

  test("what waits is sent when the candidate moves on, without the pause", async () => {
    const server = makeServer(() => fail(500));
    const { outbox } = await openOutbox();
    outbox.put(answer(1));
    await pass(8_000);
    server.look();
    server.answer = () => accept();
    const flushed = outbox.flush(1_000);
    await pass(20);
    await flushed;
    assert.deepEqual(server.look(), ["/q/1/save"]);
    assert.ok(outbox.isEmpty);
  });
});

describe("what the server says", () => {
  test("a lost session is told, and what waits is sent when the window comes back", async () => {
    const server = makeServer(() => fail(403));
    const { outbox, state } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    assert.equal(state(), "signedout");
    server.answer = () => accept();
    window.dispatchEvent(new Event("focus"));
    await settle();
    assert.equal(state(), "saved");
  });

  test("an attempt that the account does not have is asked for once a minute", async () => {
    const server = makeServer(() => fail(404));
    const { outbox, state } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    assert.equal(state(), "missing");
    server.look();
    await pass(59_500);
    assert.deepEqual(server.look(), []);
    await pass(500);
    assert.deepEqual(server.look(), ["/q/1/save"]);
  });

  test("a refused answer outlives the page and is not sent again by itself", async () => {
    makeServer(() => refuse("stale", { rev: 9 }));
    const first = await openOutbox();
    first.outbox.put(answer(1));
    await settle();
    assert.deepEqual(first.told.refused, [[1, "stale"]]);

    const server = makeServer(() => accept());
    const { outbox } = await openOutbox();
    await pass(60_000);
    assert.deepEqual(server.look(), []);
    const [refused] = outbox.refused;
    assert.equal(refused?.refused.rev, 9);

    outbox.put(answer(1, { rev: 3, answer: ["4"] }));
    await settle();
    assert.deepEqual(server.look(), [], "the candidate has not decided");
    const [changed] = outbox.refused;
    assert.deepEqual(changed?.answer, ["4"]);

    assert.ok(changed);
    outbox.resend(changed, { epoch: 1, rev: 10 });
    await settle();
    assert.equal(server.sent[0]?.fields.get("rev"), "10");
    assert.equal((await stored()).size, 0);
  });

  test("a refused answer can be dropped", async () => {
    makeServer(() => refuse("superseded"));
    const { outbox } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    const [refused] = outbox.refused;
    assert.ok(refused);
    await outbox.discard(refused);
    assert.equal((await stored()).size, 0);
    assert.deepEqual(outbox.refused, []);
  });

  for (const outcome of ["malformed", "revealed"]) {
    test(`an answer that is ${outcome} is told, and stands in the way of nothing`, async () => {
      makeServer(() => refuse(outcome));
      const { outbox, told } = await openOutbox();
      outbox.put(answer(1));
      await settle();
      assert.deepEqual(told.refused, [[1, outcome]]);
      assert.ok(outbox.isEmpty);
      assert.deepEqual(outbox.refused, []);
      assert.equal((await stored()).size, 0);
    });
  }

  test("what an earlier page was refused as malformed is sent to the server of today", async () => {
    const refused = { outcome: "malformed", message: "", rev: 0, epoch: 1 };
    await leaveBehind({ "own/1": answer(1, { answer: ["1", "1"], refused }) });
    const server = makeServer(() => accept());
    const { outbox, state } = await openOutbox();
    await settle();
    assert.deepEqual(server.look(), ["/q/1/save"]);
    assert.deepEqual([outbox.refused, state()], [[], "saved"]);
  });

  test("a malformed answer is mended by the next one", async () => {
    const server = makeServer(() => refuse("malformed"));
    const { outbox, state } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    assert.equal(state(), "refused");
    server.answer = () => accept();
    outbox.put(answer(1, { rev: 2 }));
    await settle();
    assert.deepEqual(outbox.refused, []);
    assert.equal(state(), "saved");
  });

  for (const outcome of ["closed", "late"]) {
    test(`an answer that is ${outcome} is told and forgotten`, async () => {
      makeServer(() => refuse(outcome));
      const { outbox, told } = await openOutbox();
      outbox.put(answer(1));
      await settle();
      assert.deepEqual(told.refused, [[1, outcome]]);
      assert.equal((await stored()).size, 0);
    });
  }

  test("refused annotations are told and forgotten, for there is nothing to decide", async () => {
    makeServer(() => refuse("malformed"));
    const { outbox, told, state } = await openOutbox();
    outbox.put(note(1));
    await settle();
    assert.equal(state(), "unkept: It is malformed.");
    assert.deepEqual(told.refused, []);
    assert.equal((await stored()).size, 0);
  });

  test("half of the time that a save took is over when the clock is set", async () => {
    makeServer(() => {
      takes(800);
      return accept({ remaining_ms: 60_000 });
    });
    const { outbox, told } = await openOutbox();
    outbox.put(answer(1));
    await settle();
    assert.deepEqual(told.clock, [[59_600, 400]]);
  });
});
