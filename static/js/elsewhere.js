// An attempt that goes on in another window: here it can only be read, or taken back.
import { findAll, makeButton, seek } from "./dom.js";
import { showNotice } from "./notices.js";
import { positionOf, questionForm, screenNow } from "./page.js";
import { claimTab, takeFromOtherTab } from "./tabs.js";
import { csrfToken } from "./token.js";
import { say } from "./words.js";

/** @typedef {ReturnType<typeof watchOtherWindows>} OtherWindows */

/** The notice's id. */
export const ELSEWHERE = "elsewhere";
const CHANGEABLE = "#question fieldset, #question [data-annotations], [data-flag], [data-hand-in], [data-check]";

/**
 * @param {object} page
 * @param {import("./page.js").Exam} page.exam
 * @param {number} page.ownEpoch
 * @param {import("./leaving.js").Leaving} page.leaving
 */
export function watchOtherWindows({ exam, ownEpoch, leaving }) {
  let isReadOnly = false;

  /** Also a screen that came later, if another window took over before. */
  function keepReadOnly() {
    if (isReadOnly) makeReadOnly();
  }

  function makeReadOnly() {
    isReadOnly = true;
    for (const part of findAll(HTMLElement, CHANGEABLE)) part.inert = true;
  }

  /**
   * Told with the clock, so that a window that rests learns of a take-over too.
   * @param {number} epoch
   */
  function compare(epoch) {
    if (epoch > ownEpoch && !isReadOnly) {
      show(say("continuedElsewhere"));
    }
  }

  /** @param {string} message */
  function show(message) {
    makeReadOnly();
    // The server may have said it already.
    if (seek(HTMLElement, "[data-take-over]", screenNow())) return;
    const form = questionForm();
    showNotice(ELSEWHERE, message, takeOverForm(form ? positionOf(form) : ""));
  }

  /**
   * Continues the attempt in this window, at a question where one is named.
   * @param {number | ""} position
   */
  function takeOverForm(position) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = exam.takeOverUrl;
    form.dataset.takeOver = "";
    for (const [name, value] of [
      ["csrfmiddlewaretoken", csrfToken()],
      ["position", position],
    ]) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    form.append(makeButton(say("continueHere"), () => takeOver(form)));
    return form;
  }

  /** @param {HTMLFormElement} form */
  async function takeOver(form) {
    await takeFromOtherTab(exam.attempt);
    leaving.submit(form);
  }

  function claim() {
    claimTab(exam.attempt, {
      onTaken: () => show(say("continuedInTab")),
      onBusy: () => show(say("openInTab")),
    });
  }

  return { claim, compare, keepReadOnly, makeReadOnly, takeOverForm, isReadOnly: () => isReadOnly };
}
