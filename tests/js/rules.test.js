// Rules that stand in Python and in JavaScript: here JavaScript, in tests/unit/test_shared_cases.py
// Python. Both read the same tables in tests/cases, so neither can change alone.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { filled, givenTwice } from "../../static/js/given.js";
import { minutesFor } from "../../static/js/pace.js";
import { labelOf, stateOf } from "../../static/js/palette.js";
import { merged } from "../../static/js/spans.js";
import { cases } from "./cases.js";
import { makePage } from "./page.js";

const MOST_MINUTES = 600;

/**
 * @typedef {object} CellCase
 * @property {number} filled
 * @property {number} wanted
 * @property {boolean} [flagged]
 * @property {boolean} [noted]
 * @property {string} [confidence]
 * @property {boolean} [correct]
 * @property {string} state
 * @property {string} label
 */

describe("the state and the words of a cell", () => {
  before(() => makePage(""));
  for (const { filled, wanted, state, label, ...known } of /** @type {CellCase[]} */ (cases("cells"))) {
    test(`${filled} of ${wanted}: ${label}`, () => {
      const found = stateOf(filled, wanted);
      assert.equal(found, state);
      const { flagged = false, noted = false, confidence = "", correct = null } = known;
      assert.equal(labelOf({ state: found, flagged, noted, confidence, correct }), label);
    });
  }
});

/** @typedef {{ answer: string[], filled: number, twice: string[] }} AnswerCase */

describe("an option that stands twice fills one place", () => {
  for (const { answer, filled: expected, twice } of /** @type {AnswerCase[]} */ (cases("answers"))) {
    test(JSON.stringify(answer), () => {
      assert.equal(filled(answer), expected);
      assert.deepEqual(givenTwice(answer), twice);
    });
  }
});

/** @typedef {import("../../static/js/spans.js").Span} Span */

describe("highlights are merged", () => {
  for (const { spans, merged: expected } of /** @type {{ spans: Span[], merged: Span[] }[]} */ (cases("highlights"))) {
    test(JSON.stringify(spans), () => assert.deepEqual(merged(spans), expected));
  }
});

/** @typedef {{ exam: { items: number, minutes: number }, items: number, minutes: number }} PaceCase */

describe("minutes are proposed at the pace of the exam", () => {
  for (const { exam, items, minutes } of /** @type {PaceCase[]} */ (cases("pace"))) {
    test(`${items} of ${exam.items} in ${exam.minutes}`, () => {
      assert.equal(minutesFor(items, exam, MOST_MINUTES), minutes);
    });
  }
});
