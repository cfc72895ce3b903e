// Binds the exam page: makes its parts and tells each what it needs of the others. Works on what
// the server rendered; without this file every form is a plain form.
import { bindAnnotations, cellOf, saveNote, showAnnotationsOf } from "./annotations.js";
import { bindAnswers } from "./answers.js";
import { startClock } from "./countdown.js";
import { isClosed } from "./delivery.js";
import { find, seek } from "./dom.js";
import { watchOtherWindows } from "./elsewhere.js";
import { isAnswer } from "./entries.js";
import { bindExit } from "./exit.js";
import { bindHandIn } from "./handin.js";
import { KeptQuestions } from "./kept.js";
import { bindKeys } from "./keys.js";
import { guardLeaving } from "./leaving.js";
import { bindNavigation } from "./navigation.js";
import { Outbox } from "./outbox.js";
import { openPosition, positionOf, questionForm, readExam, screenNow } from "./page.js";
import { showAnnotations, showState } from "./palette.js";
import { makeRefusals } from "./refusals.js";
import { makeSaveState } from "./save_state.js";
import { tellWhereLeft } from "./seen.js";
import { askToSignIn } from "./signin.js";
import { csrfToken, renewTokens } from "./token.js";
import { watchAttempt } from "./watch.js";
import { say } from "./words.js";

const SIGNED_IN_FLUSH_MS = 5_000;
// Untimed study has no clock.
const NO_CLOCK = { sync() {}, spoken: () => say("noLimit") };

async function bindExam() {
  const exam = readExam();
  // Taking over loads the page anew. A screen fetched later may carry another window's number.
  const ownEpoch = Number(screenNow().dataset.epoch);
  const saveState = makeSaveState({ onSignIn: signInHere });
  const outbox = new Outbox({
    onState: saveState.show,
    onSaved: (entry) => refusals.remove(entry),
    onRefused: (entry, reply) => refusals.show(entry, reply),
    onUnkept: ({ message }) => saveState.show("refused", say("unkept", { reason: message })),
    onClock: (remainingMs, doubtMs) => clock.sync(remainingMs, doubtMs),
    token: csrfToken,
    open: openPosition,
    isClosed: (attempt) => isClosed(exam.clockUrl(attempt)),
  });
  const leaving = guardLeaving(() => !outbox.isEmpty);
  const otherWindows = watchOtherWindows({ exam, ownEpoch, leaving });
  const refusals = makeRefusals({ exam, ownEpoch, outbox, otherWindows, leaving });
  const { handInForTime } = bindHandIn({ outbox, saveState, leaving });
  const look = watchAttempt(exam.clockUrl(exam.attempt), takeUp);
  const clock = makeClock();
  const tellWhere = tellWhereLeft({
    url: exam.seenUrl,
    ownEpoch,
    position: openPosition,
    isReadOnly: otherWindows.isReadOnly,
  });

  await outbox.open(exam.attempt);
  const answers = bindAnswers({ attempt: exam.attempt, ownEpoch, outbox });
  bindAnnotations({
    save: (annotations) => outbox.put({ ...annotations, attempt: exam.attempt, epoch: ownEpoch }),
    onChanged: showAnnotations,
  });
  bindKeys({ timeLeft: () => clock.spoken() });
  bindNavigation({
    ...{ exam, outbox, saveState, leaving, saveNote },
    kept: new KeptQuestions(exam.questionsUrl),
    isBlank: answers.isBlank,
    onLoaded: showLoaded,
    onKept: showScreen,
  });
  bindExit({ outbox, leaving, saveNote, tellWhere });
  showLoaded(pageAge());
  otherWindows.claim();
  // What the stylesheet holds back until it works.
  document.documentElement.dataset.examReady = "";

  /** @param {number} age how many ms ago the server made the screen */
  function showLoaded(age) {
    const { remainingMs, epoch } = screenNow().dataset;
    if (remainingMs) clock.sync(Number(remainingMs) - age, age);
    showScreen();
    otherWindows.compare(Number(epoch));
  }

  /** Bring what waits on this device into the screen shown, and bind its question. */
  function showScreen() {
    for (const entry of outbox.pending) {
      if (!isAnswer(entry)) showAnnotations(entry.position, cellOf(entry));
      else if (entry.state) showState(entry.position, entry.state);
    }
    for (const entry of outbox.refused) refusals.show(entry, entry.refused);
    const form = questionForm();
    if (form) {
      answers.show(form);
      showAnnotationsOf(form, outbox.annotationsOf(exam.attempt, positionOf(form)));
    }
    otherWindows.keepReadOnly();
  }

  function makeClock() {
    const element = seek(HTMLElement, "[data-clock]");
    if (!element) return NO_CLOCK;
    return startClock(element, {
      announcer: find(HTMLElement, "[data-clock-announcer]"),
      onTimeUp: () => handInForTime(look),
      onWake: look,
    });
  }

  /**
   * @param {import("./watch.js").Look} look
   * @param {number} halfMs
   */
  function takeUp({ remaining_ms: remaining, closed, paused, epoch }, halfMs) {
    if (closed || paused) {
      // What still waits is refused by the server, which tells and journals it.
      if (outbox.isEmpty) leaving.goTo(exam.attemptUrl);
      return;
    }
    if (remaining !== null) clock.sync(remaining - halfMs, halfMs);
    otherWindows.compare(epoch);
  }

  async function signInHere() {
    if (!(await askToSignIn(csrfToken))) return;
    renewTokens();
    await outbox.flush(SIGNED_IN_FLUSH_MS);
  }
}

/** How many ms ago the server began to answer, by this page's own clock. */
function pageAge() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation instanceof PerformanceNavigationTiming ? performance.now() - navigation.responseStart : 0;
}

bindExam();
