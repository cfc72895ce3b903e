// Reads the answer from the form of the question shown, and hands each change to the outbox.
import { around, find, findAll, seek } from "./dom.js";
import { filled, givenTwice } from "./given.js";
import { enhanceOrdering } from "./ordering.js";
import { positionOf, questionForm } from "./page.js";
import { showState, stateOf } from "./palette.js";
import { say } from "./words.js";

/** @param {HTMLFormElement} form */
const answerOf = (form) => new FormData(form).getAll("answer").map(String);

/** @param {HTMLFormElement} form */
const isRevealed = (form) => "revealed" in form.dataset;

/** @param {HTMLFormElement} form */
const isBound = (form) => "bound" in form.dataset;

/**
 * @param {object} page
 * @param {string} page.attempt
 * @param {number} page.ownEpoch
 * @param {import("./outbox.js").Outbox} page.outbox
 */
export function bindAnswers({ attempt, ownEpoch, outbox }) {
  document.addEventListener("change", (event) => {
    const form = questionForm();
    const field = event.target;
    const isAnswer = field instanceof HTMLInputElement || field instanceof HTMLSelectElement;
    if (isAnswer && field.name === "answer" && form?.contains(field)) save(form);
  });
  document.addEventListener("click", (event) => {
    const form = questionForm();
    if (form && around(event, "[data-clear]")) {
      clear(form);
      // The button goes away, and the focus with it.
      find(HTMLElement, "[name=answer]", form).focus();
    } else if (form && isPointer && isChosenAgain(event)) {
      clear(form);
    }
  });
  // The keyboard has a button for that: there, to press the key of an option twice means nothing.
  let isPointer = false;
  for (const type of ["pointerdown", "keydown"]) {
    document.addEventListener(type, () => {
      isPointer = type === "pointerdown";
    });
  }

  /** @param {HTMLFormElement} form */
  function clear(form) {
    put(form, []);
    save(form);
  }

  /** @param {HTMLFormElement} form */
  function save(form) {
    const rev = Number(form.dataset.rev) + 1;
    showProgress(form);
    setRev(form, rev);
    outbox.put({
      attempt,
      position: positionOf(form),
      epoch: ownEpoch,
      rev,
      answer: answerOf(form),
      state: stateOf(filled(answerOf(form)), Number(form.dataset.wanted)),
      url: form.dataset.saveUrl ?? "",
    });
  }

  /**
   * Bind the question that a screen shows, with what waits on this device to be saved.
   * @param {HTMLFormElement} form
   */
  function show(form) {
    const waiting = outbox.answerTo(attempt, positionOf(form));
    if (waiting && !isRevealed(form)) {
      setRev(form, Math.max(Number(form.dataset.rev), waiting.rev));
      put(form, waiting.answer ?? []);
    } else if (!isBound(form) && isTouched(form)) {
      // Given before this script was there, on a slow network.
      save(form);
    }
    const ordering = seek(HTMLElement, "[data-ordering]", form);
    if (ordering && !isBound(form)) enhanceOrdering(ordering);
    form.dataset.bound = "";
    if (!isRevealed(form)) showProgress(form);
  }

  /** Whether the question shown has no answer yet. */
  function isBlank() {
    const form = questionForm();
    return form !== null && filled(answerOf(form)) === 0;
  }

  return { show, isBlank };
}

/**
 * @param {HTMLFormElement} form
 * @param {number} rev
 */
export function setRev(form, rev) {
  form.dataset.rev = String(rev);
  // For a post of the plain form.
  find(HTMLInputElement, "[name=rev]", form).value = String(rev + 1);
}

/** @param {HTMLFormElement} form */
function showProgress(form) {
  const answer = answerOf(form);
  const [chosen, wanted] = [filled(answer), Number(form.dataset.wanted)];
  const surplus = chosen - wanted;
  const count = seek(HTMLElement, "[data-count]", form);
  if (count) count.textContent = say(surplus > 0 ? "surplus" : "chosen", { filled: chosen, wanted, surplus });
  count?.classList.toggle("is-excess", surplus > 0);
  const clear = seek(HTMLElement, "[data-clear]", form);
  if (clear) clear.hidden = chosen === 0;
  for (const field of findAll(HTMLInputElement, "input[type=radio][name=answer]", form)) {
    if (field.checked) field.dataset.chosen = "";
    else delete field.dataset.chosen;
  }
  showTwice(form, givenTwice(answer));
  showState(positionOf(form), stateOf(chosen, wanted));
}

/**
 * Say beside the answer that an option stands twice in it. It is saved as it is: who swaps two
 * matches passes through such an answer.
 * @param {HTMLFormElement} form
 * @param {string[]} places
 */
function showTwice(form, places) {
  const [first] = places;
  const letter = first && seek(HTMLElement, `[data-place="${first}"] .letter`, form)?.textContent;
  showHint(form, letter ? say("twice", { letter }) : "");
  for (const select of findAll(HTMLSelectElement, "select[name=answer]", form)) {
    select.classList.toggle("is-twice", places.includes(select.value));
  }
}

/**
 * What is to be said of the answer shown, beside it.
 * @param {HTMLFormElement} form
 * @param {string} words
 */
export function showHint(form, words) {
  const hint = seek(HTMLElement, "[data-answer-hint]", form);
  // Said again, it would be read out again.
  if (hint && hint.textContent !== words) hint.textContent = words;
}

/** @param {MouseEvent} event */
function isChosenAgain({ target }) {
  return target instanceof HTMLInputElement && target.name === "answer" && "chosen" in target.dataset;
}

/**
 * Whether the form says something else than the server sent.
 * @param {HTMLFormElement} form
 */
function isTouched(form) {
  const isChanged = findAll(HTMLInputElement, "input[name=answer]", form).some(
    (field) => field.checked !== field.defaultChecked,
  );
  return isChanged || findAll(HTMLSelectElement, "select[name=answer]", form).some(isMoved);
}

/** @param {HTMLSelectElement} select */
function isMoved(select) {
  const options = [...select.options];
  const sent = options.find((option) => option.defaultSelected) ?? options[0];
  return select.value !== sent?.value;
}

/**
 * @param {HTMLFormElement} form
 * @param {string[]} answer
 */
function put(form, answer) {
  findAll(HTMLSelectElement, "select[name=answer]", form).forEach((select, index) => {
    select.value = answer[index] ?? "";
  });
  for (const field of findAll(HTMLInputElement, "input[name=answer]", form)) {
    field.checked = answer.includes(field.value);
  }
}
