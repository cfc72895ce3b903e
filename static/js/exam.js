// Binds the exam screen: navigation in place, saving, clock, ordering. Works on what the server
// rendered; without this file every form is a plain form.
import { startClock } from "./countdown.js";
import { enhanceOrdering } from "./ordering.js";
import { Outbox } from "./outbox.js";

const saveState = document.querySelector("[data-save-state]");
const outbox = new Outbox({ onState: showSaveState, onRefused: showRefusal, onClock: syncClock });
const clock = startClock(document.querySelector("[data-clock]"), {
  announcer: document.querySelector("[data-clock-announcer]"),
  onTimeUp: handInForTime,
});

const screenNow = () => document.getElementById("screen");
const questionForm = () => document.getElementById("question");

function syncClock(remainingMs) {
  clock.sync(remainingMs);
}

function showSaveState(state, detail) {
  const words = {
    idle: "",
    saving: "Saving…",
    saved: "Saved",
    retrying: "Not saved yet: kept on this device, trying again",
    offline: "Offline: kept on this device, saved when you are back",
    signedout: "Signed out: sign in again in another tab, then this is saved",
    refused: "Not saved",
  };
  saveState.dataset.state = state;
  saveState.textContent = detail ?? words[state];
}

// ---- Answers -----------------------------------------------------------------------------------

function answerOf(form) {
  return new FormData(form).getAll("answer");
}

function entryOf(form) {
  const screen = screenNow();
  return {
    attempt: screen.dataset.attempt,
    position: Number(form.dataset.question),
    epoch: Number(screen.dataset.epoch),
    rev: Number(form.dataset.rev) + 1,
    answer: answerOf(form),
    url: form.dataset.saveUrl,
  };
}

function saveAnswer(form) {
  const entry = entryOf(form);
  form.dataset.rev = String(entry.rev);
  form.elements.rev.value = String(entry.rev + 1);
  outbox.put(entry, form.elements.csrfmiddlewaretoken.value);
  showProgress(form);
}

function showProgress(form) {
  const given = answerOf(form).filter(Boolean).length;
  const wanted = Number(form.dataset.wanted);
  const count = form.querySelector("[data-count]");
  if (count) count.textContent = `${given} of ${wanted} chosen`;
  const clear = form.querySelector("[data-clear]");
  if (clear) clear.hidden = given === 0;
  markCell(form.dataset.question, given === 0 ? "unanswered" : given < wanted ? "incomplete" : "answered");
}

function markCell(position, state) {
  const cell = document.querySelector(`[data-cell="${position}"]`);
  if (!cell) return;
  cell.classList.remove("unanswered", "incomplete", "answered");
  cell.classList.add(state);
  labelCell(cell);
  const cells = [...document.querySelectorAll("[data-cell]")];
  const answered = cells.filter((other) => !other.classList.contains("unanswered")).length;
  document.querySelector("[data-progress]").textContent = `${answered} of ${cells.length} answered`;
}

function labelCell(cell) {
  const words = ["unanswered", "incomplete", "answered", "flagged"].filter((word) => cell.classList.contains(word));
  cell.querySelector(".visually-hidden").textContent = `, ${words.join(", ")}`;
}

function putAnswer(form, answer) {
  const fields = [...form.querySelectorAll("[name=answer]")];
  if (form.querySelector("select")) {
    fields.forEach((field, index) => { field.value = answer[index] ?? ""; });
  } else {
    fields.forEach((field) => { field.checked = answer.includes(field.value); });
  }
}

// ---- Refusals ----------------------------------------------------------------------------------

function showRefusal(entry, reply) {
  const screen = screenNow();
  if (["closed", "late"].includes(reply.outcome)) {
    location.assign(`/attempts/${entry.attempt}/`);
    return;
  }
  const notice = document.createElement("div");
  notice.className = "notice notice-error";
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = `Question ${entry.position}: ${reply.message}`;
  notice.append(text);
  if (reply.outcome === "stale") notice.append(staleChoices(entry, reply, notice));
  if (reply.outcome === "superseded") notice.append(takeOverForm(entry));
  screen.prepend(notice);
}

