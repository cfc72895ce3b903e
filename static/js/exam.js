// Binds the exam screen: navigation in place, saving, clock, ordering. Works on what the server
// rendered; without this file every form is a plain form.
import { startClock } from "./countdown.js";
import { KeptQuestions } from "./kept.js";
import { bindKeys } from "./keys.js";
import { bindMarks, isFlaggedIn, marksOfScreen, saveNote, showMarks } from "./marks.js";
import { enhanceOrdering } from "./ordering.js";
import { MARKS, Outbox } from "./outbox.js";
import { askToSignIn } from "./signin.js";
import { claimTab, takeFromOtherTab } from "./tabs.js";
import { csrfToken } from "./token.js";

const saveState = document.querySelector("[data-save-state]");
const outbox = new Outbox({
  onState: showSaveState,
  onSaved: removeRefusal,
  onRefused: showRefusal,
  onClock: syncClock,
  token: csrfToken,
});
const kept = new KeptQuestions(document.querySelector("[data-questions]").dataset.questions);
const clockElement = document.querySelector("[data-clock]");
// Untimed study has no clock.
const clock = clockElement
  ? startClock(clockElement, {
      announcer: document.querySelector("[data-clock-announcer]"),
      onTimeUp: handInForTime,
      onEpoch: showWhetherElsewhere,
    })
  : { sync() {}, resync: async () => true, spoken: () => "This is untimed" };

const screenNow = () => document.getElementById("screen");
// Taking over loads the page anew. A screen fetched later may carry another window's number.
const ownEpoch = Number(screenNow().dataset.epoch);
const questionForm = () => document.getElementById("question");
// What is kept in this window is better than a longer wait; where nothing is, waiting may help.
const PATIENCE_MS = { kept: 2_500, unknown: 20_000 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const addressNow = () => location.pathname + location.search;

// This page itself leads elsewhere: nobody is asked whether to leave it.
let isLeaving = false;
// When the server answered the request for the screen that comes next.
let answeredAt = 0;
let requestedAt = 0;
let shownAddress = addressNow();

// Another window took the attempt over: here nothing can be changed any more.
let isReadOnly = false;

function syncClock(remainingMs, doubtMs) {
  clock.sync(remainingMs, doubtMs);
}

function showSaveState(state, detail) {
  const words = {
    saving: "Saving…",
    saved: "Saved",
    retrying: "Not saved yet: kept on this device, trying again",
    offline: "Offline: kept on this device, saved when you are back",
    signedout: "Signed out: kept on this device, saved when you have signed in again",
    missing: "Not saved: the account signed in now does not have this exam. Kept on this device",
    refused: "Not saved",
  };
  saveState.dataset.state = state;
  saveState.textContent = detail ?? words[state];
  if (state === "signedout") saveState.append(" ", makeButton("Sign in", signInHere));
}

async function signInHere() {
  if (!(await askToSignIn(csrfToken))) return;
  renewTokens();
  await outbox.flush(5_000);
}

function renewTokens() {
  const token = csrfToken();
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
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
    epoch: ownEpoch,
    rev: Number(form.dataset.rev) + 1,
    answer: answerOf(form),
    state: stateOf(form),
    url: form.dataset.saveUrl,
  };
}

function stateOf(form) {
  const given = answerOf(form).filter(Boolean).length;
  if (given === 0) return "unanswered";
  if (given > Number(form.dataset.wanted)) return "excess";
  return given === Number(form.dataset.wanted) ? "answered" : "incomplete";
}

function saveAnswer(form) {
  const entry = entryOf(form);
  showProgress(form);
  setRev(form, entry.rev);
  outbox.put(entry);
}

function setRev(form, rev) {
  form.dataset.rev = String(rev);
  form.elements.rev.value = String(rev + 1);
}

function showProgress(form) {
  const given = answerOf(form).filter(Boolean).length;
  const wanted = Number(form.dataset.wanted);
  const count = form.querySelector("[data-count]");
  const surplus = given - wanted;
  if (count) count.textContent = `${given} of ${wanted} chosen${surplus > 0 ? `: take ${surplus} off` : ""}`;
  count?.classList.toggle("is-excess", surplus > 0);
  const clear = form.querySelector("[data-clear]");
  if (clear) clear.hidden = given === 0;
  markCell(form.dataset.question, stateOf(form));
}

function markCell(position, state) {
  const cell = document.querySelector(`[data-cell="${position}"]`);
  if (!cell) return;
  cell.classList.remove("unanswered", "incomplete", "answered", "excess");
  cell.classList.add(state);
  labelCell(cell);
  const cells = [...document.querySelectorAll("[data-cell]")];
  const answered = cells.filter((other) => !other.classList.contains("unanswered")).length;
  document.querySelector("[data-progress]").textContent = `${answered} of ${cells.length} answered`;
}

