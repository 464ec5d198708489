/** Puts text on the clipboard, within a click of the reader's; false where it could not be. */
export async function copyText(text: string): Promise<boolean> {
  if (copyByCommand(text)) return true;
  // Where a page stands in the way of the command. Missing on plain http pages; a permissions policy may forbid it, too.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) return false;
  return clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}

/** Obsolete, and works on every page of both browsers: it needs neither https nor a permission, and shows the page nothing. */
function copyByCommand(text: string): boolean {
  let copied = false;
  const onCopy = (event: ClipboardEvent): void => {
    event.stopImmediatePropagation();
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
    copied = true;
  };
  window.addEventListener("copy", onCopy, true);
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  document.execCommand("copy");
  window.removeEventListener("copy", onCopy, true);
  return copied;
}
