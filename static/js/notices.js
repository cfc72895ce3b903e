// Notices at the top of the screen.
import { screenNow } from "./page.js";

/**
 * Show a notice in the place of an earlier one about the same.
 * @param {string} id
 * @param {string} message
 * @param {...HTMLElement} choices what can be done about it
 */
export function showNotice(id, message, ...choices) {
  removeNotice(id);
  const notice = document.createElement("div");
  Object.assign(notice, { id, className: "notice notice-error" });
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = message;
  notice.append(text, ...choices);
  screenNow().prepend(notice);
}

/** @param {string} id */
export function removeNotice(id) {
  document.getElementById(id)?.remove();
}
