// The clock. The server's remaining time is the truth; between answers of the server only
// performance.now() is used, so a wrong or changed clock of this device does not matter.
import { find } from "./dom.js";
import { say, sayCounted } from "./words.js";

const THRESHOLD_MINUTES = [30, 15, 5, 1];
const SHORT_MINUTES = 5;
const MINUTE_MS = 60_000;
const RESYNC_MS = 60_000;
// Often enough that the reading changes within a tenth of a second of the truth.
const TICK_MS = 100;
// A page that was suspended, or whose device slept, ticks late by the device's calendar clock; that
// clock is used for nothing else, since it may be changed.
const WAKE_MS = 2_000;
// How fast a device's clock may run wrong: a reading grows uncertain with its age.
const DRIFT = 1e-4;
const EXTENDED_MS = 20_000;

/** @typedef {ReturnType<typeof startClock>} Clock */

/**
 * @param {HTMLElement} element
 * @param {object} page
 * @param {string} page.url where the server tells the time left
 * @param {HTMLElement} page.announcer
 * @param {() => void} page.onTimeUp
 * @param {(epoch: number) => void} page.onEpoch
 */
export function startClock(element, { url, announcer, onTimeUp, onEpoch }) {
  const reading = find(HTMLElement, "[data-clock-reading]", element);
  /** @type {number | null} */
  let endsAt = null;
  // How wrong `endsAt` may be, and since when.
  let doubt = Number.POSITIVE_INFINITY;
  let readAt = 0;
  let tickedAt = Date.now();
  /** @type {number | null} */
  let lastMinutes = null;
  let lastAnnounced = Number.POSITIVE_INFINITY;
  let isUp = false;
  let isHidden = false;

  /** @param {number} end */
  const remaining = (end) => Math.max(end - performance.now(), 0);

  function tick() {
    const hasSlept = Date.now() - tickedAt > WAKE_MS;
    tickedAt = Date.now();
    if (hasSlept) resync();
    if (endsAt === null || isUp) return;
    const left = remaining(endsAt);
    show(isHidden ? "hidden" : readingOf(left));
    warn(left / MINUTE_MS);
    if (left === 0) {
      isUp = true;
      show("0:00");
      onTimeUp();
    }
  }

  /**
   * Ten times a second the same text would keep a phone drawing.
   * @param {string} text
   */
  function show(text) {
    if (reading.textContent !== text) reading.textContent = text;
  }

  /** @param {number} minutes left */
  function warn(minutes) {
    const crossed = crossedBetween(lastMinutes, minutes);
    element.classList.toggle("is-short", minutes <= SHORT_MINUTES);
    if (crossed !== null && crossed < lastAnnounced) {
      announcer.textContent = spoken(Math.ceil(minutes) * MINUTE_MS);
      lastAnnounced = crossed;
    }
    lastMinutes = minutes;
  }

  /** Ask the server for the time left; resolves to whether it could be reached. */
  async function resync() {
    try {
      const sent = performance.now();
      const response = await fetch(url, { redirect: "manual" });
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

  /**
   * Take up what the server said.
   * @param {number} remainingMs
   * @param {number} [doubtMs] how long ago it may have been said
   */
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

  /** @param {number} gained milliseconds */
  function announceExtension(gained) {
    announcer.textContent = sayCounted("added", Math.max(Math.round(gained / MINUTE_MS), 1));
    lastAnnounced = Number.POSITIVE_INFINITY;
    lastMinutes = null;
  }

  makeToggle(find(HTMLElement, "[data-clock-toggle]", element), () => {
    isHidden = !isHidden;
    tick();
    return isHidden;
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) resync();
  });
  document.addEventListener("resume", resync);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) resync();
  });
  setInterval(tick, TICK_MS);
  setInterval(resync, RESYNC_MS);
  return { sync, resync, spoken: () => spoken(remaining(endsAt ?? 0)) };
}

/**
 * The button that hides the reading and shows it again.
 * @param {HTMLElement} toggle
 * @param {() => boolean} onPress tells whether the reading is hidden now
 */
function makeToggle(toggle, onPress) {
  const tick = document.createElement("span");
  tick.setAttribute("aria-hidden", "true");
  // The name stays: aria-pressed tells the state, and the tick tells it to the eye.
  toggle.replaceChildren("Hide clock", tick);
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const isHidden = onPress();
    tick.textContent = isHidden ? " ✓" : "";
    toggle.setAttribute("aria-pressed", String(isHidden));
  });
}

/**
 * The threshold that lies between two readings in minutes. After a sleep several do: the last one
 * tells the time that is left.
 * @param {number | null} before null where there was no reading
 * @param {number} now
 */
export function crossedBetween(before, now) {
  if (before === null) return null;
  return THRESHOLD_MINUTES.findLast((limit) => now <= limit && before > limit) ?? null;
}

/**
 * As a clock shows it.
 * @param {number} ms
 */
export function readingOf(ms) {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  /** @param {number} part */
  const two = (part) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * In words, for whoever asks.
 * @param {number} ms
 */
export function spoken(ms) {
  const minutes = Math.floor(ms / MINUTE_MS);
  if (minutes === 0) return say("left", { time: sayCounted("seconds", Math.ceil(ms / 1000)) });
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const parts = [hours ? sayCounted("hours", hours) : "", rest ? sayCounted("minutes", rest) : ""];
  return say("left", { time: parts.filter(Boolean).join(" ") });
}
