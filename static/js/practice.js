// The page that chooses a practice: proposed minutes follow the number of questions, and sections
// of the notes are found by typing. Without this the fields are plain ones.

const form = document.querySelector("[data-practice]");

keepPace(form.elements.items, form.elements.minutes, Number(form.dataset.minutesPerQuestion));
findIn(form.querySelector("[data-find-in]"));

function keepPace(items, minutes, perQuestion) {
  if (!perQuestion) return;
  const proposed = () => String(Math.max(Math.round(items.valueAsNumber * perQuestion), 1));
  let own = minutes.value !== "" && minutes.value !== proposed();
  minutes.addEventListener("input", () => { own = minutes.value !== ""; });
  items.addEventListener("input", () => {
    if (!own && items.checkValidity()) minutes.value = proposed();
  });
}

function findIn(box) {
  const select = document.getElementById(box.dataset.findIn);
  const all = [...select.options];
  const told = box.querySelector("[role='status']");
  const search = box.querySelector("input");
  box.hidden = false;
  // Of the search box itself nothing is sent, so nothing needs to be counted anew.
  search.addEventListener("change", (event) => event.stopPropagation());
  search.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    const kept = all.filter((option) => !option.value || option.selected
      || option.text.toLowerCase().includes(words));
    select.replaceChildren(...kept);
    const found = kept.filter((option) => option.text.toLowerCase().includes(words) && option.value);
    told.textContent = words ? `${found.length} found; choose below.` : "";
  });
}
