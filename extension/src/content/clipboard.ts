/** Puts text on the clipboard, within a click of the reader's; false where it could not be. */
export async function copyText(text: string): Promise<boolean> {
  // Missing on plain http pages, and refused where the page's permissions policy forbids it.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(text);
      return true;
    }
  } catch {
    // The older way may still be open.
  }
  return copyByCommand(text);
}

/** Obsolete, and in both browsers; needs neither https nor a permission, and shows the page nothing of the text. */
function copyByCommand(text: string): boolean {
  let copied = false;
  const onCopy = (event: ClipboardEvent): void => {
    event.stopImmediatePropagation();
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
    copied = true;
  };
  window.addEventListener("copy", onCopy, { capture: true, once: true });
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  document.execCommand("copy");
  window.removeEventListener("copy", onCopy, true);
  return copied;
}
