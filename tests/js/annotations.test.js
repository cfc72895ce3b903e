import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { bindAnnotations, cellOf, saveNote, showAnnotationsOf } from "../../static/js/annotations.js";
import { showAnnotations, showState } from "../../static/js/palette.js";
import { covers, spansOf, without } from "../../static/js/spans.js";
import { all, click, makePage, one, text } from "./page.js";

/** @typedef {Parameters<Parameters<typeof bindAnnotations>[0]["save"]>[0]} Saved */

const QUESTION = `
  <form id="question" data-question="4">
    <button data-flag aria-pressed="false"></button>
    <div id="stem"><p>Some <b>bold</b> words. More.</p></div>
    <div data-option="1"><input type="radio" name="answer" value="1">
      <button type="button" data-strike></button></div>
    <div data-option="2"><input type="radio" name="answer" value="2">
      <button type="button" data-strike></button></div>
    <div data-annotations data-url="/q/4/annotations" data-rev="7" data-highlights="0-4 ">
      <input type="radio" name="confidence" value="sure"><input type="radio" name="confidence" value="unsure">
      <button type="button" data-unsay></button>
      <button type="button" data-note-toggle aria-expanded="false"></button>
      <p data-highlight-help hidden></p><div data-note-box hidden><textarea data-note></textarea></div>
      <p data-annotations-said></p>
    </div>
  </form>
  <button type="button" data-highlight></button><button type="button" data-unhighlight hidden></button>
  <div data-selection-tools hidden></div>
  <nav><p data-progress></p>
    <a data-cell="4" class="unanswered"><span class="visually-hidden">, unanswered</span></a>
    <a data-cell="5" class="answered" data-confidence="unsure">
      <span class="visually-hidden">, answered, unsure</span></a>
  </nav>`;

/** @type {Saved[]} */
let saved = [];

const form = () => /** @type {HTMLFormElement} */ (one("#question"));
const marked = () => all("#stem mark").map((mark) => mark.textContent);
const fields = () => new URLSearchParams(saved.at(-1)?.fields).toString();

beforeEach(() => {
  makePage(QUESTION);
  saved = [];
  bindAnnotations({ save: (entry) => saved.push(entry), onChanged: showAnnotations });
  showAnnotationsOf(form());
});
afterEach(() => mock.restoreAll());

/**
 * @param {string} name
 * @param {string} value
 */
