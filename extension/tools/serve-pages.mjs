/**
 * Serves folders of saved pages: `node tools/serve-pages.mjs DIR…`. Prints one line of JSON, `[{"set","id","url"}]`, and
 * serves until its input ends. For programs that are not written in JavaScript.
 */
import { basename, resolve } from "node:path";
import { savedPages, servePages } from "./saved-pages.mjs";

try {
  const pages = process.argv.slice(2).flatMap((folder) =>
    savedPages(folder).map((page) => ({ ...page, set: basename(resolve(folder)) })),
  );
  const server = await servePages(pages);
  console.log(JSON.stringify(pages.map(({ set, id }, index) => ({ set, id, url: server.url(index) }))));
  process.stdin.on("end", server.close).resume();
} catch (error) {
  console.error(`serve-pages: ${error.message}`);
  process.exitCode = 2;
}
