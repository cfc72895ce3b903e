// One tab of a browser writes an attempt. Whoever opens it first holds a lock that ends with the
// tab; another one reads until its candidate takes the lock away. Across browsers, and where there
// are no locks, the attempt's epoch on the server decides alone.

import { pause } from "./timing.js";

const RETRIES = 10;
const RETRY_MS = 100;

/** @param {string} attempt */
const nameOf = (attempt) => `exam-${attempt}`;

/** A lock whose work never ends is held as long as the tab lives. */
const forever = () => new Promise(() => {});

/**
 * Hold the attempt for this tab as long as it lives; `onBusy` when another tab holds it.
 * @param {string} attempt
 * @param {{ onTaken: () => void, onBusy: () => void }} handlers
 */
export async function claimTab(attempt, { onTaken, onBusy }) {
  if (!navigator.locks) return;
  // The page before this one, in the same tab, may be about to give it up.
  for (let attempts = 0; attempts < RETRIES; attempts += 1) {
    if (await hold(attempt, onTaken)) return;
    await pause(RETRY_MS);
  }
  onBusy();
}

/**
 * Resolves to whether the lock is ours now; it is kept then.
 * @param {string} attempt
 * @param {() => void} onTaken
 * @returns {Promise<boolean>}
 */
function hold(attempt, onTaken) {
  return new Promise((resolve) => {
    navigator.locks
      .request(nameOf(attempt), { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && forever();
      })
      .catch(onTaken);
  });
}

/**
 * End another tab's hold; this tab's page is about to be loaded anew.
 * @param {string} attempt
 */
export async function takeFromOtherTab(attempt) {
  if (!navigator.locks) return;
  await new Promise((resolve) => {
    navigator.locks
      .request(nameOf(attempt), { steal: true }, () => {
        resolve(undefined);
        return forever();
      })
      // Taken away in its turn: the page is gone by then.
      .catch(() => {});
  });
}