function markCellBeside(position, marks) {
  const cell = document.querySelector(`[data-cell="${position}"]`);
  if (!cell) return;
  for (const [name, isOn] of Object.entries(marks)) cell.classList.toggle(name, isOn);
  labelCell(cell);
}

function labelCell(cell) {
  const names = { excess: "too many chosen", noted: "with a note" };
  const words = ["unanswered", "incomplete", "excess", "answered", "right", "wrong", "flagged", "noted"]
    .filter((word) => cell.classList.contains(word))
    .map((word) => names[word] ?? word);
  cell.querySelector(".visually-hidden").textContent = `, ${words.join(", ")}`;
}

/** Whether the form says something else than the server sent. */
function isTouched(form) {
  return [...form.querySelectorAll("[name=answer]")].some((field) => {
    if (field.type !== "select-one") return field.checked !== field.defaultChecked;
    const sent = [...field.options].find((one) => one.defaultSelected) ?? field.options[0];
    return field.value !== sent.value;
  });
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
  if (["closed", "late"].includes(reply.outcome)) {
    leaveFor(`/attempts/${entry.attempt}/`);
    return;
  }
  const isElsewhere = reply.outcome === "superseded" && ownEpoch < reply.epoch;
  if (isElsewhere) {
    makeReadOnly();
    document.getElementById("elsewhere")?.remove();
  }
  const notice = showNotice(refusalId(entry), `Question ${entry.position}: ${refusalText(reply, isElsewhere)}`);
  notice.append(isElsewhere ? takeOverForm(entry) : choicesFor(entry, reply));
}

function removeRefusal(entry) {
  document.getElementById(refusalId(entry))?.remove();
}

const refusalId = (entry) => `refused-${entry.position}`;

function refusalText(reply, isElsewhere) {
  if (reply.outcome !== "superseded" || isElsewhere) return reply.message;
  return "Your answer was not saved, because the exam was open in another window.";
}

/** Put a notice at the top of the screen, in the place of an earlier one about the same. */
function showNotice(id, message) {
  document.getElementById(id)?.remove();
  const notice = document.createElement("div");
  Object.assign(notice, { id, className: "notice notice-error" });
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = message;
  notice.append(text);
  screenNow().prepend(notice);
  return notice;
}

function choicesFor({ position }, reply) {
  const choices = document.createElement("p");
  choices.className = "cluster";
  if (!["malformed", "revealed"].includes(reply.outcome)) choices.append(makeButton("Save mine instead", () => saveRefused(position)));
  choices.append(makeButton("Show the saved answer", () => discardRefused(position)));
  return choices;
}

/** What is refused now: the answer may have been changed since the notice was shown. */
function refusedAt(position) {
  return outbox.refused.find((entry) => entry.position === position);
}

function saveRefused(position) {
  const entry = refusedAt(position);
  const rev = Math.max(entry.rev, entry.refused.rev) + 1;
  outbox.resend(entry, { epoch: ownEpoch, rev });
  const form = questionForm();
  if (Number(form?.dataset.question) === position) setRev(form, rev);
  removeRefusal(entry);
  document.getElementById("not-handed-in")?.remove();
  screenNow().querySelector("[data-heading]").focus();
}

async function discardRefused(position) {
  const entry = refusedAt(position);
  await outbox.discard(entry);
  leaveFor(`/attempts/${entry.attempt}/q/${position}/`);
}

function takeOverForm(entry) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = `/attempts/${entry.attempt}/take-over`;
  const fields = { csrfmiddlewaretoken: csrfToken(), position: entry.position };
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  form.append(makeButton("Continue in this window", async () => {
    await takeFromOtherTab(entry.attempt);
    leaveBy(form);
  }));
  return form;
}

function makeButton(label, onClick) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: label });
  button.addEventListener("click", onClick);
  return button;
}

// ---- Leaving -----------------------------------------------------------------------------------

window.addEventListener("beforeunload", (event) => {
  if (!isLeaving && !outbox.isEmpty) event.preventDefault();
});

function leaveFor(address) {
  isLeaving = true;
  location.assign(address);
}

function leaveBy(form) {
  isLeaving = true;
  form.submit();
}

// ---- Screens -----------------------------------------------------------------------------------

/** Bind the screen that the server sent `age` milliseconds ago. */
function enhanceScreen(age = 0) {
  const { remainingMs } = screenNow().dataset;
  if (remainingMs) clock.sync(Number(remainingMs) - age, age);
  bindScreen();
  showWhetherElsewhere(Number(screenNow().dataset.epoch));
}

