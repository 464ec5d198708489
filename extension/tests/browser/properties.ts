/**
 * Property tests that need a browser's own style, layout and observers: what is painted is what was classified.
 *
 * Bundled and run in a page of each browser by tests/e2e/test_properties.py. `sayso…` resolve to null, or to what fails:
 * the seed, and the smallest tree that fails.
 */
import fc from "fast-check";
import { collectBlocks, type CollectOptions } from "../../src/content/blocks.js";
import { computedElementStyle } from "../../src/content/element-style.js";
import type { Article } from "../../src/content/article.js";
import type { Growth } from "../../src/content/growth.js";
import { Highlighter, rangesOf } from "../../src/content/highlighter.js";
import { MARKED_KINDS, highlightName, type MarkedKind } from "../../src/shared/kinds.js";
import type { Passages } from "../../src/content/passages.js";
import { Reading } from "../../src/content/reading.js";
import type { Span } from "../../src/content/text-map.js";

// --- random trees -------------------------------------------------------------------------------------------------------

const BLOCKS = "p div li blockquote h2 section figure figcaption x-block".split(" ");
const INLINE = "span em b a strong q x-inline ruby".split(" ");
const STYLES = [
  ...["", "", "", "", "", ""],
  ..."display: none|display: block|display: inline|display: inline-block|display: contents|display: flex|display: table-cell".split("|"),
  ..."visibility: hidden|visibility: visible|white-space: pre-wrap|white-space: pre-line|white-space: pre|white-space: nowrap".split("|"),
  ..."float: left|position: absolute|position: absolute; left: -9999px|content-visibility: hidden|font-size: 0|font-size: 12px".split("|"),
  ..."opacity: 0|height: 0; overflow: hidden|text-transform: uppercase|user-select: none|all: initial".split("|"),
];

interface Tree {
  name: string;
  style: string;
  /** Whether its children are in a shadow root, which is closed for the second. */
  shadow: "none" | "open" | "slotted";
  children: (Tree | string)[];
}

const words = fc.stringMatching(/^[a-zA-Z.,!? \n\u00a0\u00ad\u200b’—é😀ﬁ]{0,14}$/u);

/** A tree of elements with this text. */
function trees(text: fc.Arbitrary<string>): fc.Arbitrary<(Tree | string)[]> {
  const node: fc.Memo<Tree | string> = fc.memo((depth) =>
    depth <= 1
      ? text
      : fc.oneof(
          { weight: 3, arbitrary: text },
          { weight: 1, arbitrary: fc.constantFrom("<br>", "<wbr>", "<!---->") },
          {
            weight: 4,
            arbitrary: fc.record({
              name: fc.constantFrom(...BLOCKS, ...INLINE),
              style: fc.constantFrom(...STYLES),
              shadow: fc.constantFrom<Tree["shadow"][]>("none", "none", "none", "none", "none", "none", "open", "slotted"),
              children: fc.array(node(), { maxLength: 4 }),
            }),
          },
        ),
  );
  return fc.array(node(4), { minLength: 1, maxLength: 6 });
}

/** Built with the DOM and not parsed, so that paragraphs within paragraphs stay what they are. */
function build(tree: Tree | string): Node {
  if (tree === "<br>" || tree === "<wbr>") return document.createElement(tree.slice(1, -1));
  if (tree === "<!---->") return document.createComment("");
  if (typeof tree === "string") return document.createTextNode(tree);
  const canHost = /^(x-|p$|div$|span$|section$|blockquote$|h2$)/.test(tree.name);
  const element = document.createElement(tree.name);
  element.setAttribute("style", tree.style);
  const children = tree.children.map(build);
  if (canHost && tree.shadow === "open") element.attachShadow({ mode: "open" }).append(...children);
  else if (canHost && tree.shadow === "slotted") {
    element.attachShadow({ mode: "open" }).append(document.createElement("slot"));
    element.append(...children);
  } else element.append(...children);
  return element;
}

function stage(): HTMLElement {
  document.querySelector("main")?.remove();
  const main = document.createElement("main");
  document.body.append(main);
  return main;
}

// --- what is painted ----------------------------------------------------------------------------------------------------

/** What a reader sees of a text: without white space and what shows nothing, ligatures as letters. */
function bare(text: string): string {
  return text.toWellFormed().replaceAll("ﬁ", "fi").replace(/[\s\u00ad\u200b\u2060\ufeff]/g, "");
}

function textOf(ranges: readonly StaticRange[]): string {
  return ranges
    .map(({ startContainer, startOffset, endContainer, endOffset }) => {
      const range = document.createRange();
      range.setStart(startContainer, startOffset);
      range.setEnd(endContainer, endOffset);
      return range.toString();
    })
    .join("");
}

function registered(): AbstractRange[] {
  return MARKED_KINDS.flatMap((kind) => [...(CSS.highlights.get(highlightName(kind)) ?? [])]);
}

