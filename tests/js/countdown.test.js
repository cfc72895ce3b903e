import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { crossedBetween, readingOf, spoken, startClock } from "../../static/js/countdown.js";
import { watchAttempt } from "../../static/js/watch.js";
import { cases } from "./cases.js";
import { click, makePage, one, text } from "./page.js";

const MINUTE = 60_000;
const CLOCK = `
  <span data-clock><span data-clock-reading></span><button data-clock-toggle></button></span>
  <p data-clock-announcer></p>`;

let now = 0;
/** @type {string[]} */
let asked = [];
/** @type {() => Response} */
let server;

/** @param {number} ms */
async function pass(ms) {
  for (const end = now + ms; now < end; ) {
    now += 100;
    mock.timers.tick(100);
    await settle();
  }
}

async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

function start() {
  const told = { timeUp: 0, epochs: /** @type {number[]} */ ([]) };
  const look = watchAttempt("/clock", ({ remaining_ms: remaining, epoch }, half) => {
    clock.sync((remaining ?? 0) - half, half);
    told.epochs.push(epoch);
  });
  const clock = startClock(one("[data-clock]"), {
    announcer: one("[data-clock-announcer]"),
    onTimeUp: () => {
      told.timeUp += 1;
    },
    onWake: look,
  });
  return { clock, told, look };
}

beforeEach(() => {
  makePage(CLOCK);
  now = 0;
  asked = [];
  server = () => Response.json({ remaining_ms: 0, closed: true, epoch: 1 });
  mock.method(performance, "now", () => now);
  mock.method(globalThis, "fetch", async (/** @type {string} */ url) => {
    asked.push(url);
    return server();
  });
});
afterEach(() => mock.restoreAll());

describe("the reading", () => {
  for (const { ms, reading } of /** @type {{ ms: number, reading: string }[]} */ (cases("clock"))) {
    test(`${ms} ms are shown as ${reading}`, () => assert.equal(readingOf(ms), reading));
  }

  for (const [ms, words] of /** @type {[number, string][]} */ ([
    [59_000, "59 seconds left"],
    [MINUTE, "1 minute left"],
    [60 * MINUTE, "1 hour left"],
    [121 * MINUTE, "2 hours 1 minute left"],
  ])) {
    test(`${ms} ms are spoken as ${words}`, () => assert.equal(spoken(ms), words));
  }

  test("it counts down without asking the server, and can be hidden", async () => {
    const { clock } = start();
    clock.sync(10 * MINUTE);
    await pass(1_500);
    assert.equal(text("[data-clock-reading]"), "9:59");
    click("[data-clock-toggle]");
    assert.ok(one("[data-clock]").classList.contains("is-hidden"));
    assert.equal(one("[data-clock-toggle]").getAttribute("aria-label"), "Show clock");
    click("[data-clock-toggle]");
    assert.ok(!one("[data-clock]").classList.contains("is-hidden"));
    assert.equal(one("[data-clock-toggle]").getAttribute("aria-label"), "Hide clock");
    assert.equal(text("[data-clock-reading]"), "9:59");
    assert.deepEqual(asked, []);
  });

  test("at its end the page is told once, and stays told", async () => {
    const { clock, told } = start();
    clock.sync(1_000);
    await pass(2_000);
    clock.sync(10 * MINUTE);
    await pass(1_000);
    assert.equal(text("[data-clock-reading]"), "0:00");
    assert.equal(told.timeUp, 1);
  });
});

describe("what is announced", () => {
  for (const [before, after, crossed] of /** @type {[number | null, number, number | null][]} */ ([
    [null, 3, null],
    [31, 30.5, null],
    [30.5, 30, 30],
    [16, 14.9, 15],
    [40, 4, 5],
    [4, 3, null],
    [1.1, 0.5, 1],
  ])) {
    test(`from ${before} to ${after} minutes it is ${crossed}`, () => {
      assert.equal(crossedBetween(before, after), crossed);
    });
  }

  test("a threshold is announced once, although readings jitter around it", () => {
    const { clock } = start();
    clock.sync(5 * MINUTE + 500);
    clock.sync(5 * MINUTE - 500);
    assert.equal(text("[data-clock-announcer]"), "5 minutes left");
    one("[data-clock-announcer]").textContent = "";
    clock.sync(5 * MINUTE + 500);
    clock.sync(5 * MINUTE - 500);
    assert.equal(text("[data-clock-announcer]"), "");
    assert.ok(one("[data-clock]").classList.contains("is-short"));
  });

  test("time that was given is announced, and thresholds count anew", () => {
    const { clock } = start();
    clock.sync(5 * MINUTE + 500);
    clock.sync(5 * MINUTE - 500);
    clock.sync(17 * MINUTE);
    assert.equal(text("[data-clock-announcer]"), "12 minutes added.");
    clock.sync(5 * MINUTE);
    clock.sync(5 * MINUTE - 500);
    assert.equal(text("[data-clock-announcer]"), "5 minutes left");
  });
});

describe("the server's time", () => {
  test("half of the way there and back is over", async () => {
    const { clock, told, look } = start();
    server = () => {
      now += 4_000;
      return Response.json({ remaining_ms: 10 * MINUTE, closed: false, epoch: 4 });
    };
    assert.equal(await look(), true);
    assert.equal(text("[data-clock-reading]"), "9:58");
    assert.equal(clock.spoken(), "9 minutes left");
    assert.deepEqual(told.epochs, [4]);
  });

  test("a slow answer does not move what a quick one told", () => {
    const { clock } = start();
    clock.sync(10 * MINUTE, 10);
    clock.sync(10 * MINUTE - 3_000, 5_000);
    assert.equal(text("[data-clock-reading]"), "10:00");
    clock.sync(10 * MINUTE - 3_000, 5);
    assert.equal(text("[data-clock-reading]"), "9:57");
  });

  test("it is asked for once a minute, and whether it can be reached is told", async () => {
    const { look } = start();
    server = () => Response.json({ remaining_ms: 10 * MINUTE, closed: false, epoch: 1 });
    await pass(2 * MINUTE);
    assert.deepEqual(asked, ["/clock", "/clock"]);
    server = () => new Response("busy", { status: 503 });
    assert.equal(await look(), false);
    server = () => {
      throw new TypeError("Failed to fetch");
    };
    assert.equal(await look(), false);
  });

  test("a page that slept asks for it", async () => {
    start();
    // The device's calendar went on, and no tick came.
    mock.timers.setTime(Date.now() + 10 * MINUTE);
    await pass(100);
    assert.ok(asked.length >= 1);
  });
});
