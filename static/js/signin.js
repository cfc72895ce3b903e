// Signs in again in place when the session was lost: the page, and what it keeps, stay.

import { find } from "./dom.js";
import { say } from "./words.js";

/**
 * Resolves to whether somebody signed in.
 * @param {() => string} token
 * @returns {Promise<boolean>}
 */
export function askToSignIn(token) {
  const dialog = find(HTMLDialogElement, "[data-sign-in]");
  const form = find(HTMLFormElement, "form", dialog);
  const problem = find(HTMLElement, "[data-problem]", dialog);
  find(HTMLElement, "[data-cancel]", dialog).onclick = () => dialog.close();
  problem.textContent = "";
  dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      problem.textContent = await signIn(form, token);
      if (problem.textContent) return;
      form.reset();
      dialog.close("done");
    };
    dialog.onclose = () => resolve(dialog.returnValue === "done");
    dialog.returnValue = "";
  });
}

/**
 * Resolves to what went wrong, in words; empty when signed in.
 * @param {HTMLFormElement} form
 * @param {() => string} token
 * @returns {Promise<string>}
 */
async function signIn(form, token) {
  try {
    // Sets the cookie of the token where that was lost as well.
    await fetch(form.action);
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)])),
      headers: { "X-CSRFToken": token(), "X-Requested-With": "XMLHttpRequest" },
    });
    if (response.ok) return "";
    if (response.status === 429) return say("tooManyTries");
    if (response.status !== 400) return say("signInFailed");
    const { form: reply } = await response.json();
    /** @type {{ errors: string[] }[]} */
    const parts = [reply, ...Object.values(reply.fields)];
    const errors = parts.flatMap((part) => part.errors);
    return errors.join(" ");
  } catch {
    return say("signInOffline");
  }
}
