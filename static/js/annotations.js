// What a candidate adds beside the answer: options struck out, passages of the stem highlighted, a
// note, a flag, how sure they are. Kept by the outbox like answers; none of it counts.
import { around, find, findAll, seek } from "./dom.js";
import { ANNOTATIONS } from "./entries.js";
import { isTranslated, offsetIn, paint, selectedIn, servedText } from "./highlights.js";
import { positionOf, questionForm } from "./page.js";
import { pickSentences } from "./sentences.js";
import { covers, merged, spansOf, without, writtenAs } from "./spans.js";
import { say } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./spans.js").Span} Span */
/** @typedef {{ flagged: boolean, noted: boolean, confidence: string }} InCell */

/**
 * @typedef {object} Handlers
 * @property {(annotations: Omit<Entry, "attempt" | "epoch">) => void} save
 * @property {(position: number, inCell: InCell) => void} onChanged
 */

const NOTE_PAUSE_MS = 800;
const EDGE_PX = 8;

/** @type {Handlers | null} */
let handlers = null;
/** @type {ReturnType<typeof setTimeout> | null} */
let noteTimer = null;

/** @param {Handlers} given */
export function bindAnnotations(given) {
  handlers = given;
  document.addEventListener("click", onClick);
  document.addEventListener("input", (event) => {
    if (!around(event, "[data-note]")) return;
    if (noteTimer !== null) clearTimeout(noteTimer);
    noteTimer = setTimeout(saveNow, NOTE_PAUSE_MS);
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (around(event, "[data-note], [name=confidence]")) saveNow();
    if (field instanceof HTMLInputElement && field.name === "answer" && field.checked) unstrike(field);
  });
  window.addEventListener("pagehide", saveNote);
  document.addEventListener("contextmenu", strikeByMenu);
  document.addEventListener("selectionchange", showSelectionTools);
  // Pressing a button would take the selection away before it is highlighted.
  selectionTools().addEventListener("pointerdown", (event) => event.preventDefault());
}

// ---- The question shown ------------------------------------------------------------------------

const box = () => seek(HTMLElement, "#question [data-annotations]");
const stem = () => seek(HTMLElement, "#stem");
/** @param {ParentNode} question */
const flagButton = (question) => find(HTMLElement, "[data-flag]", question);
/** @param {HTMLElement} element */
const isPressed = (element) => element.getAttribute("aria-pressed") === "true";
/** @param {HTMLElement} annotations */
const noteField = (annotations) => find(HTMLTextAreaElement, "[data-note]", annotations);
/** @param {HTMLElement} annotations */
const radios = (annotations) => findAll(HTMLInputElement, "[name=confidence]", annotations);
/** @param {ParentNode} question */
const rows = (question) => findAll(HTMLElement, "[data-option]", question);

/**
 * Bind the annotations of a question; `waiting` is on this device and not saved yet.
 * @param {HTMLFormElement} question
 * @param {Entry} [waiting]
 */
export function showAnnotationsOf(question, waiting) {
  const annotations = find(HTMLElement, "[data-annotations]", question);
  servedText(find(HTMLElement, "#stem", question));
  if (waiting) putBack(question, annotations, waiting);
  showHighlights();
}

/**
 * @param {HTMLFormElement} question
 * @param {HTMLElement} annotations
 * @param {Entry} waiting
 */
function putBack(question, annotations, waiting) {
  annotations.dataset.rev = String(Math.max(Number(annotations.dataset.rev), waiting.rev));
  annotations.dataset.highlights = valuesOf(waiting, "highlight").join(" ");
  noteField(annotations).value = firstOf(waiting, "note");
  if (firstOf(waiting, "note")) showNote(annotations, true);
  for (const radio of radios(annotations)) radio.checked = radio.value === firstOf(waiting, "confidence");
  setFlag(flagButton(question), cellOf(waiting).flagged);
  const struck = valuesOf(waiting, "struck");
  for (const row of rows(question)) setStruck(row, struck.includes(row.dataset.option ?? ""));
}

// ---- What waits to be saved --------------------------------------------------------------------

/**
 * @param {Pick<Entry, "fields">} entry
 * @param {string} name
 */
function valuesOf({ fields = [] }, name) {
  return fields.filter(([field]) => field === name).map(([, value]) => value);
}

/**
 * @param {Pick<Entry, "fields">} entry
 * @param {string} name
 */
const firstOf = (entry, name) => valuesOf(entry, name)[0] ?? "";

