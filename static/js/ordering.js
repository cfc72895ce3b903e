// Turns the selects of an ordering question into a list that is sorted by buttons or by dragging.
// The selects stay what is saved; they are only put out of sight.

export function enhanceOrdering(fieldset) {
  const list = fieldset.querySelector(".items");
  const places = fieldset.querySelector("[data-places]");
  const selects = [...places.querySelectorAll("select")];
  const state = fieldset.querySelector("[data-ordering-state]");
  const items = () => [...list.children];
  const given = () => selects.map((select) => select.value).filter(Boolean);

  places.hidden = true;
  state.hidden = false;
  list.classList.add("is-sortable");
  list.setAttribute("aria-label", "Current order");
  sortBy(given());
  items().forEach(addControls);
  const keep = makeButton("Keep this order", () => {
    commit();
    // The button goes away, and the focus with it.
    list.querySelector("button").focus();
  });
  keep.className = "button";
  list.after(keep);
  show();

  function sortBy(order) {
    for (const place of order) list.append(list.querySelector(`[data-place="${place}"]`));
  }

  function addControls(item) {
    const name = item.querySelector(".letter").textContent;
    const up = makeButton("↑", () => move(item, -1), `Move ${name} up`);
    const down = makeButton("↓", () => move(item, 1), `Move ${name} down`);
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

  function move(item, step) {
    const order = items();
    const target = order[order.indexOf(item) + step];
    if (!target) return;
    if (step < 0) target.before(item);
    else target.after(item);
    commit();
    item.querySelectorAll("button")[step < 0 ? 0 : 1].focus();
  }

  function startDrag(item, event) {
    // A finger anywhere else scrolls the page.
    const isHandle = event.pointerType === "mouse" || event.target.closest(".grip");
    if (!isHandle || event.target.closest("button") || event.button !== 0) return;
    event.preventDefault();
    const before = items();
    item.setPointerCapture(event.pointerId);
    item.classList.add("is-dragged");
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

  // The others move around the item: one taken out of the page, if only to be put back, would
  // get no more events of the pointer.
  function reorderAt(item, y) {
    const isAbove = (other) => {
      const box = other.getBoundingClientRect();
      return y < box.top + box.height / 2;
    };
    while (item.previousElementSibling && isAbove(item.previousElementSibling)) item.after(item.previousElementSibling);
    while (item.nextElementSibling && !isAbove(item.nextElementSibling)) item.before(item.nextElementSibling);
  }

  function commit() {
    const order = items().map((item) => item.dataset.place);
    selects.forEach((select, index) => { select.value = order[index]; });
    show();
    selects[0].dispatchEvent(new Event("change", { bubbles: true }));
  }

  function show() {
    const complete = given().length === selects.length;
    state.textContent = complete
      ? "Your order is the answer. Move an item to change it."
      : "Not answered yet: drag the items or use the arrows, or keep this order.";
    keep.hidden = complete;
  }
}

function makeButton(text, onClick, label = text) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: text, className: "button-quiet" });
  button.setAttribute("aria-label", label);
  button.addEventListener("click", onClick);
  return button;
}
