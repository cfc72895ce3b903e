// The questions of this attempt, kept in this window's memory: as the server sent them all at once,
// or as they looked when the candidate left them. Going to one needs no request, and no network.
// Nothing is stored: exam pages leave no trace in the browser.
import { findAll, seek } from "./dom.js";
import { addressOf } from "./page.js";

// A crowd that starts at once does not ask for all questions at once.
const FIRST_MS = 2_000;
const SPREAD_MS = 10_000;
const RETRY_MS = 15_000;

export class KeptQuestions {
  /** @type {Map<string, HTMLFormElement>} by address */
  #forms = new Map();
  /** The screen that questions are shown on, with its palette. @type {HTMLElement | null} */
  #screen = null;
  #url;

  /** @param {string} url of all questions */
  constructor(url) {
    this.#url = url;
    setTimeout(() => this.#load(), FIRST_MS + Math.random() * SPREAD_MS);
  }

  /**
   * Keep the question shown as it is now; another screen takes its place.
   * @param {HTMLElement} screen
   */
  keep(screen) {
    const form = seek(HTMLFormElement, "#question", screen);
    if (!form) return;
    this.#screen = screen;
    this.#forms.set(addressOf(form), form);
  }

  /** @param {string} address */
  has(address) {
    return this.#forms.has(address);
  }

  /**
   * Whether the question at `address` is shown without asking the server, which has nothing to add
   * to it. About an explained one it has: an exam that was begun since may ask the question too.
   * Before a first question was shown there is no palette to show it with.
   * @param {string} address
   * @param {HTMLElement} shown
   */
  isEnough(address, shown) {
    const form = this.#forms.get(address);
    const hasScreen = this.#screen !== null || seek(HTMLFormElement, "#question", shown) !== null;
    return form !== undefined && hasScreen && !("revealed" in form.dataset);
  }

  /**
   * A screen with the question at `address`, or null where it is not kept.
   * @param {string} address
   * @param {HTMLElement} shown
   */
  screenOf(address, shown) {
    const form = this.#forms.get(address);
    if (!form) return null;
    const screen = this.#screen ?? emptied(shown);
    const before = seek(HTMLFormElement, "#question", screen);
    if (before) before.replaceWith(form);
    else screen.prepend(form);
    return screen;
  }

  async #load() {
    const text = await fetchText(this.#url);
    if (text === null) {
      setTimeout(() => this.#load(), RETRY_MS + Math.random() * SPREAD_MS);
      return;
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const { dataset, content } of findAll(HTMLTemplateElement, "template[data-address]", page)) {
      const form = seek(HTMLFormElement, "form", document.importNode(content, true));
      // What was left since is newer than what the server saw.
      if (form && dataset.address && !this.#forms.has(dataset.address)) this.#forms.set(dataset.address, form);
    }
  }
}

/** @param {HTMLElement} screen */
function emptied(screen) {
  const copy = /** @type {HTMLElement} */ (screen.cloneNode(false));
  copy.removeAttribute("data-remaining-ms");
  return copy;
}

/** @param {string} url */
async function fetchText(url) {
  try {
    const response = await fetch(url, { redirect: "error", priority: "low" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