function check(isTrue: boolean, message: string): void {
  if (!isTrue) throw new Error(message);
}

async function report(run: () => Promise<void> | void): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const SETTINGS = { endOnFailure: false, includeErrorInReport: true };

const EVERYTHING: CollectOptions = { scope: () => "own", style: computedElementStyle, proseOnly: false };

/** Headings without text below them and lines that look like furniture are read as well. */
const UNFILTERED: CollectOptions = { ...EVERYTHING, filter: () => ({ pass: (block) => [block] }) };

/** Any stretch of any block of any tree is painted as it was read. */
export function saysoPaints(seed: number, numRuns: number): Promise<string | null> {
  return report(() => {
    const main = stage();
    fc.assert(
      fc.property(trees(words), fc.nat(), fc.nat(), (tree, a, b) => {
        main.replaceChildren(...tree.map(build));
        const highlighter = new Highlighter();
        const add = (kind: MarkedKind, spans: readonly Span[]): StaticRange[] => {
          const ranges = rangesOf(spans);
          highlighter.add(kind, ranges);
          return ranges;
        };
        for (const { map } of collectBlocks(main, UNFILTERED)) {
          const { text } = map;
          check(text === text.trim() && !text.includes("\n\n"), `not trimmed or parted: ${JSON.stringify(text)}`);
          check(bare(textOf(add("fact", map.spans(0, text.length)))) === bare(text), `the whole of ${JSON.stringify(text)}`);
          const [start, end] = [a % text.length, (b % text.length) + 1].sort((x, y) => x - y) as [number, number];
          // Half of a ligature cannot be painted.
          if (text.includes("fi")) continue;
          const painted = textOf(add("opinion", map.spans(start, end)));
          check(bare(painted) === bare(text.slice(start, end)), `${JSON.stringify(painted)} for ${JSON.stringify(text.slice(start, end))}`);
        }
        highlighter.clear();
      }),
      { seed, numRuns, ...SETTINGS },
    );
    main.remove();
  });
}

/** What is read is what the browser itself calls the rendered text (`innerText`), in order, letter for letter. */
export function saysoReads(seed: number, numRuns: number): Promise<string | null> {
  const letters = (text: string): string => text.normalize("NFKC").toLowerCase().replace(/\P{L}/gu, "");
  // Where they differ on purpose: text out of sight, and what innerText does not go into.
  const differs = (tree: Tree | string): boolean =>
    typeof tree !== "string" &&
    (/left:|opacity|font-size|height|float|absolute|content-visibility/.test(tree.style) || tree.shadow !== "none" || tree.name === "a" || tree.children.some(differs));
  return report(() => {
    const main = stage();
    fc.assert(
      fc.property(trees(words), (tree) => {
        fc.pre(!tree.some(differs));
        main.replaceChildren(...tree.map(build));
        const read = [...collectBlocks(main, UNFILTERED)].map(({ map }) => map.text).join(" ");
        check(letters(read) === letters(main.innerText), `read ${JSON.stringify(read)}, shown ${JSON.stringify(main.innerText)}`);
      }),
      { seed, numRuns, ...SETTINGS },
    );
    main.remove();
  });
}

// --- pages that change --------------------------------------------------------------------------------------------------

/** The extension's other half: answers that each block is two claims, of the first of which it is sure sooner. */
function answerEverything(): void {
  const connect = (): unknown => {
    let isOpen = true;
    const listeners: ((event: unknown) => void)[] = [];
    return {
      onMessage: { addListener: (listener: (event: unknown) => void) => listeners.push(listener) },
      onDisconnect: { addListener: () => undefined },
      disconnect: () => {
        isOpen = false;
      },
      postMessage: ({ batch, blocks }: { batch: number; blocks: { id: string; text: string }[] }) => {
        const say = (event: object): void => {
          if (isOpen) for (const listener of listeners) listener({ batch, ...event });
        };
        const answers = blocks.map(({ id, text }) => {
          const middle = text.indexOf(" ") + 1 || text.length;
          const claim = { label: "fact", confidence: 0.9, mixed: false };
          const [first, second] = [{ ...claim, start: 0, end: middle }, { ...claim, start: middle, end: text.length }];
          return { id, sentences: middle < text.length ? [first, second] : [first] };
        });
        setTimeout(() => {
          for (const { id, sentences } of answers) say({ type: "block", block: { id, sentences: sentences.slice(0, 1), partial: true } });
        }, 5);
        setTimeout(() => {
          for (const block of answers) say({ type: "block", block });
          say({ type: "done", model: null });
        }, 20);
      },
    };
  };
  (globalThis as { chrome?: unknown }).chrome = {
    runtime: { id: "sayso", connect, sendMessage: () => Promise.resolve(null) },
    i18n: { getMessage: (name: string) => name },
    storage: { local: { get: () => Promise.resolve({}) }, onChanged: { addListener: () => undefined, removeListener: () => undefined } },
  };
}

