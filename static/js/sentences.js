// Lets a keyboard highlight: the arrows go from sentence to sentence, Enter marks one or unmarks it.

const PICKED = "picked-sentence";

/** Start picking in `element`; `toggle` gets [from, to] in its text. Escape or Tab ends it. */
export function pickSentences(element, { isMarked, toggle, help }) {
  const text = element.textContent;
  const spans = sentencesOf(text);
  if (!spans.length) return;
  let current = 0;
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", "Choose sentences to highlight");
  help.hidden = false;
  help.textContent = "Arrow keys choose a sentence, Enter highlights it, Escape ends.";
  help.setAttribute("role", "status");
  element.addEventListener("keydown", onKey);
  element.addEventListener("blur", end, { once: true });
  element.focus();
  show();

  function onKey(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") element.blur();
    else if (step) current = Math.min(Math.max(current + step, 0), spans.length - 1);
    else if (event.key === "Enter" || event.key === " ") toggle(spans[current]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== "Escape") show();
  }

  function show() {
    const [from, to] = spans[current];
    help.textContent = `${isMarked(spans[current]) ? "Highlighted" : "Not highlighted"}: ${text.slice(from, to).trim()}`;
    if (CSS.highlights) CSS.highlights.set(PICKED, new Highlight(rangeOf(element, from, to)));
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

function sentencesOf(text) {
  const segments = [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)];
  return segments
    .filter(({ segment }) => segment.trim())
    .map(({ index, segment }) => [index, index + segment.trimEnd().length]);
}

function rangeOf(element, from, to) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (from >= at && from <= at + node.length) range.setStart(node, from - at);
    if (to >= at && to <= at + node.length) {
      range.setEnd(node, to - at);
      break;
    }
    at += node.length;
  }
  return range;
}
