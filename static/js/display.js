// Colors and text size, at once on this page and kept for the others.
import { seek } from "./dom.js";
import { csrfToken } from "./token.js";

const form = seek(HTMLFormElement, "[data-display] form");

form?.addEventListener("change", async () => {
  const chosen = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  const root = document.documentElement;
  root.dataset.theme = chosen.get("theme") ?? "";
  root.dataset.textSize = chosen.get("text_size") ?? "";
  try {
    await fetch(form.action, {
      method: "POST",
      body: chosen,
      headers: { "X-CSRFToken": csrfToken() },
      redirect: "manual",
    });
  } catch {
    // Offline: it holds on this page, and is chosen again on the next.
  }
});
