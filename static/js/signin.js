// Signs in again in place when the session was lost: the page, and what it keeps, stay.

const dialog = document.querySelector("[data-sign-in]");

/** Resolves to whether somebody signed in. */
export function askToSignIn(token) {
  const form = dialog.querySelector("form");
  const problem = dialog.querySelector("[data-problem]");
  problem.textContent = "";
  dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      problem.textContent = await signIn(form, token);
      if (problem.textContent) return;
      form.reset();
      dialog.close("done");
    };
    dialog.onclose = () => resolve(dialog.returnValue === "done");
    dialog.returnValue = "";
  });
}

dialog?.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());

/** Resolves to what went wrong, in words; empty when signed in. */
async function signIn(form, token) {
  try {
    // Sets the cookie of the token where that was lost as well.
    await fetch(form.action);
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-CSRFToken": token(), "X-Requested-With": "XMLHttpRequest" },
    });
    if (response.ok) return "";
    if (response.status === 429) return "Too many attempts. Wait a few minutes and try again.";
    if (response.status !== 400) return "Signing in did not work. Try again in a moment.";
    const { form: reply } = await response.json();
    const errors = [...reply.errors, ...Object.values(reply.fields).flatMap((field) => field.errors)];
    return errors.join(" ");
  } catch {
    return "Offline: try again when you are back.";
  }
}
