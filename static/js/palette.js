// The palette: one cell for each question, with its state in color and in words. The same rules are
// in Python, for what the server draws; tests/cases/cells.json holds for both.
import { find, findAll, seek } from "./dom.js";
import { say } from "./words.js";

/** @typedef {"unanswered" | "incomplete" | "excess" | "answered"} State */

/** @type {State[]} */
const STATES = ["unanswered", "incomplete", "excess", "answered"];

/** The names of the words for each. @type {Record<State, string>} */
const STATE_WORDS = {
  ...{ unanswered: "stateUnanswered", incomplete: "stateIncomplete" },
  ...{ excess: "stateExcess", answered: "stateAnswered" },
};

/**
 * @param {number} filled how many options are chosen, or places filled
 * @param {number} wanted
 * @returns {State}
 */
export function stateOf(filled, wanted) {
  if (filled === 0) return "unanswered";
  if (filled > wanted) return "excess";
  return filled === wanted ? "answered" : "incomplete";
}

/**
 * What is known of a question, in the words that its link reads out.
 * @param {object} cell
 * @param {State} cell.state
 * @param {boolean} cell.flagged
 * @param {boolean} cell.noted
 * @param {string} cell.confidence "" where nothing was said
 * @param {boolean | null} cell.correct null before it is explained
 */
export function labelOf({ state, flagged, noted, confidence, correct }) {
  const names = [STATE_WORDS[state], correct === null ? "" : correct ? "right" : "wrong"];
  names.push(flagged ? "flagged" : "", noted ? "noted" : "", confidence);
  const words = names.filter(Boolean).map((name) => say(name));
  return words.join(", ");
}

/** @param {number} position */
const cellOf = (position) => seek(HTMLElement, `[data-cell="${position}"]`);

/**
 * @param {number} position
 * @param {State} state
 */
export function showState(position, state) {
  const cell = cellOf(position);
  if (!cell) return;
  cell.classList.remove(...STATES);
  cell.classList.add(state);
  showLabel(cell);
  const cells = findAll(HTMLElement, "[data-cell]");
  const answered = cells.filter((other) => other.classList.contains("answered")).length;
  find(HTMLElement, "[data-progress]").textContent = say("progress", { answered, total: cells.length });
}

/**
 * @param {number} position
 * @param {{ flagged: boolean, noted: boolean, confidence: string }} annotations
 */
export function showAnnotations(position, { flagged, noted, confidence }) {
  const cell = cellOf(position);
  if (!cell) return;
  cell.classList.toggle("flagged", flagged);
  cell.classList.toggle("noted", noted);
  cell.dataset.confidence = confidence;
  showLabel(cell);
}

/** @param {number} position */
export function showCurrent(position) {
  for (const cell of findAll(HTMLElement, "[data-cell]")) {
    if (cell.dataset.cell === String(position)) cell.setAttribute("aria-current", "page");
    else cell.removeAttribute("aria-current");
  }
}

/** @param {HTMLElement} cell */
function showLabel(cell) {
  /** @param {string} name */
  const has = (name) => cell.classList.contains(name);
  const label = labelOf({
    state: STATES.find(has) ?? "unanswered",
    flagged: has("flagged"),
    noted: has("noted"),
    confidence: cell.dataset.confidence ?? "",
    correct: has("right") ? true : has("wrong") ? false : null,
  });
  find(HTMLElement, ".visually-hidden", cell).textContent = `, ${label}`;
}
