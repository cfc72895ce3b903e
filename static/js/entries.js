// What the outbox keeps: one entry per question and channel, the latest.

/** What a candidate adds beside an answer. An entry without a channel is an answer. */
export const ANNOTATIONS = "annotations";
// Under this name devices may still hold entries that older pages left.
const FORMER_ANNOTATIONS = "marks";

/**
 * What the server says about a save.
 * @typedef {object} Reply
 * @property {string} outcome
 * @property {string} message
 * @property {number} rev
 * @property {number} epoch
 * @property {number | null} [remaining_ms]
 */

/**
 * @typedef {object} Entry
 * @property {string} attempt
 * @property {number} position
 * @property {number} epoch
 * @property {number} rev
 * @property {string} url where it is sent to
 * @property {string} [channel]
 * @property {string[]} [answer] places, of an answer
 * @property {import("./palette.js").State} [state] of an answer, for the palette
 * @property {[string, string][]} [fields] of annotations, as a form names them
 * @property {Reply} [refused] why the server did not take it
 */

/** @param {Pick<Entry, "attempt" | "position" | "channel">} entry */
export function keyOf({ attempt, position, channel }) {
  return channel ? `${attempt}/${position}/${channel}` : `${attempt}/${position}`;
}

/**
 * @param {Pick<Entry, "epoch" | "rev">} one
 * @param {Pick<Entry, "epoch" | "rev">} other
 */
export function isNewer(one, other) {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.rev > other.rev);
}

/** @param {Pick<Entry, "channel">} entry */
export const isAnswer = ({ channel }) => !channel;

/** @param {Entry} entry */
export const isOfFormerChannel = ({ channel }) => channel === FORMER_ANNOTATIONS;

/**
 * The same entry on the channel of today.
 * @param {Entry} entry
 * @returns {Entry}
 */
export function renamed(entry) {
  return isOfFormerChannel(entry) ? { ...entry, channel: ANNOTATIONS } : entry;
}
