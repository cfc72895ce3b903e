// An answer that the server refused: why, and what the candidate can do about it.
import { setRev, showHint } from "./answers.js";
import { find, makeButton } from "./dom.js";
import { ELSEWHERE } from "./elsewhere.js";
import { removeNotice, showNotice } from "./notices.js";
import { positionOf, questionForm, screenNow } from "./page.js";
import { say } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./entries.js").Reply} Reply */

const TOO_LATE = ["closed", "late"];
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
    const form = formAt(entry.position);
    if (reply.outcome === "malformed" && form) {
      showHint(form, reply.message);
      return;
    }
    const isElsewhere = reply.outcome === "superseded" && ownEpoch < reply.epoch;
    if (isElsewhere) {
      otherWindows.makeReadOnly();
      removeNotice(ELSEWHERE);
    }
    const { position } = entry;
    const choices = isElsewhere ? otherWindows.takeOverForm(position) : choicesFor(position, reply);
    const message = textOf(reply, isElsewhere);
    showNotice(idOf(entry), say("aboutQuestion", { position, message }), choices);
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
    if (reply.outcome === "revealed") {
      choices.append(makeButton(say("showExplanation"), () => leaving.goTo(exam.questionUrl(position))));
    } else if (reply.outcome !== "malformed") {
      choices.append(makeButton(say("keepOwn"), () => saveOwn(position)));
      choices.append(makeButton(say("discardOwn"), () => showSaved(position)));
    }
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
    const form = formAt(position);
    if (form) setRev(form, rev);
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
 * The form of a question, where it is the one shown.
 * @param {number} position
 */
function formAt(position) {
  const form = questionForm();
  return form && positionOf(form) === position ? form : null;
}

/**
 * @param {Reply} reply
 * @param {boolean} isElsewhere
 */
function textOf(reply, isElsewhere) {
  if (reply.outcome !== "superseded" || isElsewhere) return reply.message;
  return say("wasElsewhere");
}
