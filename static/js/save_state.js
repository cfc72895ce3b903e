// Says in the header whether everything is saved.
import { find, makeButton } from "./dom.js";

/** @type {Record<string, string>} */
const WORDS = {
  saving: "Saving…",
  saved: "Saved",
  retrying: "Not saved yet: kept on this device, trying again",
  offline: "Offline: kept on this device, saved when you are back",
  signedout: "Signed out: kept on this device, saved when you have signed in again",
  missing: "Not saved: the account signed in now does not have this exam. Kept on this device",
  refused: "Not saved",
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
    element.dataset.state = state;
    element.textContent = detail ?? WORDS[state] ?? "";
    if (state === "signedout") element.append(" ", makeButton("Sign in", onSignIn));
  }

  return { show, isOffline: () => element.dataset.state === "offline" };
}
