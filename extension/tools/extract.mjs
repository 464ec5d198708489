/**
 * What the extension would send of each page in a folder of saved pages: `npm run extract -- DIR OUT.jsonl`.
 *
 * The built content script itself runs on each page in Chromium, with `record-reading.js` in the place of the rest of
 * the extension. One line a page, in the order of the ids: `{"id","text"}`, blocks joined by newlines. A page that
 * fails gets `"error"` as well, and the command ends with 1.
 */
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { launchChromium } from "./browser.mjs";
import { savedPages, servePages } from "./saved-pages.mjs";

const CONTENT_SCRIPT = new URL("../dist/content.js", import.meta.url);
const RECORDER = new URL("record-reading.js", import.meta.url);

/** Two, as one page at a time leaves a core idle, and more make a busy machine miss the deadline. */
const PAGES_AT_ONCE = 2;
const DEADLINE_MS = 60_000;

/** Saved pages ask for what has long changed or gone: without a network they look the same every time. */
const NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";

async function main(argv) {
  if (argv.length !== 2) return usage("two arguments, please");
  const [folder, out] = argv;
  if (!existsSync(CONTENT_SCRIPT)) return usage("the extension is not built: npm run build");
  let pages;
  try {
    pages = savedPages(folder);
  } catch (error) {
    return usage(error.message);
  }
  const file = createWriteStream(out);
  const opened = new Promise((done, fail) => file.once("open", done).once("error", fail));
  try {
    await opened;
  } catch (error) {
    return usage(`${out}: ${error.message}`);
  }

  const failed = await extract(pages, (line) => file.write(`${JSON.stringify(line)}\n`));
  await new Promise((done) => file.end(done));
  for (const { id, error } of failed) console.error(`${id}: ${error}`);
  console.log(`extract: ${pages.length} pages to ${out}${failed.length > 0 ? `, ${failed.length} of them failed` : ""}`);
  return failed.length > 0 ? 1 : 0;
}

/** Reads the pages, hands on a line for each in their order, and returns the lines that say of an error. */
async function extract(pages, write) {
  const server = await servePages(pages);
  const browser = await launchChromium(NO_NETWORK);
  const script = `${readFileSync(RECORDER, "utf8")}\n${readFileSync(CONTENT_SCRIPT, "utf8")}\nsaysoToggle()`;
  const lines = new Array(pages.length);
  let next = 0;
  let written = 0;
  const work = async () => {
    for (let index = next++; index < pages.length; index = next++) {
      const { id } = pages[index];
      try {
        lines[index] = { id, text: await readPage(browser, server.url(index), script) };
      } catch (error) {
        lines[index] = { id, text: "", error: error.message.split("\n")[0] };
      }
      while (lines[written] !== undefined) write(lines[written++]);
    }
  };
  try {
    await Promise.all(Array.from({ length: PAGES_AT_ONCE }, work));
  } finally {
    await browser.close();
    server.close();
  }
  return lines.filter(({ error }) => error !== undefined);
}

/**
 * The text that the content script asks about, in the order of the page. On a page in another language it asks about
 * nothing until the reader presses "Read anyway", so that is pressed.
 */
async function readPage(browser, url, script) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  try {
    page.setDefaultTimeout(DEADLINE_MS);
    await page.goto(url, { waitUntil: "load" });
    const run = await ownWorld(page);
    await run(script);
    let { button, blocks } = await run("saysoEnd()");
    if (button !== null) {
      await page.mouse.click(button.x, button.y);
      ({ blocks } = await run("saysoEnd()"));
    }
    // They are asked about nearest to the viewport first; their ids count in the order of the page.
    const order = ({ id }) => Number(id.replace(/\D/g, ""));
    return blocks.sort((a, b) => order(a) - order(b)).map(({ text }) => text).join("\n");
  } finally {
    await page.close();
  }
}

/** Runs scripts in a world of the page such as content scripts have: the page's DOM and style, none of its objects. */
async function ownWorld(page) {
  const cdp = await page.context().newCDPSession(page);
  const { frameTree } = await cdp.send("Page.getFrameTree");
  const world = { frameId: frameTree.frame.id, worldName: "sayso" };
  const { executionContextId } = await cdp.send("Page.createIsolatedWorld", world);
  const options = { contextId: executionContextId, awaitPromise: true, returnByValue: true };
  return async (expression) => {
    const { result, exceptionDetails } = await withDeadline(cdp.send("Runtime.evaluate", { expression, ...options }));
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
}

function withDeadline(promise) {
  let timer;
  const deadline = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not read within ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

function usage(problem) {
  console.error(`extract: ${problem}\nusage: npm run extract -- DIR OUT.jsonl`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
