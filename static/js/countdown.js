// The clock. The server's remaining time is the truth; between answers of the server only
// performance.now() is used, so a wrong or changed clock of this device does not matter.

const THRESHOLD_MINUTES = [30, 15, 5, 1];
const RESYNC_MS = 60_000;
// A page that was suspended, or whose device slept, ticks late by the device's calendar clock; that
// clock is used for nothing else, since it may be changed.
const WAKE_MS = 2_000;
// How fast a device's clock may run wrong: a reading grows uncertain with its age.
const DRIFT = 1e-4;
const EXTENDED_MS = 20_000;

export function startClock(element, { announcer, onTimeUp, onEpoch }) {
  const reading = element.querySelector("[data-clock-reading]");
  const toggle = element.querySelector("[data-clock-toggle]");
  let endsAt = null;
  // How wrong `endsAt` may be, and since when.
  let doubt = Infinity;
  let readAt = 0;
  let tickedAt = Date.now();
  let lastMinutes = null;
  let lastAnnounced = Infinity;
  let isUp = false;
  let isHidden = false;

  const remaining = () => Math.max(endsAt - performance.now(), 0);

  function tick() {
    const hasSlept = Date.now() - tickedAt > WAKE_MS;
    tickedAt = Date.now();
    if (hasSlept) resync();
    if (endsAt === null || isUp) return;
    const left = remaining();
    show(isHidden ? "hidden" : format(left));
    warn(left);
    if (left === 0) {
      isUp = true;
      show("0:00");
      onTimeUp();
    }
  }

  /** Ten times a second the same text would keep a phone drawing. */
  function show(text) {
    if (reading.textContent !== text) reading.textContent = text;
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
      const { remaining_ms: left, closed, epoch } = await response.json();
      // Half of the way there and back is over since the server looked at its clock.
      const half = (performance.now() - sent) / 2;
      if (!closed) sync(left - half, half);
      onEpoch(epoch);
      return true;
    } catch {
      // Offline: the reading goes on from what is known.
      return false;
    }
  }

  /** Take up what the server said; `doubtMs`: how long ago it may have been said. */
  function sync(remainingMs, doubtMs = 0) {
    if (isUp) return;
    const now = performance.now();
    const found = now + remainingMs;
    const gained = endsAt === null ? 0 : found - endsAt;
    const isExtended = gained > EXTENDED_MS;
    // A slow answer tells less than a quick one that is not old yet.
    if (!isExtended && doubtMs > doubt + (now - readAt) * DRIFT && Math.abs(gained) <= doubtMs) return;
    [endsAt, doubt, readAt] = [found, doubtMs, now];
    if (isExtended) announceExtension(gained);
    tick();
  }

  function announceExtension(gained) {
    const minutes = Math.max(Math.round(gained / 60_000), 1);
    announcer.textContent = `You were given ${minutes} more minute${minutes === 1 ? "" : "s"}.`;
    lastAnnounced = Infinity;
    lastMinutes = null;
  }

  /** The time left in words, for whoever asks. */
  function spoken() {
    const minutes = Math.floor(remaining() / 60_000);
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    const parts = [[hours, "hour"], [rest, "minute"]].filter(([count]) => count);
    if (!parts.length) return `${Math.ceil(remaining() / 1000)} seconds left`;
    return `${parts.map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(" ")} left`;
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
  document.addEventListener("resume", resync);
  window.addEventListener("pageshow", (event) => { if (event.persisted) resync(); });
  // Often enough that the reading changes within a tenth of a second of the truth.
  setInterval(tick, 100);
  setInterval(resync, RESYNC_MS);
  return { sync, resync, spoken };
}

function format(ms) {
  const seconds = Math.ceil(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return parts[0] ? `${parts[0]}:${minutes}:${rest}` : `${parts[1]}:${rest}`;
}
