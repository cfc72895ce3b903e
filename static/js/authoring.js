// Rows of the authoring form without going to the server, a search among note sections, and a
// word before leaving unsaved text. Without this file every button posts the form instead.
import { around, find, findAll, seek } from "./dom.js";

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

const sheet = seek(HTMLFormElement, "[data-sheet]");
if (sheet) {
  for (const set of findAll(HTMLElement, "[data-rows]", sheet)) bindRows(sheet, set);
  bindFilter(sheet);
  keepMatchesNamed(sheet);
  guardUnsaved(sheet);
  document.getElementById("errors-title")?.focus();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} text
 */
function say(form, text) {
  find(HTMLElement, "[data-state]", form).textContent = text;
}

// ---- Rows --------------------------------------------------------------------------------------

/** @param {HTMLElement} row */
const idField = (row) => seek(HTMLInputElement, "input[name$='-id']", row);

/** @param {HTMLElement} row */
const nameOf = (row) => find(HTMLElement, "legend", row).textContent?.trim() ?? "";

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} set
 */
function bindRows(form, set) {
  const name = set.dataset.rows ?? "";
  const list = find(HTMLElement, ".rows", set);
  const total = find(HTMLInputElement, `[name=${name}-TOTAL_FORMS]`, set);
  const most = Number(find(HTMLInputElement, `[name=${name}-MAX_NUM_FORMS]`, set).value);
  const rows = () => findAll(HTMLElement, ":scope > *", list);

  set.addEventListener("click", (event) => {
    const button = around(event, "button[name=row]");
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const row = button.closest("[data-row]");
    press(button.value.split(":").at(-1), row instanceof HTMLElement ? row : null);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });

  /**
   * @param {string | undefined} step
   * @param {HTMLElement | null} row
   */
  function press(step, row) {
    if (step === "add") add();
    else if (row && step === "up") move(row, -1);
    else if (row && step === "down") move(row, 1);
    else if (row && step === "remove") remove(row);
  }

  function add() {
    if (Number(total.value) >= most) {
      say(form, `No more than ${most} rows.`);
      return;
    }
    const { content } = find(HTMLTemplateElement, "template", set);
    const row = find(HTMLElement, "*", document.importNode(content, true));
    const id = idField(row);
    if (id) id.value = freeLetter();
    list.append(row);
    renumber();
    find(HTMLTextAreaElement, "textarea", row).focus();
    say(form, `Added: ${nameOf(row)}.`);
  }

  /**
   * @param {HTMLElement} row
   * @param {-1 | 1} step
   */
  function move(row, step) {
    const target = rows()[rows().indexOf(row) + step];
    if (!target) {
      say(form, `${nameOf(row)} is ${step < 0 ? "first" : "last"} already.`);
      return;
    }
    if (step < 0) target.before(row);
    else target.after(row);
    renumber();
    find(HTMLButtonElement, `button[value$=":${step < 0 ? "up" : "down"}"]`, row).focus();
    say(form, `${nameOf(row)} is at place ${rows().indexOf(row) + 1} of ${rows().length}.`);
  }

  /** @param {HTMLElement} row */
  function remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const gone = nameOf(row);
    row.remove();
    renumber();
    const text = next && seek(HTMLTextAreaElement, "textarea", next);
    (text ?? find(HTMLButtonElement, ":scope > button", set)).focus();
    say(form, `Removed: ${gone}.`);
  }

  function freeLetter() {
    const used = rows().map((row) => idField(row)?.value);
    return LETTERS.find((letter) => !used.includes(letter)) ?? "";
  }

  // The server reads rows by their numbers.
  function renumber() {
    const place = new RegExp(`\\b${name}([-:])(\\d+|__prefix__)(?=[-:])`);
    rows().forEach((row, index) => {
      for (const element of findAll(HTMLElement, "[name], [id], [for]", row)) {
        const parts = ["name", "id", "for", "aria-describedby"];
        if (element.getAttribute("name") === "row") parts.push("value");
        for (const part of parts) {
          const written = element.getAttribute(part);
          if (written !== null) element.setAttribute(part, written.replace(place, `${name}$1${index}`));
        }
      }
      const label = idField(row)?.value ?? String(index + 1);
      for (const span of findAll(HTMLElement, "[data-name]", row)) span.textContent = label;
    });
    total.value = String(rows().length);
  }
}

// ---- Matching: the options that prompts may choose ---------------------------------------------

/** @param {HTMLFormElement} form */
function keepMatchesNamed(form) {
  const options = find(HTMLElement, "[data-rows=options]", form);
  form.addEventListener("input", () => {
    const choices = findAll(HTMLElement, "[data-row]", options).map(choiceOf);
    for (const select of findAll(HTMLSelectElement, "select[name$='-match']", form)) fill(select, choices);
  });
}

/** @param {HTMLElement} row */
function choiceOf(row) {
  const id = idField(row)?.value ?? "";
  const text = find(HTMLTextAreaElement, "textarea[name$='-text']", row).value.trim().replace(/\s+/g, " ");
  return new Option(`${id}: ${text.slice(0, 60)}`, id);
}

/**
 * @param {HTMLSelectElement} select
 * @param {HTMLOptionElement[]} choices
 */
function fill(select, choices) {
  const chosen = select.value;
  const none = select.options[0];
  select.replaceChildren(...(none ? [none] : []), ...choices.map((choice) => choice.cloneNode(true)));
  select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

// ---- Note sections -----------------------------------------------------------------------------

/** @param {HTMLFormElement} form */
function bindFilter(form) {
  const box = find(HTMLElement, "[data-filter]", form);
  const field = find(HTMLInputElement, "input", box);
  const labels = findAll(HTMLLabelElement, ".sections .choice", box.parentElement ?? form);
  box.hidden = false;
  field.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const label of labels) {
      const text = label.textContent?.toLowerCase() ?? "";
      const isChosen = find(HTMLInputElement, "input", label).checked;
      label.hidden = !isChosen && !words.every((word) => text.includes(word));
    }
    say(form, `${labels.filter((label) => !label.hidden).length} sections shown.`);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// ---- Unsaved text ------------------------------------------------------------------------------

/** @param {HTMLFormElement} form */
function guardUnsaved(form) {
  let isUnsaved = "unsaved" in form.dataset;
  form.addEventListener("input", () => {
    isUnsaved = true;
  });
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement && button.formTarget === "_blank")) isUnsaved = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault();
  });
}
