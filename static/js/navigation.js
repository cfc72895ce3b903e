// Goes from screen to screen without loading the page anew. A question that this window keeps is
// shown at once; for others the server is asked. The address changes when the screen does, never
// before: offline they would disagree.
import { around, find, findAll, seek } from "./dom.js";
import { showNotice } from "./notices.js";
import { addressOf, positionOf, questionForm, screenNow } from "./page.js";
import { showCurrent } from "./palette.js";
import { csrfToken } from "./token.js";
import { say } from "./words.js";

// What is kept in this window is better than a longer wait; where nothing is, waiting may help.
const PATIENCE_MS = { kept: 2_500, unknown: 20_000 };
const SAVE_BEFORE_MOVE_MS = 300;
const SAVE_BEFORE_CHECK_MS = 5_000;

/**
 * A way to another screen. `step` numbers the entries of the history; null makes a new one.
 * @typedef {{ url: string, step: number | null }} Move
 */

const addressNow = () => location.pathname + location.search;

/**
 * @param {object} page
 * @param {import("./page.js").Exam} page.exam
 * @param {import("./outbox.js").Outbox} page.outbox
 * @param {import("./kept.js").KeptQuestions} page.kept
 * @param {import("./save_state.js").SaveState} page.saveState
 * @param {import("./leaving.js").Leaving} page.leaving
 * @param {() => boolean} page.isBlank whether the question shown has no answer yet
 * @param {() => void} page.saveNote saves what is still being typed
 * @param {(age: number) => void} page.onLoaded a screen came, that the server made `age` ms ago
 * @param {() => void} page.onKept a screen with a kept question is shown
 */
