// What a candidate marks beside the answer: options struck out, passages of the stem highlighted,
// a note, a flag, how sure they are. Kept by the outbox like answers; none of it counts.
import { pickSentences } from "./sentences.js";

const NOTE_PAUSE_MS = 800;

let handlers = null;
let noteTimer = null;

export function bindMarks(given) {
  handlers = given;
  document.addEventListener("click", onClick);
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-note]")) return;
    clearTimeout(noteTimer);
    noteTimer = setTimeout(saveNow, NOTE_PAUSE_MS);
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "confidence" || event.target.matches("[data-note]")) saveNow();
    if (event.target.name === "answer" && event.target.checked) unstrike(event.target);
  });
  window.addEventListener("pagehide", saveNote);
  document.addEventListener("selectionchange", showWhetherSelected);
}

const form = () => document.getElementById("question");
const box = () => form()?.querySelector("[data-marks]");
const flagButton = (question) => question.querySelector("[data-flag]");
const stem = () => document.getElementById("stem");

/** Numbers and address of the next save; the number rises with every call. */
export function marksOfScreen() {
  const { dataset } = box();
  dataset.rev = String(Number(dataset.rev) + 1);
  return { rev: Number(dataset.rev), url: dataset.url };
}

/** Bind the marks of the question shown; `kept` has waited on this device to be saved. */
export function showMarks(question, kept) {
  const marks = question.querySelector("[data-marks]");
  marks.hidden = false;
  flagButton(question).hidden = false;
  for (const button of question.querySelectorAll("[data-strike]")) button.hidden = false;
  if (kept) putBack(question, marks, kept);
  paint();
}

function putBack(question, marks, kept) {
  const all = (name) => kept.fields.filter(([field]) => field === name).map(([, value]) => value);
  marks.dataset.rev = String(Math.max(Number(marks.dataset.rev), kept.rev));
  marks.dataset.highlights = all("highlight").join(" ");
  marks.querySelector("[data-note]").value = all("note")[0] ?? "";
  for (const radio of marks.querySelectorAll("[name=confidence]")) {
    radio.checked = radio.value === all("confidence")[0];
  }
  flagButton(question).setAttribute("aria-pressed", String(isFlaggedIn(kept)));
  const struck = all("struck");
  for (const row of question.querySelectorAll("[data-option]")) {
    setStruck(row, struck.includes(row.dataset.option));
  }
}

// ---- Saving ------------------------------------------------------------------------------------

function fields() {
  const spans = highlights().map(([from, to]) => ["highlight", `${from}-${to}`]);
  const flagged = isFlagged() ? "1" : "0";
  const struck = places().map((place) => ["struck", place]);
  return [...struck, ...spans, ["note", note()], ["confidence", confidence()], ["flagged", flagged]];
}

// An explained question shows its options no more: what was struck out and said is in `dataset`.
function places() {
  const { struck } = box().dataset;
  if (struck !== undefined) return struck.split(" ").filter(Boolean);
  return [...form().querySelectorAll(".struck[data-option]")].map((row) => row.dataset.option);
}

function confidence() {
  return box().dataset.confidence ?? box().querySelector("[name=confidence]:checked")?.value ?? "";
}

/** Whether marks that wait to be saved flag their question. */
export const isFlaggedIn = ({ fields }) => fields.some(([name, value]) => name === "flagged" && value === "1");
const isFlagged = () => flagButton(form()).getAttribute("aria-pressed") === "true";

const note = () => box().querySelector("[data-note]").value.trim();

function saveNow() {
  clearTimeout(noteTimer);
  noteTimer = null;
  if (!box()) return;
  const unsay = box().querySelector("[data-unsay]");
  if (unsay) unsay.hidden = !box().querySelector("[name=confidence]:checked");
  handlers.onMarked(form().dataset.question, { noted: note() !== "", flagged: isFlagged() });
  handlers.save(fields(), form());
}

/** Save a note that is still being typed: its question is about to go. */
export function saveNote() {
  if (noteTimer !== null) saveNow();
}

function say(text) {
  box().querySelector("[data-marks-said]").textContent = text;
}

// ---- Clicks ------------------------------------------------------------------------------------