function staleChoices(entry, reply, notice) {
  const keep = makeButton("Save mine instead", () => {
    outbox.put({ ...entry, rev: reply.rev + 1 }, questionForm().elements.csrfmiddlewaretoken.value);
    const form = questionForm();
    if (Number(form.dataset.question) === entry.position) form.dataset.rev = String(reply.rev + 1);
    notice.remove();
  });
  const see = makeButton("Show the saved answer", () => location.reload());
  const choices = document.createElement("p");
  choices.className = "cluster";
  choices.append(keep, see);
  return choices;
}

function takeOverForm(entry) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = `/attempts/${entry.attempt}/take-over`;
  const fields = { csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value, position: entry.position };
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  form.append(makeButton("Continue in this window", () => form.submit()));
  return form;
}

function makeButton(label, onClick) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: label });
  button.addEventListener("click", onClick);
  return button;
}

// ---- Screens -----------------------------------------------------------------------------------

function enhanceScreen() {
  const screen = screenNow();
  if (!screen) return;
  clock.sync(Number(screen.dataset.remainingMs));
  const form = questionForm();
  if (!form) return;
  const pending = outbox.pendingFor(screen.dataset.attempt, Number(form.dataset.question));
  if (pending) {
    form.dataset.rev = String(Math.max(Number(form.dataset.rev), pending.rev));
    putAnswer(form, pending.answer);
  }
  const ordering = form.querySelector("[data-ordering]");
  if (ordering) enhanceOrdering(ordering);
  showProgress(form);
}

async function go(url) {
  await htmx.ajax("GET", url, { target: "#screen", swap: "outerHTML" });
}

document.addEventListener("change", (event) => {
  const form = questionForm();
  if (form?.contains(event.target) && event.target.name === "answer") saveAnswer(form);
});

document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-clear]");
  if (clear) {
    putAnswer(clear.form, []);
    saveAnswer(clear.form);
  }
  const link = event.target.closest("[data-go], .palette a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const url = link.dataset.go ?? new URL(link.getAttribute("href"), location.href).pathname;
  history.pushState({ exam: true }, "", url);
  go(url);
});

// Enter in a form field means "next", which is saved by the outbox, not by a form post.
document.addEventListener("submit", (event) => {
  if (event.target.id !== "question") return;
  event.preventDefault();
  event.target.querySelector("[data-go][value=next], [data-go][value=review]").click();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-hand-in]") || outbox.isEmpty) return;
  // Nothing is handed in while an answer is still on its way.
  event.preventDefault();
  showSaveState("saving");
  outbox.flush(10_000).then((empty) => {
    if (empty) event.target.submit();
    else showSaveState("retrying", "Not handed in: an answer is not saved yet. Check your network and try again.");
  });
});

window.addEventListener("popstate", () => go(location.pathname + location.search));

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "screen" || event.detail.elt?.id === "screen") {
    enhanceScreen();
    screenNow().querySelector("[data-heading]")?.focus();
    window.scrollTo(0, 0);
    const heading = screenNow().querySelector("[data-heading]")?.textContent.trim();
    if (heading) document.title = heading.replace(/\s+/g, " ");
  }
  if (event.target.id === "flag" || event.detail.elt?.id === "flag") showFlag();
});

function showFlag() {
  const flag = document.getElementById("flag");
  const button = flag.querySelector("button");
  const cell = document.querySelector(`[data-cell="${flag.dataset.flag}"]`);
  cell?.classList.toggle("flagged", button.getAttribute("aria-pressed") === "true");
  if (cell) labelCell(cell);
}

document.addEventListener("htmx:sendError", () => {
  showSaveState("offline", "Offline: this page could not be loaded. Your answers are kept on this device.");
});
document.addEventListener("htmx:responseError", (event) => {
  // 4xx and 5xx are not swapped in: load the address as a page, which says what is wrong.
  if (event.detail.target?.id === "screen") location.assign(event.detail.pathInfo.requestPath);
});

async function handInForTime() {
  await outbox.flush(1_500);
  document.querySelector("[data-auto-submit]").submit();
}

await outbox.open(document.querySelector("[name=csrfmiddlewaretoken]").value);
enhanceScreen();
