// Colours and text size, at once on this page and kept for the others.
import { csrfToken } from "./token.js";

const form = document.querySelector("[data-display] form");

form?.addEventListener("change", async () => {
  const chosen = new FormData(form);
  const root = document.documentElement;
  root.dataset.theme = chosen.get("theme");
  root.dataset.textSize = chosen.get("text_size");
  try {
    await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(chosen),
      headers: { "X-CSRFToken": csrfToken() },
      redirect: "manual",
    });
  } catch {
    // Offline: it holds on this page, and is chosen again on the next.
  }
});
