/** The cookie's token: a new sign-in makes those in the forms of this page worthless. */
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-csrf|csrftoken)=([^;]+)/);
  return cookie?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]").value;
}