function bindScreen() {
  for (const pending of outbox.pending) {
    if (pending.channel === MARKS) markCellBeside(pending.position, { flagged: isFlaggedIn(pending) });
    else markCell(pending.position, pending.state);
  }
  for (const entry of outbox.refused) showRefusal(entry, entry.refused);
  const form = questionForm();
  if (form) enhanceQuestion(form);
  if (isReadOnly) makeReadOnly();
}

function makeReadOnly() {
  isReadOnly = true;
  const parts = "#question fieldset, #question .marks, #question .clear, [data-flag], [data-hand-in], [data-check]";
  for (const part of document.querySelectorAll(parts)) part.inert = true;
}

/** Told with the clock, so that a window that rests learns of a take-over too. */
function showWhetherElsewhere(epoch) {
  if (!epoch || epoch <= ownEpoch || isReadOnly) return;
  showElsewhere("This exam was continued in another window or on another device. Nothing can be changed here.");
}

function showElsewhere(message) {
  makeReadOnly();
  if (screenNow().querySelector("form[action$=take-over]")) return;
  const position = questionForm()?.dataset.question ?? "";
  const notice = showNotice("elsewhere", message);
  notice.append(takeOverForm({ attempt: screenNow().dataset.attempt, position }));
}

function enhanceQuestion(form) {
  const waiting = [...outbox.pending, ...outbox.refused].filter((entry) => entry.channel !== MARKS);
  const own = waiting.find((entry) => entry.position === Number(form.dataset.question));
  if (own && !("revealed" in form.dataset)) {
    setRev(form, Math.max(Number(form.dataset.rev), own.rev));
    putAnswer(form, own.answer);
  } else if (!("bound" in form.dataset) && isTouched(form)) {
    // Given before this script was there, on a slow network.
    saveAnswer(form);
  }
  const ordering = form.querySelector("[data-ordering]");
  if (ordering && !("bound" in form.dataset)) enhanceOrdering(ordering);
  form.dataset.bound = "";
  if (!("revealed" in form.dataset)) showProgress(form);
  showMarks(form, outbox.marksOf(screenNow().dataset.attempt, Number(form.dataset.question)));
}

// While an answer is being checked: what comes next waits for it.
let checking = null;

async function go(url) {
  saveNote();
  await checking;
  // The next screen shows which questions are answered: let an answer on its way arrive first.
  await outbox.flush(300);
  // Only the last of several moves counts, and none waits for one that gets no answer.
  htmx.trigger(document.body, "htmx:abort");
  kept.keep(screenNow());
  await loadScreen("GET", url);
}

async function loadScreen(method, url, values) {
  try {
    await htmx.ajax(method, url, { target: "#screen", swap: "outerHTML", values });
  } catch {
    // What went wrong is told by htmx's events, below.
  }
}

/** Have the answer marked that is shown, once it is saved. */
async function check(url) {
  saveNote();
  if (!(await outbox.flush(5_000)) || outbox.refused.length) {
    showNotice("not-checked", "Not checked: the answer is not saved yet. Check your network and try again.");
    return;
  }
  checking = loadScreen("POST", url, { csrfmiddlewaretoken: csrfToken() });
  await checking;
}

document.addEventListener("change", (event) => {
  const form = questionForm();
  if (form?.contains(event.target) && event.target.name === "answer") saveAnswer(form);
});

document.addEventListener("click", (event) => {
  const checking = event.target.closest("[data-check]");
  if (checking) {
    event.preventDefault();
    check(checking.dataset.check);
    return;
  }
  const clear = event.target.closest("[data-clear]");
  if (clear) {
    putAnswer(clear.form, []);
    saveAnswer(clear.form);
    // The button goes away, and the focus with it.
    clear.form.querySelector("[name=answer]").focus();
  }
  const link = event.target.closest("[data-go], .palette a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  // A move that failed has changed the address: links of the palette would start from the wrong one.
  const url = link.dataset.go ?? `/attempts/${screenNow().dataset.attempt}/q/${link.dataset.cell}/`;
  history.pushState({ exam: true }, "", url);
  shownAddress = addressNow();
  go(url);
});

document.addEventListener("submit", renewTokens, { capture: true });

// Enter in a form field means "next", which is saved by the outbox, not by a form post.
document.addEventListener("submit", (event) => {
  if (event.target.id !== "question") return;
  event.preventDefault();
  event.target.querySelector("[data-check], [data-go][value=next], [data-go][value=review]").click();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-hand-in]") || (outbox.isEmpty && !outbox.refused.length)) return;
  event.preventDefault();
  handInWhenSettled(event.target);
});