export function bindNavigation({ exam, outbox, kept, saveState, leaving, isBlank, saveNote, onLoaded, onKept }) {
  let shownAddress = addressNow();
  let shownStep = stepOf(history.state) ?? 0;
  history.replaceState({ step: shownStep }, "");
  // Only the last of several moves counts.
  /** @type {Move | null} */
  let wanted = null;
  // The move whose screen comes next.
  /** @type {Move | null} */
  let coming = null;
  // While an answer is being checked: what comes next waits for it.
  /** @type {Promise<void> | null} */
  let checking = null;
  // When the next screen was asked for, and when the server answered.
  let requestedAt = 0;
  let answeredAt = 0;

  // ---- Moves -----------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const button = around(event, "[data-check]");
    if (button) {
      event.preventDefault();
      if (isBlank()) find(HTMLDialogElement, "dialog[data-ask-blank]").showModal();
      else check(button.dataset.check ?? "");
      return;
    }
    if (around(event, "[data-show-blank]")) {
      find(HTMLDialogElement, "dialog[data-ask-blank]").close();
      check(find(HTMLElement, "[data-check]").dataset.check ?? "");
      return;
    }
    const link = around(event, "[data-go], [data-cell]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go({ url: link.dataset.go ?? exam.questionUrl(link.dataset.cell ?? ""), step: null });
  });

  // Enter in a form field means "next", which is saved by the outbox, not by a form post.
  document.addEventListener("submit", (event) => {
    const form = questionForm();
    if (!form || event.target !== form) return;
    event.preventDefault();
    for (const next of ["[data-check]", "[data-go][value=next]", "[data-go][value=review]"]) {
      const button = seek(HTMLElement, next, form);
      if (button) {
        button.click();
        return;
      }
    }
  });

  window.addEventListener("popstate", (event) => {
    // The skip link changes the fragment alone.
    if (addressNow() === shownAddress) return;
    go({ url: addressNow(), step: stepOf(event.state) ?? shownStep });
  });

  /** @param {Move} move */
  async function go(move) {
    wanted = move;
    saveNote();
    if (checking) await checking;
    if (wanted !== move) return;
    // None waits for an earlier one that gets no answer.
    htmx.trigger(document.body, "htmx:abort");
    coming = move;
    if (kept.isEnough(move.url, screenNow())) {
      showKept(move.url);
      return;
    }
    // The next screen shows which questions are answered: let an answer on its way arrive first.
    await outbox.flush(SAVE_BEFORE_MOVE_MS);
    if (coming !== move) return;
    kept.keep(screenNow());
    await load("get", move.url);
  }

  /** The screen is the one that was asked for: now the address says so too. */
  function noteArrival() {
    if (!coming) return;
    const { url, step } = coming;
    coming = null;
    if (step === null) history.pushState({ step: shownStep + 1 }, "", url);
    shownStep = step ?? shownStep + 1;
    shownAddress = addressNow();
  }

  /** The screen stays. Back or Forward had changed the address already. */
  function noteStay() {
    const step = coming?.step ?? null;
    coming = null;
    if (step === null) return;
    if (step === shownStep) history.replaceState({ step }, "", shownAddress);
    else history.go(shownStep - step);
  }

  /**
   * Have the answer that is shown marked, once it is saved.
   * @param {string} url
   */
  async function check(url) {
    wanted = null;
    saveNote();
    await outbox.flush(SAVE_BEFORE_CHECK_MS);
    if (outbox.holdsAnswers || outbox.refused.length) {
      showNotice("not-checked", say("notChecked"));
      return;
    }
    if (wanted) return;
    coming = null;
    checking = load("post", url, { csrfmiddlewaretoken: csrfToken() });
    await checking;
    checking = null;
  }

  /**
   * @param {"get" | "post"} method
   * @param {string} url
   * @param {Record<string, string>} [values]
   */
  async function load(method, url, values) {
    try {
      await htmx.ajax(method, url, { target: "#screen", swap: "outerHTML", values });
    } catch {
      // What went wrong is told by htmx's events, below.
    }
  }

  // ---- Without an answer -----------------------------------------------------------------------

  /** @param {string} address */
  function goOnWithout(address) {
    const why = say(navigator.onLine ? "noReply" : "isOffline");
    if (!showKept(address)) {
      noteStay();
      saveState.show("offline", say("notLoaded", { why }));
    } else if (outbox.isEmpty) {
      saveState.show("offline", say("goOn", { why }));
    }
  }

  /**
   * Show a question that is kept in this window; whether it is.
   * @param {string} address
   */
  function showKept(address) {
    // Answered since, it is newer than what is kept.
    kept.keep(screenNow());
    const screen = kept.screenOf(address, screenNow());
    if (!screen) return false;
    screenNow().replaceWith(screen);
    noteArrival();
    for (const notice of findAll(HTMLElement, "#screen > .notice:not(#elsewhere)")) notice.remove();
    const form = questionForm();
    if (form) showCurrent(positionOf(form));
    onKept();
    arrive();
    return true;
  }

  window.addEventListener("online", showBackOnline);

  function showBackOnline() {
    if (outbox.isEmpty && saveState.isOffline()) saveState.show("online", "");
  }

  // ---- What htmx says --------------------------------------------------------------------------

  document.addEventListener("htmx:beforeSend", ({ detail: { target, xhr, pathInfo } }) => {
    if (target.id !== "screen") return;
    requestedAt = performance.now();
    xhr.timeout = PATIENCE_MS[kept.has(pathInfo.requestPath) ? "kept" : "unknown"];
  });

  document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
    if (xhr.getResponseHeader("HX-Redirect")) leaving.expect();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse, isError } = event.detail;
    // The server looked at its clock about halfway between request and response.
    if (target.id === "screen") answeredAt = (requestedAt + performance.now()) / 2;
    // Not what was asked for: the time is over, or the sign-in page. Load it as a page.
    if (isError || serverResponse.includes(`id="${target.id}"`)) return;
    event.detail.shouldSwap = false;
    leaving.goTo(coming ? event.detail.pathInfo.requestPath : addressNow());
  });

  document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
    const isScreen = target instanceof Element && target.id === "screen";
    if (!isScreen && detail.elt?.id !== "screen") return;
    noteArrival();
    onLoaded(performance.now() - answeredAt);
    arrive();
    showBackOnline();
  });

  document.addEventListener("htmx:sendError", ({ detail }) => goOnWithout(detail.pathInfo.requestPath));
  document.addEventListener("htmx:timeout", ({ detail }) => goOnWithout(detail.pathInfo.requestPath));

  document.addEventListener("htmx:responseError", ({ detail: { target, xhr, pathInfo, requestConfig } }) => {
    if (target?.id !== "screen") return;
    const form = questionForm();
    // The server is away for a moment: this page, and what it keeps, stays.
    if (xhr.status >= 500) goOnWithout(pathInfo.requestPath);
    // These are not swapped in: load the address as a page, which says what is wrong. What was
    // posted is a check of the question shown, whose own address says it.
    else leaving.goTo(form && requestConfig.verb === "post" ? addressOf(form) : pathInfo.requestPath);
  });
}

/** @param {unknown} state of an entry of the history */
function stepOf(state) {
  const step = typeof state === "object" && state !== null && "step" in state ? state.step : null;
  return typeof step === "number" ? step : null;
}

/** Show the new screen from its top, and tell screen readers what it is. */
function arrive() {
  const heading = screenNow().querySelector("[data-heading]");
  window.scrollTo(0, 0);
  if (!(heading instanceof HTMLElement)) return;
  heading.focus();
  document.title = `${words(heading)} · ${find(HTMLElement, "[data-site]").dataset.site}`;
}

/** @param {HTMLElement} heading */
const words = (heading) => (heading.textContent ?? "").trim().replace(/\s+/g, " ");
