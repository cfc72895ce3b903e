// Hands the attempt in: when the candidate says so, or when the time is over.
import { around, find, seek } from "./dom.js";
import { showNotice } from "./notices.js";
import { screenNow } from "./page.js";
import { NOT_HANDED_IN } from "./refusals.js";
import { pause } from "./timing.js";
import { renewTokens } from "./token.js";
import { say, sayCounted } from "./words.js";

const SETTLING_MS = 10_000;
const LAST_SAVES_MS = 1_500;
const RETRY_MS = 2_000;

/**
 * @param {object} page
 * @param {import("./outbox.js").Outbox} page.outbox
 * @param {import("./save_state.js").SaveState} page.saveState
 * @param {import("./leaving.js").Leaving} page.leaving
 */
export function bindHandIn({ outbox, saveState, leaving }) {
  document.addEventListener("submit", renewTokens, { capture: true });
  // Without scripts the link leads to a page that asks the same.
  document.addEventListener("click", (event) => {
    const dialog = seek(HTMLDialogElement, "[data-submit-dialog]", screenNow());
    if (!dialog || !around(event, "[data-submit-link]")) return;
    event.preventDefault();
    dialog.showModal();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-hand-in]")) return;
    if (outbox.isEmpty && !outbox.refused.length) return;
    event.preventDefault();
    handInWhenSettled(form);
  });

  /**
   * Nothing is handed in while an answer is on its way, or refused and not decided about.
   * @param {HTMLFormElement} form
   */
  async function handInWhenSettled(form) {
    if (!outbox.isEmpty) saveState.show("saving");
    await outbox.flush(SETTLING_MS);
    if (!outbox.holdsAnswers && !outbox.refused.length) {
      leaving.submit(form);
      return;
    }
    // It would hide what is told.
    form.closest("dialog")?.close();
    if (outbox.holdsAnswers) {
      showNotice(NOT_HANDED_IN, say("notSubmitted"));
    } else {
      const positions = outbox.refused.map((entry) => entry.position);
      const words = sayCounted("undecided", positions.length, { positions: positions.join(", ") });
      showNotice(NOT_HANDED_IN, words);
    }
  }

  /** @param {() => Promise<boolean>} isReached asks the server */
  async function handInForTime(isReached) {
    await outbox.flush(LAST_SAVES_MS);
    // Leaving while the server is out of reach would end on the browser's own error page.
    while (!(await isReached())) {
      saveState.show("offline", say("resultLater"));
      await pause(RETRY_MS);
      await outbox.flush(LAST_SAVES_MS);
    }
    renewTokens();
    leaving.submit(find(HTMLFormElement, "[data-auto-submit]"));
  }

  return { handInForTime };
}
