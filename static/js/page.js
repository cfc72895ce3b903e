// What the exam page holds: its screen, the question on it, and the addresses that the server wrote.
import { find, seek } from "./dom.js";

/** What is replaced when the candidate moves: a question, the review, the last page before the end. */
export const screenNow = () => find(HTMLElement, "#screen");

/** The question shown, if one is. */
export const questionForm = () => seek(HTMLFormElement, "#question");

/** @param {HTMLFormElement} form */
export const positionOf = (form) => Number(form.dataset.question);

/** The question shown, or the one that the review was opened from. */
export function openPosition() {
  const form = questionForm();
  return form ? positionOf(form) : Number(screenNow().dataset.lastQuestion);
}

/**
 * The address that a question is known by in this window.
 * @param {HTMLFormElement} form
 */
export const addressOf = (form) => form.getAttribute("action") ?? "";

/**
 * @typedef {object} Exam
 * @property {string} attempt
 * @property {string} attemptUrl where the attempt goes on, or its report is
 * @property {string} questionsUrl all questions at once
 * @property {string} takeOverUrl
 * @property {string} seenUrl where the question last seen is told
 * @property {(position: number | string) => string} questionUrl
 * @property {(attempt: string) => string} clockUrl of this attempt or another one
 */

/** @returns {Exam} */
export function readExam() {
  const {
    exam = "",
    attemptUrl = "",
    questionUrl = "",
    questionsUrl = "",
    takeOverUrl = "",
    seenUrl = "",
    clockUrl = "",
  } = find(HTMLElement, "[data-exam]").dataset;
  return {
    attempt: exam,
    attemptUrl,
    questionsUrl,
    takeOverUrl,
    seenUrl,
    // Written for question 0, which there is not.
    questionUrl: (position) => questionUrl.replace(/\b0\b(?=\/$)/, String(position)),
    clockUrl: (attempt) => clockUrl.replace(exam, attempt),
  };
}
