// What our modules use of htmx, which the page loads as a script of its own.
import type htmxModule from "htmx.org";

interface HtmxRequestDetail {
  target: Element;
  xhr: XMLHttpRequest;
  pathInfo: { requestPath: string };
  requestConfig: { verb: string };
}

interface HtmxSwapDetail extends HtmxRequestDetail {
  serverResponse: string;
  isError: boolean;
  shouldSwap: boolean;
}

declare global {
  const htmx: typeof htmxModule.default;

  interface DocumentEventMap {
    "htmx:beforeSend": CustomEvent<HtmxRequestDetail>;
    "htmx:beforeOnLoad": CustomEvent<HtmxRequestDetail>;
    "htmx:beforeSwap": CustomEvent<HtmxSwapDetail>;
    "htmx:afterSettle": CustomEvent<HtmxRequestDetail & { elt?: Element }>;
    "htmx:sendError": CustomEvent<HtmxRequestDetail>;
    "htmx:timeout": CustomEvent<HtmxRequestDetail>;
    "htmx:responseError": CustomEvent<HtmxRequestDetail>;
  }
}
