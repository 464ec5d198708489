/**
 * A folder of saved web pages: which there are, and a server on loopback that serves them as they were saved.
 *
 * Three layouts: `DIR/<id>.html` or `.html.gz`, the same under `DIR/html/`, and `DIR/<id>/source.html`.
 */
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * A saved page is what its scripts had made of it: run again, without the network that they had, they would take it
 * apart. This forbids them, and leaves `<noscript>` what it is where scripts run.
 */
const NO_SCRIPTS = "script-src 'none'";

/** @typedef {{ id: string, file: string }} SavedPage */

/**
 * The folder's pages in the order of their ids. Throws where there is no such folder or no page in it.
 * @param {string} folder
 * @returns {SavedPage[]}
 */
export function savedPages(folder) {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new Error(`${folder}: no such folder`);
  const html = join(folder, "html");
  const inside = existsSync(html) && statSync(html).isDirectory() ? html : folder;
  const pages = readdirSync(inside, { withFileTypes: true }).flatMap((entry) => {
    const path = join(inside, entry.name);
    if (/\.html?(\.gz)?$/.test(entry.name) && statSync(path).isFile()) {
      return [{ id: basename(entry.name).replace(/\.html?(\.gz)?$/, ""), file: path }];
    }
    const source = join(path, "source.html");
    return existsSync(source) ? [{ id: entry.name, file: source }] : [];
  });
  if (pages.length === 0) throw new Error(`${folder}: no .html or .html.gz files, nor folders with a source.html`);
  return pages.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Serves each page at `/<its number>/`, without scripts; everything else that it asks for is not there.
 * @param {SavedPage[]} pages
 * @returns {Promise<{ url: (index: number) => string, close: () => void }>}
 */
export async function servePages(pages) {
  const server = createServer((request, response) => {
    const page = pages[Number(/^\/(\d+)\/$/.exec(request.url ?? "")?.[1])];
    if (page === undefined) {
      response.writeHead(404).end();
      return;
    }
    const stored = readFileSync(page.file);
    const body = page.file.endsWith(".gz") ? gunzipSync(stored) : stored;
    response.writeHead(200, { "Content-Type": contentType(body), "Content-Security-Policy": NO_SCRIPTS }).end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: (index) => `http://127.0.0.1:${address.port}/${index}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Whoever saved the page may have converted it: what is UTF-8 is said to be, whatever its `<meta>` says. */
function contentType(body) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(body);
    return "text/html; charset=utf-8";
  } catch {
    return "text/html";
  }
}