/**
 * What the palette shows of annotations that wait to be saved.
 * @param {Pick<Entry, "fields">} entry
 * @returns {InCell}
 */
export function cellOf(entry) {
  return {
    flagged: firstOf(entry, "flagged") === "1",
    noted: firstOf(entry, "note") !== "",
    confidence: firstOf(entry, "confidence"),
  };
}

// ---- Saving ------------------------------------------------------------------------------------

function saveNow() {
  if (noteTimer !== null) clearTimeout(noteTimer);
  noteTimer = null;
  const [question, annotations] = [questionForm(), box()];
  if (!question || !annotations) return;
  const rev = Number(annotations.dataset.rev) + 1;
  annotations.dataset.rev = String(rev);
  const entry = {
    ...{ channel: ANNOTATIONS, position: positionOf(question), rev },
    ...{ url: annotations.dataset.url ?? "", fields: fieldsOf(question, annotations) },
  };
  handlers?.onChanged(entry.position, cellOf(entry));
  handlers?.save(entry);
}

/**
 * All annotations of a question, as the server reads them from a form.
 * @param {HTMLFormElement} question
 * @param {HTMLElement} annotations
 * @returns {[string, string][]}
 */
function fieldsOf(question, annotations) {
  return [
    ...struckPlaces(question, annotations).map((place) => pair("struck", place)),
    ...highlights(annotations).map((span) => pair("highlight", writtenAs(span))),
    ["note", noteField(annotations).value.trim()],
    ["confidence", confidenceIn(annotations)],
    ["flagged", isPressed(flagButton(question)) ? "1" : "0"],
  ];
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {[string, string]}
 */
const pair = (name, value) => [name, value];

// An explained question shows its options no more: what was struck out and said is in `dataset`.

/**
 * @param {HTMLFormElement} question
 * @param {HTMLElement} annotations
 */
function struckPlaces(question, annotations) {
  const { struck } = annotations.dataset;
  if (struck !== undefined) return struck.split(" ").filter(Boolean);
  const found = rows(question).filter((row) => row.classList.contains("struck"));
  return found.map((row) => row.dataset.option ?? "");
}

/** @param {HTMLElement} annotations */
function confidenceIn(annotations) {
  return annotations.dataset.confidence ?? radios(annotations).find((radio) => radio.checked)?.value ?? "";
}

/** Save a note that is still being typed: its question is about to go. */
export function saveNote() {
  if (noteTimer !== null) saveNow();
}

// ---- Clicks ------------------------------------------------------------------------------------

/** @param {MouseEvent} event */
function onClick(event) {
  const row = around(event, "[data-strike]")?.closest("[data-option]");
  if (row instanceof HTMLElement) strike(row);
  // Without scripts it is sent with the form.
  if (around(event, "[data-flag]")) toggleFlag(event);
  if (around(event, "[data-note-toggle]")) toggleNote();
  if (around(event, "[data-highlight]")) highlight();
  if (around(event, "[data-unhighlight]")) setHighlights([]);
  if (around(event, "[data-unsay]")) unsay();
  const mark = around(event, "#stem mark");
  if (mark && getSelection()?.isCollapsed) removeHighlight(mark);
}

/** @param {MouseEvent} event */
function toggleFlag(event) {
  const question = questionForm();
  if (!question) return;
  event.preventDefault();
  const button = flagButton(question);
  setFlag(button, !isPressed(button));
  saveNow();
}

/**
 * @param {HTMLElement} button
 * @param {boolean} isFlagged
 */
function setFlag(button, isFlagged) {
  button.setAttribute("aria-pressed", String(isFlagged));
}

function toggleNote() {
  const annotations = box();
  if (annotations) showNote(annotations, Boolean(noteBox(annotations).hidden));
  if (annotations && !noteBox(annotations).hidden) noteField(annotations).focus();
}

/** Open the note of the question shown, to write in it; whether there is one. */
export function openNote() {
  const annotations = box();
  if (!annotations) return false;
  showNote(annotations, true);
  noteField(annotations).focus();
  return true;
}

/** @param {HTMLElement} annotations */
const noteBox = (annotations) => find(HTMLElement, "[data-note-box]", annotations);

/**
 * @param {HTMLElement} annotations
 * @param {boolean} isOpen
 */
function showNote(annotations, isOpen) {
  noteBox(annotations).hidden = !isOpen;
  find(HTMLElement, "[data-note-toggle]", annotations).setAttribute("aria-expanded", String(isOpen));
}

function unsay() {
  const annotations = box();
  if (!annotations) return;
  for (const radio of radios(annotations)) radio.checked = false;
  saveNow();
  radios(annotations)[0]?.focus();
}

/**
 * Strike an option out, or take that back; one that was chosen is chosen no more.
 * @param {HTMLElement} row
 */
export function strike(row) {
  const isStruck = !row.classList.contains("struck");
  setStruck(row, isStruck);
  const input = find(HTMLInputElement, "input", row);
  if (isStruck && input.checked) {
    input.checked = false;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  saveNow();
}

/**
 * As in the real exam: the right mouse button, or a long press, strikes out.
 * @param {MouseEvent} event
 */
function strikeByMenu(event) {
  const row = around(event, "#question [data-option]");
  // With Shift, or on selected words, it is the browser's own menu.
  if (!row || event.shiftKey || row.closest("[inert]") || getSelection()?.isCollapsed === false) return;
  event.preventDefault();
  strike(row);
}

/** @param {HTMLInputElement} input */
function unstrike(input) {
  const row = input.closest(".struck[data-option]");
  if (!(row instanceof HTMLElement)) return;
  setStruck(row, false);
  saveNow();
}

/**
 * @param {HTMLElement} row
 * @param {boolean} isStruck
 */
function setStruck(row, isStruck) {
  row.classList.toggle("struck", isStruck);
  seek(HTMLElement, "[data-strike]", row)?.setAttribute("aria-pressed", String(isStruck));
}

// ---- Highlights --------------------------------------------------------------------------------

/** @param {HTMLElement | null} annotations */
const highlights = (annotations) => spansOf(annotations?.dataset.highlights ?? "");

/** @param {Span[]} spans */
function setHighlights(spans) {
  const annotations = box();
  if (!annotations) return;
  annotations.dataset.highlights = merged(spans).map(writtenAs).join(" ");
  showHighlights();
  saveNow();
}

function showHighlights() {
  const [annotations, text] = [box(), stem()];
  if (!annotations || !text) return;
  const spans = highlights(annotations);
  if (!isTranslated(text)) paint(text, spans);
  for (const button of findAll(HTMLElement, "[data-unhighlight]")) button.hidden = spans.length === 0;
}

/** Highlight what is selected in the stem; with nothing selected, choose sentences by keyboard. */
export function highlight() {
  const [annotations, text] = [box(), stem()];
  if (!annotations || !text) return;
  if (isTranslated(text)) {
    const help = find(HTMLElement, "[data-highlight-help]", annotations);
    help.hidden = false;
    help.textContent = say("translated");
    return;
  }
  const span = selectedIn(text);
  if (span) {
    setHighlights([...highlights(annotations), span]);
    getSelection()?.removeAllRanges();
    find(HTMLElement, "[data-annotations-said]", annotations).textContent = say("highlighted");
    return;
  }
  pickSentences(text, {
    isHighlighted: (sentence) => covers(highlights(box()), sentence),
    toggle: toggleSentence,
    help: find(HTMLElement, "[data-highlight-help]", annotations),
  });
}

/** @param {Span} sentence */
function toggleSentence(sentence) {
  const spans = highlights(box());
  setHighlights(covers(spans, sentence) ? without(spans, sentence) : [...spans, sentence]);
}

/** @param {HTMLElement} mark */
function removeHighlight(mark) {
  const text = stem();
  if (!text || !mark.firstChild || isTranslated(text)) return;
  const at = offsetIn(text, mark.firstChild, 0);
  setHighlights(highlights(box()).filter(([from, to]) => at < from || at >= to));
}

const selectionTools = () => find(HTMLElement, "[data-selection-tools]");

/** The way to highlight appears beside what is selected, and takes no room before. */
function showSelectionTools() {
  const [text, tools] = [stem(), selectionTools()];
  const isSelected = text !== null && !text.closest("[inert]") && !isTranslated(text) && selectedIn(text) !== null;
  tools.hidden = !isSelected;
  if (!isSelected) return;
  const box = getSelection()?.getRangeAt(0).getBoundingClientRect();
  if (!box) return;
  const room = document.documentElement.clientWidth - tools.offsetWidth - EDGE_PX;
  tools.style.insetInlineStart = `${Math.max(Math.min(box.left, room), EDGE_PX)}px`;
  tools.style.insetBlockStart = `${box.bottom + EDGE_PX}px`;
}
