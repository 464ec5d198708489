/**
 * Runs in the pages of sites that the reader chose, and in no other: tells the background that such a page is there,
 * which does the rest. Registered by `background/sites`.
 */
import type { SiteMessage } from "../shared/protocol.js";

function tell(): void {
  const message: SiteMessage = { type: "sayso:site" };
  // Nobody hears it where the extension was updated meanwhile.
  chrome.runtime.sendMessage(message).catch(() => undefined);
}

// A page that the browser has loaded in advance may never be seen.
if ((document as Document & { prerendering?: boolean }).prerendering === true) document.addEventListener("prerenderingchange", tell, { once: true });
else tell();
