// What scripts say, in the language of the page: it hands the words over in `data-` attributes
// (templates/exams/_words.html), named data-say-…. A `{name}` in them is replaced by what is given.
import { find } from "./dom.js";

/** @typedef {Record<string, string | number>} Values */

/**
 * @param {string} name as in `dataset`: "moveUp" is data-say-move-up
 * @param {Values} [values]
 */
export function say(name, values = {}) {
  const words = wordsOf(name);
  if (words === undefined) throw new Error(`This page has no words for ${name}.`);
  return words.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

/**
 * In the form that the language has for this number: "hours" is data-say-hours-one,
 * data-say-hours-other and so on.
 * @param {string} name
 * @param {number} count
 * @param {Values} [values]
 */
export function sayCounted(name, count, values = {}) {
  const form = new Intl.PluralRules(document.documentElement.lang || "en").select(count);
  const named = `${name}${capitalized(form)}`;
  return say(wordsOf(named) === undefined ? `${name}Other` : named, { count, ...values });
}

/** @param {string} name */
const wordsOf = (name) => find(HTMLElement, "[data-words]").dataset[`say${capitalized(name)}`];

/** @param {string} word */
const capitalized = (word) => word.charAt(0).toUpperCase() + word.slice(1);
