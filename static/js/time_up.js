// Goes on to the result by itself, once the grace for saves on their way is over.
const GRACE_MS = 2_500;

setTimeout(() => location.replace(document.querySelector("[data-result]").href), GRACE_MS);