const SENTENCES = ["The old mill by the river burned down in 1904.", "Nobody has missed it at all, which is a shame.", "Two of its wheels are still there."];

type Change = [kind: "data" | "remove" | "text" | "element" | "move" | "style" | "clone", where: number, what: number];

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.tuple(fc.constantFrom<Change[0][]>("data", "remove", "text", "element", "move", "style", "clone"), fc.nat(), fc.nat()),
  { maxLength: 8 },
);

function change(main: HTMLElement, [kind, where, what]: Change): void {
  const nodes: Node[] = [];
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) nodes.push(node);
  const node = nodes[where % nodes.length];
  const other = nodes[what % nodes.length];
  if (node === undefined || other === undefined) return;
  const sentence = SENTENCES[what % SENTENCES.length] ?? "";
  switch (kind) {
    case "data":
      if (node instanceof Text) node.data = what % 2 === 0 ? sentence : node.data.slice(what % (node.length + 1));
      return;
    case "remove":
      node.parentNode?.removeChild(node);
      return;
    case "text":
      node.parentNode?.insertBefore(document.createTextNode(sentence), node);
      return;
    case "element":
      node.parentNode?.insertBefore(build({ name: what % 2 === 0 ? "p" : "em", style: "", shadow: "none", children: [sentence] }), node);
      return;
    case "move":
      if (!node.contains(other)) other.parentNode?.insertBefore(node, other);
      return;
    case "style":
      if (node instanceof HTMLElement) node.style.cssText = STYLES[what % STYLES.length] ?? "";
      return;
    case "clone":
      node.parentNode?.replaceChild(node.cloneNode(true), node);
      return;
  }
}

/** What the property looks at of a reading. */
interface Inside {
  page: { passages: Passages; pageText: { article: Article | null; growth: Growth | null } };
}

/** A page that rests and that is all marked, so that the property always says something: random ones may be mostly hidden. */
const PLAIN: Tree[] = SENTENCES.map((sentence) => ({ name: "p", style: "", shadow: "none", children: [sentence] }));

/** Whatever a page does, no frame shows a mark on text that was not classified; and once it rests, all is marked. */
export function saysoFollows(seed: number, numRuns: number): Promise<string | null> {
  const nextFrame = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(done));
  return report(async () => {
    let painted = 0;
    await fc.assert(
      fc.asyncProperty(trees(fc.constantFrom(...SENTENCES)), changes, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (tree, all, waits) => {
        const main = stage();
        main.append(...tree.map(build));
        const reading = new Reading(() => undefined);
        const { passages, pageText } = (reading as unknown as Inside).page;
        const checkMarks = (when: string): void => {
          const marks = [...passages].flatMap((passage) => passage.marks.map((mark) => ({ ...mark, text: passage.text })));
          for (const { ranges, start, end, text } of marks) {
            const shown = textOf(ranges);
            check(bare(shown) === bare(text.slice(start, end)), `${when}: ${JSON.stringify(shown)} is marked as ${JSON.stringify(text)}`);
          }
          check(marks.reduce((sum, { ranges }) => sum + ranges.length, 0) === registered().length, `${when}: marks of no passage`);
        };
        try {
          reading.start();
          for (const [index, step] of all.entries()) {
            change(main, step);
            await nextFrame();
            checkMarks(`change ${index + 1}`);
            if (waits[index] === true) await new Promise((done) => setTimeout(done, 60));
          }
          const expected = (): string[] => {
            const { article, growth } = pageText;
            if (article === null || growth === null) return [];
            const options = { ...EVERYTHING, scope: growth.scope, proseOnly: article.isGuess };
            return [...collectBlocks(article.root, options)].map(({ map }) => map.text);
          };
          const isRead = (): boolean =>
            [...passages].sort((a, b) => a.order - b.order).map(({ text }) => text).join("|") === expected().join("|") && [...passages].every(({ isConcluded }) => isConcluded);
          for (let frames = 0; frames < 400 && !isRead(); frames++) await nextFrame();
          check(isRead(), `at rest: ${JSON.stringify([...passages].map(({ text, outcome }) => [text, outcome]))} and not ${JSON.stringify(expected())}`);
          checkMarks("at rest");
          painted += registered().length;
        } finally {
          reading.stop();
        }
        check(registered().length === 0, "marks are left");
        check(document.getElementById("sayso-root") === null, "the host is left");
        main.remove();
      }),
      { seed, numRuns, examples: [[PLAIN, [], Array<boolean>(8).fill(false)]], ...SETTINGS, interruptAfterTimeLimit: 240_000 },
    );
    check(painted >= PLAIN.length, "nothing was marked: the property says nothing");
  });
}

answerEverything();
Object.assign(globalThis, { saysoPaints, saysoReads, saysoFollows });
