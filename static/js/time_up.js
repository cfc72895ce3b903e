// Goes on to the result by itself, once the grace for saves on their way is over.
import { find } from "./dom.js";

const GRACE_MS = 2_500;

setTimeout(() => location.replace(find(HTMLAnchorElement, "[data-result]").href), GRACE_MS);
