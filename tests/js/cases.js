// Tables of cases that Python tests read too.
import { readFileSync } from "node:fs";

/**
 * @template T
 * @param {string} name
 * @returns {T[]}
 */
export function cases(name) {
  const table = JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url), "utf8"));
  if (!table.length) throw new Error(`tests/cases/${name}.json has no case.`);
  return table;
}