/** Nothing is handed in while an answer is on its way, or refused and not decided about. */
async function handInWhenSettled(form) {
  if (!outbox.isEmpty) showSaveState("saving");
  if (!(await outbox.flush(10_000))) {
    showNotice("not-handed-in", "Not handed in: an answer is not saved yet. Check your network and try again.");
  } else if (outbox.refused.length) {
    const positions = outbox.refused.map((entry) => entry.position).join(", ");
    showNotice("not-handed-in", `Not handed in: decide below which answer counts (question ${positions}).`);
  } else {
    leaveBy(form);
  }
}

window.addEventListener("popstate", () => {
  // The skip link changes the fragment alone.
  if (addressNow() === shownAddress) return;
  shownAddress = addressNow();
  go(shownAddress);
});

/** Show a question that is kept in this window; whether it is. */
function showKept(address) {
  // Answered since, it is newer than what is kept.
  kept.keep(screenNow());
  const screen = kept.screenOf(address, screenNow());
  if (!screen) return false;
  screenNow().replaceWith(screen);
  for (const notice of screen.querySelectorAll(":scope > .notice:not(#elsewhere)")) notice.remove();
  for (const cell of screen.querySelectorAll("[data-cell]")) {
    if (cell.dataset.cell === questionForm().dataset.question) cell.setAttribute("aria-current", "page");
    else cell.removeAttribute("aria-current");
  }
  bindScreen();
  arrive();
  return true;
}

function arrive() {
  const heading = screenNow().querySelector("[data-heading]");
  window.scrollTo(0, 0);
  if (!heading) return;
  heading.focus();
  document.title = heading.textContent.trim().replace(/\s+/g, " ");
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "screen" && event.detail.elt?.id !== "screen") return;
  enhanceScreen(performance.now() - answeredAt);
  arrive();
  showBackOnline();
});

document.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.target.id !== "screen") return;
  requestedAt = performance.now();
  const { xhr, pathInfo } = event.detail;
  xhr.timeout = PATIENCE_MS[kept.has(pathInfo.requestPath) ? "kept" : "unknown"];
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Redirect")) isLeaving = true;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse, isError } = event.detail;
  // The server looked at its clock about halfway between request and response.
  if (target.id === "screen") answeredAt = (requestedAt + performance.now()) / 2;
  // Not what was asked for: the time is over, or the sign-in page. Load it as a page.
  if (isError || serverResponse.includes(`id="${target.id}"`)) return;
  event.detail.shouldSwap = false;
  isLeaving = true;
  location.reload();
});

document.addEventListener("htmx:sendError", (event) => goOnWithout(event.detail.pathInfo.requestPath));
document.addEventListener("htmx:timeout", (event) => goOnWithout(event.detail.pathInfo.requestPath));

function goOnWithout(address) {
  const why = navigator.onLine ? "No answer from the server" : "Offline";
  if (!showKept(address)) {
    showSaveState("offline", `${why}: this page could not be loaded. Your answers are kept on this device.`);
  } else if (outbox.isEmpty) {
    showSaveState("offline", `${why}: go on, your answers are kept on this device`);
  }
}

window.addEventListener("online", showBackOnline);

function showBackOnline() {
  if (outbox.isEmpty && saveState.dataset.state === "offline") showSaveState("online", "");
}

document.addEventListener("htmx:responseError", (event) => {
  const { target, xhr, pathInfo } = event.detail;
  if (target?.id !== "screen") return;
  // The server is away for a moment: this page, and what it keeps, stays.
  if (xhr.status >= 500) goOnWithout(pathInfo.requestPath);
  // These are not swapped in: load the address as a page, which says what is wrong.
  else leaveFor(pathInfo.requestPath.replace(/reveal$/, ""));
});

async function handInForTime() {
  await outbox.flush(1_500);
  // Leaving while the server is out of reach would end on the browser's own error page.
  while (!(await clock.resync())) {
    showSaveState("offline", "Time is over. Offline: the result is shown when you are back");
    await pause(2_000);
    await outbox.flush(1_500);
  }
  renewTokens();
  leaveBy(document.querySelector("[data-auto-submit]"));
}

/** How long ago the server began to answer, by this page's own clock. */
function pageAge() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation ? performance.now() - navigation.responseStart : 0;
}

await outbox.open(screenNow().dataset.attempt);
bindMarks({
  save: (fields, form) => outbox.put({
    channel: MARKS,
    attempt: screenNow().dataset.attempt,
    position: Number(form.dataset.question),
    epoch: ownEpoch,
    ...marksOfScreen(form),
    fields,
  }),
  onMarked: markCellBeside,
});
bindKeys({ timeLeft: () => clock.spoken() });
enhanceScreen(pageAge());
claimTab(screenNow().dataset.attempt, {
  onTaken: () => showElsewhere("This exam was continued in another tab. Nothing can be changed here."),
  onBusy: () => showElsewhere("This exam is open in another tab of this browser, where it can be answered. Here it can only be read."),
});
