import assert from "node:assert/strict";
import { afterEach, describe, mock, test } from "node:test";
import { enhanceOrdering } from "../../static/js/ordering.js";
import { all, click, makePage, one, text } from "./page.js";

/** @param {string[]} places */
const options = (places) => ["", ...places].map((place) => `<option value="${place}">${place}</option>`).join("");

/**
 * A list of three items, as the server draws it.
 * @param {string[]} [chosen] what is saved
 */
function makeOrdering(chosen = ["", "", ""]) {
  const places = ["1", "2", "3"];
  const items = places.map(
    (place, index) => `<li data-place="${place}"><span class="letter">${"ABC"[index]}</span></li>`,
  );
  const selects = places.map(() => `<select name="answer">${options(places)}</select>`);
  makePage(`<fieldset><p data-ordering-state hidden></p><ul class="items">${items.join("")}</ul>
    <div data-places>${selects.join("")}</div></fieldset>`);
  selectsOnPage().forEach((select, index) => {
    select.value = chosen[index] ?? "";
  });
  let changes = 0;
  document.addEventListener("change", () => {
    changes += 1;
  });
  enhanceOrdering(one("fieldset"));
  return { changes: () => changes };
}

const selectsOnPage = () => all("select").flatMap((select) => (select instanceof HTMLSelectElement ? [select] : []));
const given = () => selectsOnPage().map((select) => select.value);
const shown = () => all(".items > li .letter").map((letter) => letter.textContent);

/** @param {string} label */
const press = (label) => click(`button[aria-label="${label}"]`);

afterEach(() => mock.restoreAll());

describe("an ordering question", () => {
  test("shows what is saved, and the selects only to the server", () => {
    makeOrdering(["3", "1", "2"]);
    assert.deepEqual(shown(), ["C", "A", "B"]);
    assert.ok(one("[data-places]").hidden);
    assert.match(text("[data-ordering-state]") ?? "", /^Saved\. Drag/);
  });

  test("is not answered before the candidate has moved or kept the order", () => {
    const { changes } = makeOrdering();
    assert.deepEqual(given(), ["", "", ""]);
    assert.match(text("[data-ordering-state]") ?? "", /^Drag or use the arrows/);
    press("This order is right");
    assert.deepEqual(given(), ["1", "2", "3"]);
    assert.equal(changes(), 1);
    assert.ok(one('button[aria-label="This order is right"]').hidden);
  });

  test("in which an item stands twice, placed without scripts, is not complete", () => {
    makeOrdering(["2", "2", "1"]);
    assert.deepEqual(shown(), ["C", "B", "A"]);
    assert.match(text("[data-ordering-state]") ?? "", /^Drag or use the arrows/);
    press("This order is right");
    assert.deepEqual(given(), ["3", "2", "1"]);
  });

  test("is answered by moving an item, which keeps the focus on its button", () => {
    const { changes } = makeOrdering();
    press("Move A down");
    assert.deepEqual(shown(), ["B", "A", "C"]);
    assert.deepEqual(given(), ["2", "1", "3"]);
    assert.equal(document.activeElement?.getAttribute("aria-label"), "Move A down");
    press("Move C up");
    assert.deepEqual(given(), ["2", "3", "1"]);
    assert.equal(changes(), 2);
  });

  test("stays as it is when the first item is moved up or the last one down", () => {
    const { changes } = makeOrdering(["1", "2", "3"]);
    press("Move A up");
    press("Move C down");
    assert.deepEqual(given(), ["1", "2", "3"]);
    assert.equal(changes(), 0);
  });
});
