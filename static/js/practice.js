// The page that chooses a practice: proposed minutes follow the number of questions, and sections
// of the notes are found by typing. Without this the fields are plain ones.
import { find } from "./dom.js";
import { minutesFor } from "./pace.js";

const form = find(HTMLFormElement, "[data-practice]");
keepPace(form);
findIn(find(HTMLElement, "[data-find-in]", form));

/** @param {HTMLFormElement} form */
function keepPace(form) {
  const exam = { items: Number(form.dataset.examItems), minutes: Number(form.dataset.examMinutes) };
  // In study nothing is proposed.
  if (!exam.items) return;
  const items = find(HTMLInputElement, "[name=items]", form);
  const minutes = find(HTMLInputElement, "[name=minutes]", form);
  const most = minutes.max === "" ? Number.POSITIVE_INFINITY : Number(minutes.max);
  const proposed = () => String(minutesFor(items.valueAsNumber, exam, most));
  let isOwn = minutes.value !== "" && minutes.value !== proposed();
  minutes.addEventListener("input", () => {
    isOwn = minutes.value !== "";
  });
  items.addEventListener("input", () => {
    if (!isOwn && items.checkValidity()) minutes.value = proposed();
  });
}

/** @param {HTMLElement} box */
function findIn(box) {
  const select = find(HTMLSelectElement, `#${box.dataset.findIn}`);
  const all = [...select.options];
  const told = find(HTMLElement, "[role='status']", box);
  const search = find(HTMLInputElement, "input", box);
  box.hidden = false;
  // Of the search box itself nothing is sent, so nothing needs to be counted anew.
  search.addEventListener("change", (event) => event.stopPropagation());
  search.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    /** @param {HTMLOptionElement} option */
    const matches = (option) => option.text.toLowerCase().includes(words);
    const kept = all.filter((option) => !option.value || option.selected || matches(option));
    select.replaceChildren(...kept);
    const found = kept.filter((option) => option.value && matches(option));
    told.textContent = words ? `${found.length} found; choose below.` : "";
  });
}
