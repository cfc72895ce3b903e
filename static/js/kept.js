// The questions of this attempt, kept in this window's memory for when the network is gone: as the
// server sent them all at once, or as they looked when the candidate left them. Nothing is stored:
// exam pages leave no trace in the browser.

// A crowd that starts at once does not ask for all questions at once.
const FIRST_MS = 2_000;
const SPREAD_MS = 10_000;
const RETRY_MS = 15_000;

export class KeptQuestions {
  #forms = new Map();
  #screen = null;
  #url;

  constructor(url) {
    this.#url = url;
    setTimeout(() => this.#load(), FIRST_MS + Math.random() * SPREAD_MS);
  }

  /** Keep the question shown as it is now; another screen takes its place. */
  keep(screen) {
    const form = screen.querySelector("#question");
    if (!form) return;
    this.#screen = screen;
    this.#forms.set(form.getAttribute("action"), form);
  }

  has(address) {
    return this.#forms.has(address);
  }

  /** A screen with the question at `address`, or null where it is not kept. */
  screenOf(address, shown) {
    const form = this.#forms.get(address);
    if (!form) return null;
    const screen = this.#screen ?? emptied(shown);
    const before = screen.querySelector("#question");
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
    for (const template of page.querySelectorAll("template[data-address]")) {
      const { address } = template.dataset;
      // What was left since is newer than what the server saw.
      if (!this.#forms.has(address)) this.#forms.set(address, document.importNode(template.content, true).querySelector("form"));
    }
  }
}

function emptied(screen) {
  const copy = screen.cloneNode(false);
  copy.removeAttribute("data-remaining-ms");
  return copy;
}

async function fetchText(url) {
  try {
    const response = await fetch(url, { redirect: "error", priority: "low" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
