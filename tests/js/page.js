// A page for tests of modules that work on one.
import { readFileSync } from "node:fs";
import { mock } from "node:test";
import { JSDOM } from "jsdom";

const TEMPLATES = new URL("../../templates/exams/", import.meta.url);

const NAMED = /\{% translate "(.*?)" as (\w+) %\}/g;

/** The words of the exam screen, as a page in English hands them over. */
const WORDS = inEnglish(readFileSync(new URL("_words.html", TEMPLATES), "utf8"));

/** @param {string} template */
function inEnglish(template) {
  const named = new Map([...template.matchAll(NAMED)].map(([, words, name]) => [name, words]));
  return template
    .replace(/\{# .* #\}|\{% load .*? %\}/g, "")
    .replace(NAMED, "")
    .replace(/\{% translate "(.*?)" %\}/g, "$1")
    .replace(/\{\{ (\w+) \}\}/g, (_, name) => named.get(name) ?? "");
}

/** The globals of a browser that our modules use. */
const GLOBALS = [
  "window",
  "document",
  "location",
  "getSelection",
  "DOMParser",
  "CustomEvent",
  "Element",
  "Event",
  "FormData",
  "HTMLButtonElement",
  "HTMLElement",
  "HTMLFormElement",
  "HTMLInputElement",
  "HTMLSelectElement",
  "HTMLTemplateElement",
  "HTMLTextAreaElement",
  "KeyboardEvent",
  "MouseEvent",
  "NodeFilter",
  "Text",
];

/**
 * Make the globals those of a page with this body. Only what a test moves lets time pass.
 * @param {string} body
 */
export function makePage(body) {
  mock.restoreAll();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  const { window } = new JSDOM(`<!doctype html><html lang="en"><body>${body}${WORDS}</body></html>`, {
    url: "https://exam.test/q/1/",
  });
  for (const name of GLOBALS) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
  }
}

/** @param {string} selector */
export function one(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`No ${selector} on this page.`);
  return found;
}

/** @param {string} selector */
export const text = (selector) => one(selector).textContent;

/** @param {string} selector */
export const click = (selector) => one(selector).click();

/** @param {string} selector */
export const all = (selector) => [...document.querySelectorAll(selector)];
