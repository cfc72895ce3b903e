// Tells the server which question was open when the window is left, so that the attempt can be
// continued there. Saves tell it as well; this is for who only looked.
import { csrfToken } from "./token.js";

/**
 * @param {object} page
 * @param {string} page.url
 * @param {number} page.ownEpoch
 * @param {() => number} page.position of the question shown
 * @param {() => boolean} page.isReadOnly another window has the attempt
 */
export function tellWhereLeft({ url, ownEpoch, position, isReadOnly }) {
  let told = 0;

  /** Resolves when the server knows, or cannot be told. */
  async function tell() {
    if (isReadOnly() || told === position()) return;
    told = position();
    try {
      await fetch(url, {
        method: "POST",
        body: new URLSearchParams({ position: String(told), epoch: String(ownEpoch) }),
        headers: { "X-CSRFToken": csrfToken() },
        redirect: "manual",
        keepalive: true,
      });
    } catch {
      // Offline: what was last saved tells it.
      told = 0;
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tell();
  });
  return tell;
}
