// Highlighted passages of the question's stem, whose text stays as it is.
import { seek } from "./dom.js";

/** @typedef {import("./spans.js").Span} Span */

/**
 * What is selected in `stem`, if anything is.
 * @param {HTMLElement | null} stem
 * @returns {Span | null}
 */
export function selectedIn(stem) {
  const selection = getSelection();
  if (!stem || !selection?.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!stem.contains(range.commonAncestorContainer)) return null;
  const from = offsetIn(stem, range.startContainer, range.startOffset);
  return [from, from + range.toString().length];
}

/** @type {WeakMap<HTMLElement, string>} */
const served = new WeakMap();

/**
 * The text of a stem as the server sent it, which highlights are counted in.
 * @param {HTMLElement} stem
 */
export function servedText(stem) {
  const text = served.get(stem) ?? stem.textContent ?? "";
  served.set(stem, text);
  return text;
}

/**
 * Whether the browser shows another text than the one that was served, as its translation does:
 * places in it are not places in the stem.
 * @param {HTMLElement} stem
 */
export function isTranslated(stem) {
  const isMarked = document.documentElement.matches(".translated-ltr, .translated-rtl");
  return isMarked || stem.textContent !== servedText(stem);
}

/**
 * How many characters of `stem` lie before a place in it.
 * @param {HTMLElement} stem
 * @param {Node} node
 * @param {number} offset
 */
export function offsetIn(stem, node, offset) {
  const before = document.createRange();
  before.setStart(stem, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

/**
 * @param {HTMLElement} stem
 * @param {Span[]} spans
 */
export function paint(stem, spans) {
  for (let mark = seek(HTMLElement, "mark", stem); mark; mark = seek(HTMLElement, "mark", stem)) {
    mark.replaceWith(...mark.childNodes);
  }
  stem.normalize();
  for (const span of spans) paintSpan(stem, span);
}

/**
 * @param {HTMLElement} stem
 * @param {Span} span
 */
function paintSpan(stem, span) {
  for (const [node, start, end] of partsIn(stem, span)) {
    const part = node.splitText(start);
    part.splitText(end - start);
    const mark = document.createElement("mark");
    part.replaceWith(mark);
    mark.append(part);
  }
}

/**
 * The pieces of text that a passage goes through, each with its start and end in it.
 * @param {HTMLElement} stem
 * @param {Span} span
 */
function partsIn(stem, [from, to]) {
  /** @type {[Text, number, number][]} */
  const found = [];
  const walker = document.createTreeWalker(stem, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
    const [start, end] = [Math.max(from - at, 0), Math.min(to - at, node.length)];
    if (start < end) found.push([node, start, end]);
    at += node.length;
  }
  return found;
}
