// Turns the selects of an ordering question into a list that is sorted by buttons or by dragging.
// The selects stay what is saved; they are only put out of sight.
import { find, findAll } from "./dom.js";
import { filled } from "./given.js";
import { say } from "./words.js";

/** @param {HTMLElement} fieldset */
export function enhanceOrdering(fieldset) {
  const list = find(HTMLElement, ".items", fieldset);
  const places = find(HTMLElement, "[data-places]", fieldset);
  const selects = findAll(HTMLSelectElement, "select", places);
  const state = find(HTMLElement, "[data-ordering-state]", fieldset);
  const items = () => [...list.children].flatMap((item) => (item instanceof HTMLElement ? [item] : []));
  const given = () => selects.map((select) => select.value).filter(Boolean);

  places.hidden = true;
  state.hidden = false;
  list.classList.add("is-sortable");
  list.setAttribute("aria-label", say("currentOrder"));
  for (const place of given()) list.append(find(HTMLElement, `[data-place="${place}"]`, list));
  items().forEach(addControls);
  const keep = makeButton(say("orderRight"), () => {
    commit();
    // The button goes away, and the focus with it.
    find(HTMLElement, "button", list).focus();
  });
  keep.className = "button";
  list.after(keep);
  show();

  /** @param {HTMLElement} item */
  function addControls(item) {
    const letter = find(HTMLElement, ".letter", item).textContent ?? "";
    const up = makeButton("↑", () => move(item, -1), say("moveUp", { letter }));
    const down = makeButton("↓", () => move(item, 1), say("moveDown", { letter }));
    const controls = document.createElement("span");
    controls.className = "controls";
    controls.append(up, down);
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.setAttribute("aria-hidden", "true");
    grip.textContent = "⠿";
    item.append(controls, grip);
    item.addEventListener("pointerdown", (event) => startDrag(item, event));
  }

  /**
   * @param {HTMLElement} item
   * @param {-1 | 1} step
   */
  function move(item, step) {
    const order = items();
    const target = order[order.indexOf(item) + step];
    if (!target) return;
    if (step < 0) target.before(item);
    else target.after(item);
    commit();
    // Taken out of the page and put back, the button has lost the focus.
    findAll(HTMLElement, "button", item)[step < 0 ? 0 : 1]?.focus();
  }

  /**
   * @param {HTMLElement} item
   * @param {PointerEvent} event
   */
  function startDrag(item, event) {
    const pressed = event.target instanceof Element ? event.target : item;
    // A finger anywhere else scrolls the page.
    const isHandle = event.pointerType === "mouse" || pressed.closest(".grip");
    if (!isHandle || pressed.closest("button") || event.button !== 0) return;
    event.preventDefault();
    const before = items();
    item.setPointerCapture(event.pointerId);
    item.classList.add("is-dragged");
    /** @param {PointerEvent} moved */
    const onMove = (moved) => reorderAt(item, moved.clientY);
    const onEnd = () => {
      item.classList.remove("is-dragged");
      item.removeEventListener("pointermove", onMove);
      if (items().some((other, index) => other !== before[index])) commit();
    };
    item.addEventListener("pointermove", onMove);
    item.addEventListener("pointerup", onEnd, { once: true });
    item.addEventListener("pointercancel", onEnd, { once: true });
  }

  function commit() {
    const order = items().map((item) => item.dataset.place ?? "");
    selects.forEach((select, index) => {
      select.value = order[index] ?? "";
    });
    show();
    selects[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function show() {
    const isComplete = filled(given()) === selects.length;
    state.textContent = say(isComplete ? "orderGiven" : "orderOpen");
    keep.hidden = isComplete;
  }
}

/**
 * Move the others around a dragged item: one taken out of the page, if only to be put back, would
 * get no more events of the pointer.
 * @param {HTMLElement} item
 * @param {number} y where the pointer is in the window
 */
function reorderAt(item, y) {
  /** @param {Element} other */
  const isAbove = (other) => {
    const box = other.getBoundingClientRect();
    return y < box.top + box.height / 2;
  };
  while (item.previousElementSibling && isAbove(item.previousElementSibling)) item.after(item.previousElementSibling);
  while (item.nextElementSibling && !isAbove(item.nextElementSibling)) item.before(item.nextElementSibling);
}

/**
 * @param {string} text
 * @param {() => void} onClick
 * @param {string} [label]
 */
function makeButton(text, onClick, label = text) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: text, className: "button-quiet" });
  button.setAttribute("aria-label", label);
  button.addEventListener("click", onClick);
  return button;
}
