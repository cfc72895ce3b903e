// Says in the header whether everything is saved.
import { find, makeButton } from "./dom.js";
import { say } from "./words.js";

/** The states that have words of their own, and the names of these. @type {Record<string, string>} */
const WORDS = {
  ...{ saving: "saving", saved: "saved", retrying: "retrying", offline: "offline" },
  ...{ signedout: "signedOut", missing: "missing", refused: "refused" },
};

/** @typedef {ReturnType<typeof makeSaveState>} SaveState */

/** @param {{ onSignIn: () => void }} handlers */
export function makeSaveState({ onSignIn }) {
  const element = find(HTMLElement, "[data-save-state]");

  /**
   * @param {string} state
   * @param {string} [detail] in place of the usual words
   */
  function show(state, detail) {
    const words = WORDS[state];
    element.dataset.state = state;
    element.textContent = detail ?? (words ? say(words) : "");
    if (state === "signedout") element.append(" ", makeButton(say("signIn"), onSignIn));
  }

  return { show, isOffline: () => element.dataset.state === "offline" };
}
