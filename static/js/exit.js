// "Save and exit": leaves once everything is saved. The attempt goes on; nothing ends by leaving.
import { around } from "./dom.js";
import { pause } from "./timing.js";

const SAVING_MS = 5_000;

/**
 * @param {object} page
 * @param {import("./outbox.js").Outbox} page.outbox
 * @param {import("./leaving.js").Leaving} page.leaving
 * @param {() => void} page.saveNote saves what is still being typed
 * @param {() => Promise<void>} page.tellWhere tells the server which question is left
 */
export function bindExit({ outbox, leaving, saveNote, tellWhere }) {
  document.addEventListener("click", (event) => {
    const exit = around(event, "[data-exit]");
    if (!exit || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    leave(exit.dataset.exit ?? "/");
  });

  /** @param {string} url */
  async function leave(url) {
    saveNote();
    await Promise.all([outbox.flush(SAVING_MS), Promise.race([tellWhere(), pause(SAVING_MS)])]);
    if (outbox.isEmpty) leaving.goTo(url);
    // The browser asks whether to leave all the same: it stays on this device.
    else location.assign(url);
  }
}
