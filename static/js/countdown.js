// The clock. The server's remaining time is the truth; between answers of the server only
// performance.now() is used, so a wrong or changed clock of this device does not matter.

const THRESHOLD_MINUTES = [30, 15, 5, 1];
const RESYNC_MS = 60_000;

export function startClock(element, { announcer, onTimeUp }) {
  const reading = element.querySelector("[data-clock-reading]");
  const toggle = element.querySelector("[data-clock-toggle]");
  let endsAt = null;
  let lastMinutes = null;
  let lastAnnounced = Infinity;
  let isUp = false;
  let isHidden = false;

  const remaining = () => Math.max(endsAt - performance.now(), 0);

  function tick() {
    if (endsAt === null || isUp) return;
    const left = remaining();
    reading.textContent = isHidden ? "hidden" : format(left);
    warn(left);
    if (left === 0) {
      isUp = true;
      reading.textContent = "0:00";
      onTimeUp();
    }
  }

  function warn(left) {
    const minutes = left / 60_000;
    // After a sleep several are crossed at once: the last one tells the time that is left.
    const crossed = THRESHOLD_MINUTES.findLast((limit) => minutes <= limit && lastMinutes > limit);
    element.classList.toggle("is-short", minutes <= 5);
    if (crossed < lastAnnounced) {
      const whole = Math.ceil(minutes);
      announcer.textContent = `${whole} minute${whole === 1 ? "" : "s"} left`;
      lastAnnounced = crossed;
    }
    lastMinutes = minutes;
  }

  /** Ask the server for the time left; resolves to whether it could be reached. */
  async function resync() {
    try {
      const sent = performance.now();
      const response = await fetch(element.dataset.url, { redirect: "manual" });
      if (!response.ok) return response.status < 500;
      const { remaining_ms: left, closed } = await response.json();
      // Half of the way there and back is over since the server looked at its clock.
      if (!closed) sync(left - (performance.now() - sent) / 2);
      return true;
    } catch {
      // Offline: the reading goes on from what is known.
      return false;
    }
  }

  function sync(remainingMs) {
    if (isUp) return;
    endsAt = performance.now() + remainingMs;
    tick();
  }

  const tickMark = document.createElement("span");
  tickMark.setAttribute("aria-hidden", "true");
  // The name stays: aria-pressed tells the state, and the mark tells it to the eye.
  toggle.replaceChildren("Hide clock", tickMark);
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    isHidden = !isHidden;
    tickMark.textContent = isHidden ? " ✓" : "";
    toggle.setAttribute("aria-pressed", String(isHidden));
    tick();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) resync();
  });
  setInterval(tick, 250);
  setInterval(resync, RESYNC_MS);
  return { sync, resync };
}

function format(ms) {
  const seconds = Math.ceil(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return parts[0] ? `${parts[0]}:${minutes}:${rest}` : `${parts[1]}:${rest}`;
}
