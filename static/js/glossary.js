// What short names stand for: first those that the question uses, then all; found by typing.

const dialog = document.querySelector("[data-help]");
const filter = dialog?.querySelector("[data-help-filter]");
const rows = dialog ? [...dialog.querySelectorAll("tbody tr")] : [];

dialog?.addEventListener("exam:open", () => {
  filter.value = "";
  const asked = document.getElementById("question")?.textContent ?? "";
  const used = rows.filter((row) => isWordOf(row.dataset.short, asked));
  for (const row of rows) row.classList.toggle("is-used", used.includes(row));
  const body = dialog.querySelector("tbody");
  body.append(...used, ...rows.filter((row) => !used.includes(row)));
  show(used.length ? `In this question: ${used.map((row) => row.dataset.short).join(", ")}.` : "");
});

filter?.addEventListener("input", () => show());

function show(note) {
  const words = filter.value.trim().toLowerCase();
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(words);
  const found = rows.filter((row) => !row.hidden).length;
  dialog.querySelector("[data-help-count]").textContent = note ?? `${found} found.`;
}

function isWordOf(word, text) {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(^|[^\\w-])${escaped}($|[^\\w-])`).test(text);
}
