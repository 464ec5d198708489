/** A download of the browser's own, begun by a document: it needs no permission, and no request goes out. */

/** How long the browser may take to fetch what it saves. */
const FETCH_MS = 60_000;

/** A text to be saved. */
export interface TextFile {
  name: string;
  /** Of the Internet's media types. */
  mediaType: string;
  text: string;
}

/** Calls back when nothing of it is needed any more. */
export function saveFile(document: Document, { name, mediaType, text }: TextFile, over: () => void = () => undefined): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${mediaType};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(url);
    over();
  }, FETCH_MS);
}
