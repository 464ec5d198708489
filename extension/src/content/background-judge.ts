/** Has the background find the article in a transcript of the page, so that the page does not stand still meanwhile. */
import type { Judge } from "./article.js";
import { isOrphaned } from "./orphan.js";
import { parseReadableReply, type ReadableMessage } from "../shared/protocol.js";

/** Nobody answers for an extension that has gone. */
const STILL_THERE_MS = 2_000;

export const judgeInBackground: Judge = async (transcript) => {
  if (isOrphaned()) return undefined;
  const message: ReadableMessage = { type: "sayso:find-readable", transcript };
  let timer: ReturnType<typeof setInterval> | undefined;
  const gone = new Promise<undefined>((resolve) => {
    timer = setInterval(() => {
      if (isOrphaned()) resolve(undefined);
    }, STILL_THERE_MS);
  });
  try {
    return parseReadableReply(await Promise.race([chrome.runtime.sendMessage(message), gone]));
  } catch {
    return undefined; // it was stopped, or the message is too large for it
  } finally {
    clearInterval(timer);
  }
};
