// An answer that the server refused: why, and what the candidate can do about it.
import { setRev } from "./answers.js";
import { find, makeButton } from "./dom.js";
import { ELSEWHERE } from "./elsewhere.js";
import { removeNotice, showNotice } from "./notices.js";
import { positionOf, questionForm, screenNow } from "./page.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./entries.js").Reply} Reply */

const TOO_LATE = ["closed", "late"];
// The server cannot take such an answer, whatever the candidate wants.
const FINAL = ["malformed", "revealed"];
/** The id of the notice that says what the end of the attempt waits for. */
export const NOT_HANDED_IN = "not-handed-in";

/** @param {Pick<Entry, "position">} entry */
const idOf = ({ position }) => `refused-${position}`;

/**
 * @param {object} page
 * @param {import("./page.js").Exam} page.exam
 * @param {number} page.ownEpoch
 * @param {import("./outbox.js").Outbox} page.outbox
 * @param {import("./elsewhere.js").OtherWindows} page.otherWindows
 * @param {import("./leaving.js").Leaving} page.leaving
 */
export function makeRefusals({ exam, ownEpoch, outbox, otherWindows, leaving }) {
  /**
   * @param {Entry} entry
   * @param {Reply} reply
   */
  function show(entry, reply) {
    if (TOO_LATE.includes(reply.outcome)) {
      leaving.goTo(exam.attemptUrl);
      return;
    }
    const isElsewhere = reply.outcome === "superseded" && ownEpoch < reply.epoch;
    if (isElsewhere) {
      otherWindows.makeReadOnly();
      removeNotice(ELSEWHERE);
    }
    const { position } = entry;
    const choices = isElsewhere ? otherWindows.takeOverForm(position) : choicesFor(position, reply);
    showNotice(idOf(entry), `Question ${position}: ${textOf(reply, isElsewhere)}`, choices);
  }

  /** @param {Pick<Entry, "position">} entry */
  function remove(entry) {
    removeNotice(idOf(entry));
  }

  /**
   * @param {number} position
   * @param {Reply} reply
   */
  function choicesFor(position, reply) {
    const choices = document.createElement("p");
    choices.className = "cluster";
    if (!FINAL.includes(reply.outcome)) choices.append(makeButton("Save mine instead", () => saveOwn(position)));
    choices.append(makeButton("Show the saved answer", () => showSaved(position)));
    return choices;
  }

  /**
   * What is refused now: the answer may have been changed since the notice was shown.
   * @param {number} position
   */
  function refusedAt(position) {
    return outbox.refused.find((entry) => entry.position === position);
  }

  /** @param {number} position */
  function saveOwn(position) {
    const entry = refusedAt(position);
    if (!entry) return;
    const rev = Math.max(entry.rev, entry.refused.rev) + 1;
    outbox.resend(entry, { epoch: ownEpoch, rev });
    const form = questionForm();
    if (form && positionOf(form) === position) setRev(form, rev);
    remove(entry);
    removeNotice(NOT_HANDED_IN);
    find(HTMLElement, "[data-heading]", screenNow()).focus();
  }

  /** @param {number} position */
  async function showSaved(position) {
    const entry = refusedAt(position);
    if (entry) await outbox.discard(entry);
    leaving.goTo(exam.questionUrl(position));
  }

  return { show, remove };
}

/**
 * @param {Reply} reply
 * @param {boolean} isElsewhere
 */
function textOf(reply, isElsewhere) {
  if (reply.outcome !== "superseded" || isElsewhere) return reply.message;
  return "Your answer was not saved, because the exam was open in another window.";
}
