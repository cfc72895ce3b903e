// Lets a keyboard highlight: the arrows go from sentence to sentence, Enter highlights one or takes
// that back.

import { say } from "./words.js";

/** @typedef {import("./spans.js").Span} Span */

const PICKED = "picked-sentence";
/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/**
 * Start picking in `element`; Escape or Tab ends it.
 * @param {HTMLElement} element
 * @param {object} handlers
 * @param {(span: Span) => boolean} handlers.isHighlighted
 * @param {(span: Span) => void} handlers.toggle
 * @param {HTMLElement} handlers.help tells what the keys do and which sentence is picked
 */
export function pickSentences(element, { isHighlighted, toggle, help }) {
  const text = element.textContent ?? "";
  const spans = sentencesOf(text);
  const first = spans[0];
  if (!first) return;
  let picked = first;
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", say("chooseSentences"));
  help.hidden = false;
  help.textContent = say("sentenceKeys");
  element.addEventListener("keydown", onKey);
  element.addEventListener("blur", end, { once: true });
  element.focus();
  show();

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const step = STEPS[event.key];
    if (event.key === "Escape") element.blur();
    else if (step) picked = spans[spans.indexOf(picked) + step] ?? picked;
    else if (event.key === "Enter" || event.key === " ") toggle(picked);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== "Escape") show();
  }

  function show() {
    const [from, to] = picked;
    const sentence = text.slice(from, to).trim();
    help.textContent = say(isHighlighted(picked) ? "highlightedSentence" : "plainSentence", { sentence });
    if (CSS.highlights) CSS.highlights.set(PICKED, new Highlight(rangeOf(element, picked)));
  }

  function end() {
    element.removeEventListener("keydown", onKey);
    element.removeAttribute("tabindex");
    element.removeAttribute("role");
    element.removeAttribute("aria-label");
    help.hidden = true;
    CSS.highlights?.delete(PICKED);
  }
}

/**
 * @param {string} text
 * @returns {Span[]}
 */
function sentencesOf(text) {
  const segments = [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)];
  return segments
    .filter(({ segment }) => segment.trim())
    .map(({ index, segment }) => [index, index + segment.trimEnd().length]);
}

/**
 * @param {HTMLElement} element
 * @param {Span} span
 */
function rangeOf(element, [from, to]) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
    if (from >= at && from <= at + node.length) range.setStart(node, from - at);
    if (to >= at && to <= at + node.length) {
      range.setEnd(node, to - at);
      break;
    }
    at += node.length;
  }
  return range;
}
