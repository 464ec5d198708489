/** Where a document's viewport lies in the page's: a frame's coordinates begin at its own corner. */
export function frameOffset(inner: Document): { x: number; y: number } {
  let x = 0;
  let y = 0;
  let frame = inner === document ? null : inner.defaultView?.frameElement;
  while (frame != null) {
    const { left, top } = frame.getBoundingClientRect();
    x += left + frame.clientLeft;
    y += top + frame.clientTop;
    frame = frame.ownerDocument === document ? null : frame.ownerDocument.defaultView?.frameElement;
  }
  return { x, y };
}
