// What scripts say, in the language of the page: it hands the words over in `data-` attributes
// (templates/exams/_words.html). A `{name}` in them is replaced by what is given.
import { find } from "./dom.js";

/** @typedef {Record<string, string | number>} Values */

/**
 * @param {string} name as in `dataset`: "timeUp" is data-time-up
 * @param {Values} [values]
 */
export function say(name, values = {}) {
  const words = wordsOf(name);
  if (words === undefined) throw new Error(`This page has no words for ${name}.`);
  return words.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

/**
 * In the form that the language has for this number: "minutesLeft" is data-minutes-left-one,
 * data-minutes-left-other and so on.
 * @param {string} name
 * @param {number} count
 * @param {Values} [values]
 */
export function sayCounted(name, count, values = {}) {
  const form = new Intl.PluralRules(document.documentElement.lang || "en").select(count);
  const named = `${name}${form.charAt(0).toUpperCase()}${form.slice(1)}`;
  return say(wordsOf(named) === undefined ? `${name}Other` : named, { count, ...values });
}

/** @param {string} name */
const wordsOf = (name) => find(HTMLElement, "[data-words]").dataset[name];
