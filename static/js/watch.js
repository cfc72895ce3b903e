// Looks at the attempt on the server: how much time is left, whether it goes on, and where.

/**
 * What the server says.
 * @typedef {object} Look
 * @property {number | null} remaining_ms null where there is no time limit
 * @property {boolean} closed
 * @property {boolean} paused
 * @property {number} epoch
 */

const EVERY_MS = 60_000;

/**
 * Look every minute, and when the window is looked at again. Returns a way to look now, which
 * resolves to whether the server could be reached.
 * @param {string} url
 * @param {(look: Look, halfMs: number) => void} onLook `halfMs`: half of the way there and back
 */
export function watchAttempt(url, onLook) {
  async function look() {
    try {
      const sent = performance.now();
      const response = await fetch(url, { redirect: "manual" });
      if (!response.ok) return response.status < 500;
      const reply = await response.json();
      onLook(reply, (performance.now() - sent) / 2);
      return true;
    } catch {
      // Offline: the page goes on from what is known.
      return false;
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
  document.addEventListener("resume", look);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) look();
  });
  setInterval(look, EVERY_MS);
  return look;
}
