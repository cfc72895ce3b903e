// Passages of a text, as [from, to]: from the first character to behind the last one. The rule that
// merges them is in Python too; tests/cases/highlights.json holds for both.

/** @typedef {[from: number, to: number]} Span */

/**
 * The same passages in order, without overlaps.
 * @param {Span[]} spans
 * @returns {Span[]}
 */
export function merged(spans) {
  /** @type {Span[]} */
  const result = [];
  for (const [from, to] of spans.toSorted((one, other) => one[0] - other[0])) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/**
 * What is left of the passages outside of `span`.
 * @param {Span[]} spans
 * @param {Span} span
 * @returns {Span[]}
 */
export function without(spans, [start, end]) {
  /** @type {Span[]} */
  const parts = spans.flatMap(([from, to]) => [
    [from, Math.min(to, start)],
    [Math.max(from, end), to],
  ]);
  return parts.filter(([from, to]) => from < to);
}

/**
 * Whether one of the passages covers the whole `span`.
 * @param {Span[]} spans
 * @param {Span} span
 */
export function covers(spans, [start, end]) {
  return spans.some(([from, to]) => from <= start && to >= end);
}

/**
 * @param {string} written "0-4 7-9"
 * @returns {Span[]}
 */
export function spansOf(written) {
  const pairs = written.split(" ").filter(Boolean);
  return pairs.map((pair) => {
    const [from = 0, to = 0] = pair.split("-").map(Number);
    return [from, to];
  });
}

/** @param {Span} span */
export const writtenAs = ([from, to]) => `${from}-${to}`;
