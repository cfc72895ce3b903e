import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, test } from "node:test";
import { say, sayCounted } from "../../static/js/words.js";
import { makePage } from "./page.js";

const SCRIPTS = new URL("../../static/js/", import.meta.url);
const SAID = /\bsay\(\s*"(\w+)"|\bsay\(\s*[^")]*\? "(\w+)" : "(\w+)"/g;

beforeEach(() => makePage(""));

/** @param {RegExp} pattern */
function inScripts(pattern) {
  const texts = readdirSync(SCRIPTS).map((name) => readFileSync(new URL(name, SCRIPTS), "utf8"));
  return texts.flatMap((text) => [...text.matchAll(pattern)].flatMap((found) => found.slice(1).filter(Boolean)));
}

describe("words", () => {
  test("are what the page hands over, with what is given put in", () => {
    assert.equal(say("aboutQuestion", { position: 3, message: "no" }), "Question 3: no");
    assert.throws(() => say("nothing"), /no words for nothing/);
  });

  test("come in the form that the language has for a number", () => {
    assert.equal(sayCounted("hours", 1), "1 hour");
    assert.equal(sayCounted("hours", 2), "2 hours");
    document.documentElement.lang = "ru";
    assert.equal(sayCounted("hours", 3), "3 hours", "a form that the page lacks is the general one");
  });

  test("that scripts say are all on the page", () => {
    const said = inScripts(SAID);
    assert.ok(said.length > 30);
    for (const name of said) assert.ok(say(name), name);
  });

  test("that scripts count have a form for one and for others", () => {
    const counted = inScripts(/\bsayCounted\(\s*"(\w+)"/g);
    assert.ok(counted.length > 3);
    for (const name of counted) for (const form of ["One", "Other"]) assert.ok(say(name + form), name + form);
  });
});
