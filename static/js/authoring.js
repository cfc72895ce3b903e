// Rows of the authoring form without going to the server, a search among note sections, and a
// word before leaving unsaved text. Without this file every button posts the form instead.

const form = document.querySelector("[data-sheet]");
if (form) {
  form.querySelectorAll("[data-rows]").forEach(bindRows);
  bindFilter(form.querySelector("[data-filter]"));
  keepMatchesNamed();
  guardUnsaved();
  document.getElementById("errors-title")?.focus();
}

function say(text) {
  form.querySelector("[data-state]").textContent = text;
}

// ---- Rows --------------------------------------------------------------------------------------

function bindRows(set) {
  const name = set.dataset.rows;
  const list = set.querySelector(".rows");
  const rows = () => [...list.children];

  set.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=row]");
    if (!button) return;
    event.preventDefault();
    const step = button.value.split(":").at(-1);
    const row = button.closest("[data-row]");
    ({ add, up: () => move(row, -1), down: () => move(row, 1), remove: () => remove(row) })[step]();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });

  function add() {
    const total = set.querySelector(`[name=${name}-TOTAL_FORMS]`);
    const most = Number(set.querySelector(`[name=${name}-MAX_NUM_FORMS]`).value);
    if (Number(total.value) >= most) return say(`No more than ${most} rows.`);
    const row = set.querySelector("template").content.cloneNode(true).firstElementChild;
    const id = row.querySelector("input[name$='-id']");
    if (id) id.value = freeLetter();
    list.append(row);
    renumber();
    row.querySelector("textarea").focus();
    say(`Added: ${nameOf(row)}.`);
  }

  function move(row, step) {
    const target = rows()[rows().indexOf(row) + step];
    if (!target) return say(`${nameOf(row)} is ${step < 0 ? "first" : "last"} already.`);
    if (step < 0) target.before(row);
    else target.after(row);
    renumber();
    row.querySelector(`button[value$=":${step < 0 ? "up" : "down"}"]`).focus();
    say(`${nameOf(row)} is at place ${rows().indexOf(row) + 1} of ${rows().length}.`);
  }

  function remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const gone = nameOf(row);
    row.remove();
    renumber();
    (next?.querySelector("textarea") ?? set.querySelector(":scope > button")).focus();
    say(`Removed: ${gone}.`);
  }

  function nameOf(row) {
    return row.querySelector("legend").textContent.trim();
  }

  function freeLetter() {
    const used = rows().map((row) => row.querySelector("input[name$='-id']").value);
    return [..."abcdefghijklmnopqrstuvwxyz"].find((letter) => !used.includes(letter));
  }

  // The server reads rows by their numbers.
  function renumber() {
    const place = new RegExp(`\\b${name}([-:])(\\d+|__prefix__)(?=[-:])`);
    rows().forEach((row, index) => {
      for (const element of row.querySelectorAll("[name], [id], [for]")) {
        const parts = ["name", "id", "for", "aria-describedby"];
        if (element.name === "row") parts.push("value");
        for (const part of parts.filter((each) => element.hasAttribute(each))) {
          element.setAttribute(part, element.getAttribute(part).replace(place, `${name}$1${index}`));
        }
      }
      const label = row.querySelector("input[name$='-id']")?.value ?? index + 1;
      row.querySelectorAll("[data-name]").forEach((span) => { span.textContent = label; });
    });
    set.querySelector(`[name=${name}-TOTAL_FORMS]`).value = rows().length;
  }
}

// ---- Matching: the options that prompts may choose ---------------------------------------------

function keepMatchesNamed() {
  const options = form.querySelector("[data-rows=options]");
  const refresh = () => {
    const choices = [...options.querySelectorAll("[data-row]")].map((row) => {
      const id = row.querySelector("input[name$='-id']").value;
      const text = row.querySelector("textarea[name$='-text']").value.trim().replace(/\s+/g, " ");
      return new Option(`${id}: ${text.slice(0, 60)}`, id);
    });
    form.querySelectorAll("select[name$='-match']").forEach((select) => fill(select, choices));
  };
  form.addEventListener("input", refresh);
}

function fill(select, choices) {
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...choices.map((choice) => choice.cloneNode(true)));
  select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

// ---- Note sections -----------------------------------------------------------------------------

function bindFilter(box) {
  const field = box.querySelector("input");
  const labels = [...box.parentElement.querySelectorAll(".sections .choice")];
  box.hidden = false;
  field.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    labels.forEach((label) => {
      const text = label.textContent.toLowerCase();
      const isChosen = label.querySelector("input").checked;
      label.hidden = !isChosen && !words.every((word) => text.includes(word));
    });
    say(`${labels.filter((label) => !label.hidden).length} sections shown.`);
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}

// ---- Unsaved text ------------------------------------------------------------------------------

function guardUnsaved() {
  let isUnsaved = "unsaved" in form.dataset;
  form.addEventListener("input", () => { isUnsaved = true; });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget !== "_blank") isUnsaved = false;
  });
  window.addEventListener("beforeunload", (event) => { if (isUnsaved) event.preventDefault(); });
}
