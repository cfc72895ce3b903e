import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { KeptQuestions } from "../../static/js/kept.js";
import { all, makePage, one } from "./page.js";

/**
 * @param {number} position
 * @param {string} words
 */
const question = (position, words) => `<form id="question" action="/q/${position}/"><p>${words}</p></form>`;

/** @param {number[]} positions */
const allQuestions = (positions) =>
  positions
    .map((position) => `<template data-address="/q/${position}/">${question(position, `sent ${position}`)}</template>`)
    .join("");

/** @type {string[]} */
let asked = [];
/** @type {() => Response} */
let server;

beforeEach(() => {
  makePage(`<div id="screen" data-epoch="3" data-remaining-ms="5000">${question(1, "shown 1")}<nav></nav></div>`);
  asked = [];
  server = () => new Response(allQuestions([1, 2, 3]));
  mock.method(Math, "random", () => 0.5);
  mock.method(globalThis, "fetch", async (/** @type {string} */ url) => {
    asked.push(url);
    return server();
  });
});
afterEach(() => mock.restoreAll());

/** @param {number} ms */
async function pass(ms) {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const screen = () => one("#screen");

/**
 * @param {KeptQuestions} kept
 * @param {string} address
 */
const words = (kept, address) => kept.screenOf(address, screen())?.querySelector("p")?.textContent;

describe("kept questions", () => {
  test("are fetched all at once, some seconds after the page", async () => {
    const kept = new KeptQuestions("/questions");
    await pass(6_900);
    assert.deepEqual(asked, []);
    await pass(100);
    assert.deepEqual(asked, ["/questions"]);
    assert.ok(kept.has("/q/3/"));
    assert.equal(words(kept, "/q/3/"), "sent 3");
  });

  test("that a busy server did not send are asked for again", async () => {
    const kept = new KeptQuestions("/questions");
    server = () => new Response("busy", { status: 503 });
    await pass(7_000);
    assert.ok(!kept.has("/q/2/"));
    server = () => new Response(allQuestions([2]));
    await pass(20_000);
    assert.equal(asked.length, 2);
    assert.ok(kept.has("/q/2/"));
  });

  test("are shown as they were left, not as the server sent them", async () => {
    const kept = new KeptQuestions("/questions");
    one("#question p").textContent = "changed 1";
    kept.keep(screen());
    await pass(7_000);
    assert.equal(words(kept, "/q/1/"), "changed 1");
  });

  test("take the place of the question on the screen, whose palette stays", async () => {
    const kept = new KeptQuestions("/questions");
    await pass(7_000);
    kept.keep(screen());
    const shown = kept.screenOf("/q/2/", screen());
    assert.equal(shown, screen());
    assert.equal(all("nav").length, 1);
    assert.equal(one("#question").getAttribute("action"), "/q/2/");
  });

  test("are shown from the review on a screen of its own that tells no old time", async () => {
    makePage(`<div id="screen" data-epoch="3" data-remaining-ms="5000"><h1>Review</h1></div>`);
    mock.method(globalThis, "fetch", async () => server());
    const kept = new KeptQuestions("/questions");
    await pass(12_000);
    const shown = kept.screenOf("/q/2/", screen());
    assert.equal(shown?.dataset.epoch, "3");
    assert.equal(shown?.dataset.remainingMs, undefined);
    assert.equal(shown?.querySelector("h1"), null);
  });

  test("are enough without the server, once a palette is there to show them with", async () => {
    const kept = new KeptQuestions("/questions");
    assert.ok(!kept.isEnough("/q/2/", screen()), "not fetched yet");
    await pass(7_000);
    assert.ok(kept.isEnough("/q/2/", screen()));
    makePage(`<div id="screen"><h1>Review</h1></div>`);
    mock.method(globalThis, "fetch", async () => server());
    const fromReview = new KeptQuestions("/questions");
    await pass(12_000);
    assert.ok(!fromReview.isEnough("/q/2/", screen()));
  });

  test("are not enough when they are explained: an exam may ask them since", () => {
    const kept = new KeptQuestions("/questions");
    one("#question").dataset.revealed = "";
    kept.keep(screen());
    assert.ok(kept.has("/q/1/"));
    assert.ok(!kept.isEnough("/q/1/", screen()));
  });

  test("that were never sent are not there", () => {
    const kept = new KeptQuestions("/questions");
    assert.ok(!kept.has("/q/9/"));
    assert.equal(kept.screenOf("/q/9/", screen()), null);
  });
});
