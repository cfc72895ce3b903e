// The clock. The server's remaining time is the truth; between answers of the server only
// performance.now() is used, so a wrong or changed clock of this device does not matter.
import { find } from "./dom.js";
import { say, sayCounted } from "./words.js";

const THRESHOLD_MINUTES = [30, 15, 5, 1];
const SHORT_MINUTES = 5;
const MINUTE_MS = 60_000;
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
 * @param {HTMLElement} page.announcer
 * @param {() => void} page.onTimeUp
 * @param {() => void} page.onWake the page slept: what it knows is old
 */
export function startClock(element, { announcer, onTimeUp, onWake }) {
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

  /** @param {number} end */
  const remaining = (end) => Math.max(end - performance.now(), 0);

  function tick() {
    const hasSlept = Date.now() - tickedAt > WAKE_MS;
    tickedAt = Date.now();
    if (hasSlept) onWake();
    if (endsAt === null || isUp) return;
    const left = remaining(endsAt);
    show(readingOf(left));
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

  const toggle = find(HTMLElement, "[data-clock-toggle]", element);
  toggle.addEventListener("click", () => {
    const isHidden = element.classList.toggle("is-hidden");
    toggle.setAttribute("aria-label", say(isHidden ? "showClock" : "hideClock"));
    toggle.title = toggle.getAttribute("aria-label") ?? "";
  });
  setInterval(tick, TICK_MS);
  return { sync, spoken: () => spoken(remaining(endsAt ?? 0)) };
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
