// Asks before a window is left that holds what is not saved. Where the page itself leads elsewhere,
// nobody is asked.

/** @typedef {ReturnType<typeof guardLeaving>} Leaving */

/** @param {() => boolean} isUnsaved */
export function guardLeaving(isUnsaved) {
  let isExpected = false;
  window.addEventListener("beforeunload", (event) => {
    if (!isExpected && isUnsaved()) event.preventDefault();
  });

  /** The page is about to be replaced. */
  function expect() {
    isExpected = true;
  }

  return {
    expect,
    /** @param {string} address */
    goTo(address) {
      expect();
      location.assign(address);
    },
    /** @param {HTMLFormElement} form */
    submit(form) {
      expect();
      form.submit();
    },
    reload() {
      expect();
      location.reload();
    },
  };
}