function onClick(event) {
  const strikeButton = event.target.closest("[data-strike]");
  if (strikeButton) strike(strikeButton.closest("[data-option]"));
  if (event.target.closest("[data-flag]")) toggleFlag();
  if (event.target.closest("[data-highlight]")) highlight();
  if (event.target.closest("[data-unhighlight]")) setHighlights([]);
  if (event.target.closest("[data-unsay]")) unsay();
  const mark = event.target.closest("#stem mark");
  if (mark && getSelection().isCollapsed) removeHighlight(mark);
}

function toggleFlag() {
  flagButton(form()).setAttribute("aria-pressed", String(!isFlagged()));
  saveNow();
}

function unsay() {
  for (const radio of box().querySelectorAll("[name=confidence]")) radio.checked = false;
  saveNow();
  box().querySelector("[name=confidence]").focus();
}

/** Strike an option out, or take that back; one that was chosen is chosen no more. */
export function strike(row) {
  const isStruck = !row.classList.contains("struck");
  setStruck(row, isStruck);
  const input = row.querySelector("input");
  if (isStruck && input.checked) {
    input.checked = false;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  saveNow();
}

function unstrike(input) {
  const row = input.closest(".struck[data-option]");
  if (!row) return;
  setStruck(row, false);
  saveNow();
}

function setStruck(row, isStruck) {
  row.classList.toggle("struck", isStruck);
  row.querySelector("[data-strike]")?.setAttribute("aria-pressed", String(isStruck));
}

// ---- Highlights --------------------------------------------------------------------------------

function highlights() {
  return box().dataset.highlights.split(" ").filter(Boolean).map((span) => span.split("-").map(Number));
}

function setHighlights(spans) {
  box().dataset.highlights = merged(spans).map((span) => span.join("-")).join(" ");
  paint();
  saveNow();
}

function merged(spans) {
  const result = [];
  for (const [from, to] of spans.sort((one, other) => one[0] - other[0])) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/** Mark what is selected in the stem; with nothing selected, choose sentences by keyboard. */
export function highlight() {
  const span = selectedSpan();
  if (span) {
    setHighlights([...highlights(), span]);
    getSelection().removeAllRanges();
    say("Highlighted");
    return;
  }
  pickSentences(stem(), { isMarked: covers, toggle: toggleSentence, help: box().querySelector("[data-highlight-help]") });
}

function covers([from, to]) {
  return highlights().some((span) => span[0] <= from && span[1] >= to);
}

function toggleSentence(span) {
  const others = highlights().flatMap(([from, to]) => [[from, Math.min(to, span[0])], [Math.max(from, span[1]), to]]);
  const without = others.filter(([from, to]) => from < to);
  setHighlights(covers(span) ? without : [...highlights(), span]);
}

function removeHighlight(mark) {
  const at = offsetOf(mark.firstChild, 0);
  setHighlights(highlights().filter(([from, to]) => at < from || at >= to));
}

function selectedSpan() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!stem()?.contains(range.commonAncestorContainer)) return null;
  const from = offsetOf(range.startContainer, range.startOffset);
  return [from, from + range.toString().length];
}

function offsetOf(node, offset) {
  const before = document.createRange();
  before.setStart(stem(), 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

function showWhetherSelected() {
  const button = box()?.querySelector("[data-highlight]");
  if (button) button.classList.toggle("button-primary", selectedSpan() !== null);
}

/** Show the highlights in the stem, whose text stays as it is. */
function paint() {
  for (const mark of stem().querySelectorAll("mark")) mark.replaceWith(...mark.childNodes);
  stem().normalize();
  const spans = highlights();
  for (const [from, to] of spans) paintSpan(from, to);
  box().querySelector("[data-unhighlight]").hidden = spans.length === 0;
}

function paintSpan(from, to) {
  const walker = document.createTreeWalker(stem(), NodeFilter.SHOW_TEXT);
  const found = [];
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const [start, end] = [Math.max(from - at, 0), Math.min(to - at, node.length)];
    if (start < end) found.push([node, start, end]);
    at += node.length;
  }
  for (const [node, start, end] of found) {
    const part = node.splitText(start);
    part.splitText(end - start);
    const mark = document.createElement("mark");
    part.replaceWith(mark);
    mark.append(part);
  }
}