function choose(name, value) {
  const input = /** @type {HTMLInputElement} */ (one(`[name=${name}][value="${value}"]`));
  input.checked = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {string} words */
function type(words) {
  const note = /** @type {HTMLTextAreaElement} */ (one("[data-note]"));
  note.value = words;
  note.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * @param {string} selector
 * @param {number} from
 * @param {number} to
 */
function select(selector, from, to) {
  const node = one(selector).firstChild;
  assert.ok(node);
  getSelection()?.setBaseAndExtent(node, from, node, to);
}

describe("annotations", () => {
  test("are shown as the server knows them", () => {
    assert.deepEqual(marked(), ["Some"]);
    assert.ok(!one("[data-unhighlight]").hidden);
    assert.deepEqual(saved, []);
  });

  test("are saved all together, with a number that rises", () => {
    click('[data-option="1"] [data-strike]');
    click("[data-flag]");
    choose("confidence", "unsure");
    assert.deepEqual(
      saved.map(({ rev }) => rev),
      [8, 9, 10],
    );
    assert.equal(fields(), "struck=1&highlight=0-4&note=&confidence=unsure&flagged=1");
    const { channel, position, url } = saved[0] ?? {};
    assert.deepEqual({ channel, position, url }, { channel: "annotations", position: 4, url: "/q/4/annotations" });
  });

  test("that wait on the device replace what the server knows", () => {
    const waiting = new URLSearchParams("struck=2&highlight=5-9&note=kept&confidence=sure&flagged=1");
    const entry = { attempt: "a", position: 4, epoch: 1, rev: 12, url: "", fields: [...waiting] };
    showAnnotationsOf(form(), entry);
    assert.deepEqual(marked(), ["bold"]);
    assert.deepEqual(cellOf(entry), { flagged: true, noted: true, confidence: "sure" });
    click("[data-flag]");
    assert.equal(fields(), "struck=2&highlight=5-9&note=kept&confidence=sure&flagged=0");
    assert.equal(saved.at(-1)?.rev, 13);
  });

  test("of an explained question keep what its page does not show any more", () => {
    Object.assign(one("[data-annotations]").dataset, { struck: "2 3", confidence: "guess" });
    click("[data-flag]");
    assert.equal(fields(), "struck=2&struck=3&highlight=0-4&note=&confidence=guess&flagged=1");
  });
});

describe("striking out", () => {
  test("takes the choice back, and choosing takes the strike back", () => {
    choose("answer", "1");
    let changes = 0;
    document.addEventListener("change", () => {
      changes += 1;
    });
    click('[data-option="1"] [data-strike]');
    assert.ok(!(/** @type {HTMLInputElement} */ (one('[name=answer][value="1"]')).checked));
    assert.equal(changes, 1);
    assert.match(fields(), /^struck=1&/);
    choose("answer", "1");
    assert.doesNotMatch(fields(), /struck/);
  });
});

describe("a note", () => {
  test("is saved when typing rests, and shown in the palette", () => {
    type("Glue ");
    mock.timers.tick(700);
    assert.deepEqual(saved, []);
    mock.timers.tick(100);
    assert.match(fields(), /note=Glue&/);
    assert.equal(text('[data-cell="4"]'), ", unanswered, with a note");
  });

  test("that is still being typed is saved when its question goes", () => {
    type("Glue");
    saveNote();
    assert.match(fields(), /note=Glue&/);
    mock.timers.tick(1_000);
    assert.equal(saved.length, 1);
  });
});

describe("how sure a candidate is", () => {
  test("stays in the words of the cell when the answer changes", () => {
    showState(5, "incomplete");
    assert.equal(text('[data-cell="5"]')?.trim(), ", incomplete, unsure");
    assert.equal(text("[data-progress]"), "0 of 2 answered");
  });

  test("is in the words of the cell at once, and gone when it is taken back", () => {
    choose("confidence", "unsure");
    assert.equal(text('[data-cell="4"]'), ", unanswered, unsure");
    click("[data-unsay]");
    assert.equal(text('[data-cell="4"]'), ", unanswered");
    assert.match(fields(), /confidence=&/);
  });
});

describe("highlights", () => {
  test("are added where text is selected, across other elements too", () => {
    select("#stem mark", 1, 3);
    click("[data-highlight]");
    assert.deepEqual(marked(), ["Some"], "what is highlighted already stays one passage");
    const [bold, last] = [one("#stem b").firstChild, one("#stem p").lastChild];
    assert.ok(bold && last);
    getSelection()?.setBaseAndExtent(bold, 2, last, 6);
    click("[data-highlight]");
    assert.deepEqual(marked(), ["Some", "ld", " words"]);
    assert.match(fields(), /highlight=0-4&highlight=7-15&/);
    assert.equal(text("[data-annotations-said]"), "Highlighted");
    assert.equal(text("#stem"), "Some bold words. More.");
  });

  test("are taken off by a click, or all at once", () => {
    one("[data-annotations]").dataset.highlights = "0-4 5-9";
    showAnnotationsOf(form());
    click("#stem mark");
    assert.deepEqual(marked(), ["bold"]);
    click("[data-unhighlight]");
    assert.deepEqual(marked(), []);
    assert.doesNotMatch(fields(), /highlight/);
  });
});

describe("a page that the browser translates", () => {
  test("is not highlighted: places in its text are others", () => {
    const text = one("#stem").textContent;
    one("#stem p").append(" Translated.");
    select("#stem b", 0, 2);
    click("[data-highlight]");
    assert.deepEqual(saved, []);
    assert.deepEqual(marked(), ["Some"]);
    assert.match(one("[data-highlight-help]").textContent ?? "", /cannot highlight/);
    click("#stem mark");
    assert.deepEqual(saved, []);
    one("#stem p").lastChild?.remove();
    assert.equal(one("#stem").textContent, text);
    click("[data-highlight]");
    assert.match(fields(), /highlight=0-4&highlight=5-7&/);
  });

  test("is known by what the browser says too", () => {
    document.documentElement.className = "translated-ltr";
    select("#stem b", 0, 2);
    click("[data-highlight]");
    assert.deepEqual(saved, []);
  });
});

describe("a note", () => {
  test("opens below its button, and closes", () => {
    click("[data-note-toggle]");
    assert.ok(!one("[data-note-box]").hidden);
    assert.equal(one("[data-note-toggle]").getAttribute("aria-expanded"), "true");
    click("[data-note-toggle]");
    assert.ok(one("[data-note-box]").hidden);
  });
});

describe("spans", () => {
  test("are read as they are written", () => {
    assert.deepEqual(spansOf("0-4 7-9 "), [
      [0, 4],
      [7, 9],
    ]);
    assert.deepEqual(spansOf(""), []);
  });

  test("are cut where one is taken away", () => {
    assert.deepEqual(without([[0, 10]], [3, 5]), [
      [0, 3],
      [5, 10],
    ]);
    assert.deepEqual(without([[3, 5]], [0, 10]), []);
    assert.deepEqual(without([[0, 3]], [5, 9]), [[0, 3]]);
  });

  test("cover what lies within one of them", () => {
    assert.ok(
      covers(
        [
          [0, 4],
          [5, 9],
        ],
        [6, 9],
      ),
    );
    assert.ok(
      !covers(
        [
          [0, 4],
          [5, 9],
        ],
        [3, 6],
      ),
    );
  });
});
