// Times on every page are the reader's: rewritten here, and the server is told the zone for the next
// page, so that it counts days by it as well.
import { findAll } from "./dom.js";

const YEAR = 365 * 24 * 3600;

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const FORMATS = {
  minute: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  second: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  },
  clock: { hour: "2-digit", minute: "2-digit" },
  day: { month: "short", day: "numeric" },
};

/** @param {ParentNode} root */
function rewriteTimes(root) {
  for (const time of findAll(HTMLTimeElement, "time[data-local-time]", root)) {
    const moment = new Date(time.dateTime);
    time.textContent = inZone(moment, time.dataset.localTime ?? "");
  }
}

/**
 * @param {Date} moment
 * @param {string} shown a name of FORMATS
 */
function inZone(moment, shown) {
  /** @type {Intl.DateTimeFormatOptions} */
  const zone = shown === "day" ? {} : { hourCycle: "h23", timeZoneName: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang, { ...FORMATS[shown], ...zone }).format(moment);
}

function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  // The Cookie Store API is not in every browser.
  // biome-ignore lint/suspicious/noDocumentCookie: see above
  document.cookie = `zone=${zone}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
}

tellZone();
rewriteTimes(document);
document.addEventListener("htmx:afterSwap", () => rewriteTimes(document));
