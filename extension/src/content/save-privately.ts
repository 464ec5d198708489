/**
 * Saves a file so that the page does not hear of it. A page is told of every download that its own document begins
 * (`navigation`'s `navigate` event), with an address from which it could read the file.
 *
 * In Firefox the background's document begins it. A Chromium worker has none: there it is a frame in the closed tree, out
 * of the page's reach. (In Firefox a page's policy for frames would hold for that one, and its refusal be reported.)
 */
import { h } from "../shared/dom.js";
import { parseSaveReply, type SaveMessage } from "../shared/protocol.js";
import { saveFile, type TextFile } from "../shared/save-file.js";
import { ask } from "./background.js";

/** `parent` is in the closed tree. */
export async function savePrivately(parent: HTMLElement, file: TextFile): Promise<void> {
  const message: SaveMessage = { type: "sayso:save", file };
  if ((await ask(message, parseSaveReply))?.saved === true) return;
  const frame = h("iframe", { hidden: true });
  parent.append(frame);
  saveFile(frame.contentDocument ?? document, file, () => { frame.remove(); });
}
