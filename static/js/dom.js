// Finds elements of the kind that is expected: another kind is as good as none.

/**
 * @template {Element} E
 * @param {new () => E} kind
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {E | null}
 */
export function seek(kind, selector, root = document) {
  const found = root.querySelector(selector);
  return found instanceof kind ? found : null;
}

/**
 * As `seek`, for what every page that loads the module has.
 * @template {Element} E
 * @param {new () => E} kind
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {E}
 */
export function find(kind, selector, root = document) {
  const found = seek(kind, selector, root);
  if (!found) throw new Error(`This page has no ${kind.name} that matches ${selector}.`);
  return found;
}

/**
 * @template {Element} E
 * @param {new () => E} kind
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {E[]}
 */
export function findAll(kind, selector, root = document) {
  return [...root.querySelectorAll(selector)].flatMap((found) => (found instanceof kind ? [found] : []));
}

/**
 * The element that an event came from, or the nearest one around it, that matches.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function around(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/**
 * @param {string} label
 * @param {(event: MouseEvent) => void} onClick
 * @returns {HTMLButtonElement}
 */
export function makeButton(label, onClick) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: label });
  button.addEventListener("click", onClick);
  return button;
}
