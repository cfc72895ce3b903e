// What an answer amounts to, as places. The same rules are in Python; tests/cases/answers.json holds
// for both.

/**
 * How many options or places are filled; an option that stands twice fills one.
 * @param {string[]} answer
 */
export const filled = (answer) => new Set(answer.filter(Boolean)).size;

/**
 * The options that stand more than once, in the order in which they first do.
 * @param {string[]} answer
 */
export function givenTwice(answer) {
  const isTwice = (/** @type {string} */ place) => answer.indexOf(place) !== answer.lastIndexOf(place);
  return [...new Set(answer.filter(Boolean))].filter(isTwice);
}
