// The exam by keyboard. Single keys can be switched off, since speech input may press them.
import { highlight, openNote, strike } from "./annotations.js";
import { around, find, findAll, seek } from "./dom.js";

const SETTING = "exam-keys";
const LETTERS = "abcde";
const TYPED_INTO =
  "textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox]):not([type=hidden])";

/** @param {{ timeLeft: () => string }} clock tells the time left in words */
export function bindKeys({ timeLeft }) {
  const isOff = () => localStorage.getItem(SETTING) === "off";
  const box = find(HTMLInputElement, "[data-keys] [data-keys-on]");
  box.checked = !isOff();
  box.addEventListener("change", () => localStorage.setItem(SETTING, box.checked ? "on" : "off"));
  document.addEventListener("click", onButton);
  document.addEventListener("fullscreenchange", leaveFocusMode);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isBusy(event)) return;
    if (event.key === "?") open("keys");
    else if (isOff() || !act(event, timeLeft)) return;
    event.preventDefault();
  });
}

/** @param {MouseEvent} event */
function onButton(event) {
  const name = around(event, "[data-open]")?.dataset.open;
  if (name) open(name);
  const dialog = around(event, "[data-close]")?.closest("dialog");
  dialog?.close();
  if (around(event, "[data-focus-mode]")) toggleFocusMode();
}

/** @param {string} name */
function open(name) {
  const dialog = find(HTMLDialogElement, `dialog[data-${name}]`);
  dialog.dispatchEvent(new CustomEvent("exam:open"));
  dialog.showModal();
}

/**
 * Typing is typing, and an open dialog has keys of its own.
 * @param {KeyboardEvent} event
 */
function isBusy(event) {
  return Boolean(around(event, TYPED_INTO) || document.querySelector("dialog[open]"));
}

/** @type {Record<string, (timeLeft: () => string) => boolean>} each tells whether it did something */
const ACTIONS = {
  n: () => press("#question [data-go][value=next]"),
  p: () => press("#question [data-go][value=previous]"),
  r: () => press("#question [data-go][value=review]"),
  k: () => press("[data-check]"),
  f: () => press("[data-flag]"),
  h: highlightHere,
  m: openNote,
  g: goToPalette,
  z: () => {
    toggleFocusMode();
    return true;
  },
  t: (timeLeft) => {
    tell(timeLeft());
    return true;
  },
};

/**
 * Do what the key stands for; whether there was something to do.
 * @param {KeyboardEvent} event
 * @param {() => string} timeLeft
 */
function act(event, timeLeft) {
  if (event.code.startsWith("Digit")) return choose(Number(event.code.slice(5)), event.shiftKey);
  const letter = LETTERS.indexOf(event.key.toLowerCase());
  if (letter >= 0) return choose(letter + 1, event.shiftKey);
  return ACTIONS[event.key]?.(timeLeft) ?? false;
}

/** @param {string} selector */
function press(selector) {
  const found = seek(HTMLElement, selector);
  // Script may press what is inert, and people may not.
  if (!found || found.closest("[inert]")) return false;
  found.click();
  return true;
}

/**
 * Choose the option at `place`, or strike it out; whether there is one.
 * @param {number} place
 * @param {boolean} isStrike
 */
function choose(place, isStrike) {
  const row = findAll(HTMLElement, "#question [data-option]")[place - 1];
  if (!row || row.closest("[inert]")) return false;
  const input = find(HTMLInputElement, "input", row);
  if (isStrike) strike(row);
  else input.click();
  input.focus();
  return true;
}

function highlightHere() {
  if (!seek(HTMLElement, "[data-highlight]")) return false;
  highlight();
  return true;
}

function goToPalette() {
  const link = seek(HTMLElement, ".palette a[aria-current]");
  link?.focus();
  return Boolean(link);
}

/** @param {string} text */
function tell(text) {
  const announcer = find(HTMLElement, "[data-told]");
  announcer.textContent = "";
  // Emptied first, or asking twice would say it once.
  requestAnimationFrame(() => {
    announcer.textContent = text;
  });
}

/** The question alone, on the whole screen where the browser can. */
async function toggleFocusMode() {
  const isOn = document.documentElement.classList.toggle("focus-mode");
  showFocusMode(isOn);
  try {
    if (isOn) await document.documentElement.requestFullscreen?.();
    else if (document.fullscreenElement) await document.exitFullscreen();
  } catch {
    // Refused, as on some phones: the page is calm all the same.
  }
}

function leaveFocusMode() {
  if (document.fullscreenElement) return;
  document.documentElement.classList.remove("focus-mode");
  showFocusMode(false);
}

/** @param {boolean} isOn */
function showFocusMode(isOn) {
  seek(HTMLElement, "[data-focus-mode]")?.setAttribute("aria-pressed", String(isOn));
}
