import { find, findAll } from "./dom.js";

const FIELD = "[name=csrfmiddlewaretoken]";

/** The cookie's token: a new sign-in makes those in the forms of this page worthless. */
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-csrf|csrftoken)=([^;]+)/);
  return cookie?.[1] ?? find(HTMLInputElement, FIELD).value;
}

/** Bring the forms of this page up to date with the cookie. */
export function renewTokens() {
  const token = csrfToken();
  for (const field of findAll(HTMLInputElement, FIELD)) field.value = token;
}
