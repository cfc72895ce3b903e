// How many minutes are proposed for a practice. The rule is in Python too; tests/cases/pace.json
// holds for both.

/**
 * The minutes for `items` questions at the pace of an exam.
 * @param {number} items
 * @param {{ items: number, minutes: number }} exam
 * @param {number} most
 */
export function minutesFor(items, exam, most) {
  return Math.min(Math.max(Math.floor((items * exam.minutes) / exam.items + 0.5), 1), most);
}
