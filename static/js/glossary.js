// What short names stand for: first those that the question uses, then all; found by typing.
import { find, findAll, seek } from "./dom.js";
import { say, sayCounted } from "./words.js";

const help = seek(HTMLDialogElement, "[data-help]");
if (help) bindGlossary(help);

/** @param {HTMLDialogElement} dialog */
function bindGlossary(dialog) {
  const filter = find(HTMLInputElement, "[data-help-filter]", dialog);
  const rows = findAll(HTMLTableRowElement, "tbody tr", dialog);

  dialog.addEventListener("exam:open", () => {
    filter.value = "";
    const asked = document.getElementById("question")?.textContent ?? "";
    const used = rows.filter((row) => isWordOf(nameIn(row), asked));
    for (const row of rows) row.classList.toggle("is-used", used.includes(row));
    find(HTMLElement, "tbody", dialog).append(...used, ...rows.filter((row) => !used.includes(row)));
    const names = used.map(nameIn).join(", ");
    show(names && say("usedNames", { names }));
  });
  filter.addEventListener("input", () => show());

  /** @param {string} [note] in place of how many were found */
  function show(note) {
    const words = filter.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent?.toLowerCase().includes(words);
    const found = rows.filter((row) => !row.hidden).length;
    find(HTMLElement, "[data-help-count]", dialog).textContent = note ?? sayCounted("found", found);
  }
}

/** @param {HTMLElement} row */
const nameIn = (row) => row.dataset.short ?? "";

/**
 * @param {string} word
 * @param {string} text
 */
function isWordOf(word, text) {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(^|[^\\w-])${escaped}($|[^\\w-])`).test(text);
}
