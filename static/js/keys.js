// The exam by keyboard. Single keys can be switched off, since speech input may press them.
import { highlight, strike } from "./marks.js";

const SETTING = "exam-keys";
const LETTERS = "abcde";

export function bindKeys({ timeLeft }) {
  const sheet = document.querySelector("[data-keys]");
  const isOff = () => localStorage.getItem(SETTING) === "off";
  const box = sheet.querySelector("[data-keys-on]");
  box.checked = !isOff();
  box.addEventListener("change", () => localStorage.setItem(SETTING, box.checked ? "on" : "off"));
  document.addEventListener("click", onButton);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
    if (event.key === "?") open("keys");
    else if (isOff() || !act(event, timeLeft)) return;
    event.preventDefault();
  });
}

function onButton(event) {
  const opener = event.target.closest("[data-open]");
  if (opener) open(opener.dataset.open);
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.closest("[data-focus-mode]")) toggleFocusMode();
}

function open(name) {
  const dialog = document.querySelector(`dialog[data-${name}]`);
  dialog.dispatchEvent(new CustomEvent("exam:open"));
  dialog.showModal();
}

// Typing is typing, and an open dialog has keys of its own.
function isBusy(target) {
  const typed = "textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox]):not([type=hidden])";
  return Boolean(target.closest?.(typed) || document.querySelector("dialog[open]"));
}

function act(event, timeLeft) {
  const press = (selector) => {
    const found = document.querySelector(selector);
    // Script may press what is inert, and people may not.
    if (!found || found.closest("[inert]")) return false;
    found.click();
    return true;
  };
  const actions = {
    n: () => press("#question [data-go][value=next]"),
    p: () => press("#question [data-go][value=previous]"),
    r: () => press("#question [data-go][value=review]"),
    k: () => press("[data-check]"),
    f: () => press("[data-flag]"),
    h: () => Boolean(document.querySelector("[data-highlight]")) && (highlight(), true),
    m: openNote,
    g: goToPalette,
    z: () => (toggleFocusMode(), true),
    t: () => (tell(timeLeft()), true),
  };
  if (event.code.startsWith("Digit")) return option(Number(event.code.slice(5)), event.shiftKey);
  const letter = LETTERS.indexOf(event.key.toLowerCase());
  if (letter >= 0) return option(letter + 1, event.shiftKey);
  return actions[event.key] ? actions[event.key]() : false;
}

/** Choose the option at `place`, or strike it out; whether there is one. */
function option(place, isStrike) {
  const row = document.querySelectorAll("#question [data-option]")[place - 1];
  if (!row || row.closest("[inert]")) return false;
  if (isStrike) strike(row);
  else row.querySelector("input").click();
  row.querySelector("input").focus();
  return true;
}

function openNote() {
  const box = document.querySelector("[data-note-box]");
  if (!box) return false;
  box.open = true;
  box.querySelector("textarea").focus();
  return true;
}

function goToPalette() {
  const link = document.querySelector(".palette a[aria-current]");
  link?.focus();
  return Boolean(link);
}

function tell(text) {
  const announcer = document.querySelector("[data-told]");
  announcer.textContent = "";
  // Emptied first, or asking twice would say it once.
  requestAnimationFrame(() => { announcer.textContent = text; });
}

/** The question alone, on the whole screen where the browser can. */
async function toggleFocusMode() {
  const isOn = document.documentElement.classList.toggle("focus-mode");
  const button = document.querySelector("[data-focus-mode]");
  button?.setAttribute("aria-pressed", String(isOn));
  try {
    if (isOn) await document.documentElement.requestFullscreen?.();
    else if (document.fullscreenElement) await document.exitFullscreen();
  } catch {
    // Refused, as on some phones: the page is calm all the same.
  }
}

document.addEventListener("fullscreenchange", () => {
  if (document.fullscreenElement) return;
  document.documentElement.classList.remove("focus-mode");
  document.querySelector("[data-focus-mode]")?.setAttribute("aria-pressed", "false");
});
