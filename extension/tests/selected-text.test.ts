import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectBlocks } from "../src/content/blocks.js";
import { selectedRanges } from "../src/content/selected-text.js";
import { EVERYTHING, page, painted } from "./page.js";

/** The texts of a page's blocks within a range, and what would be painted of them. */
function within(document: Document, range: Range): { texts: string[]; paint: string } {
  const maps = Array.from(collectBlocks(document.body, EVERYTHING), ({ map }) => map.within(range)).filter((map) => map !== null);
  return { texts: maps.map(({ text }) => text), paint: maps.map((map) => painted(map.spans(0, map.text.length))).join("") };
}

function rangeOf(document: Document, [start, startOffset]: [Node, number], [end, endOffset]: [Node, number]): Range {
  const range = document.createRange();
  range.setStart(start, startOffset);
  range.setEnd(end, endOffset);
  return range;
}

const bare = (text: string): string => text.replace(/\s+/g, "");

describe("the blocks of a selection", () => {
  it("are cut to it, and others are not there", () => {
    const document = page("<p>One. <b>Two</b> three.</p><div>Four. <p>Five.</p> Six.</div><p>Seven.</p>");
    const [one, div] = [document.querySelector("p")!.firstChild!, document.querySelector("div")!];
    expect(within(document, rangeOf(document, [one, 2], [div, 2])).texts).toEqual(["e. Two three.", "Four.", "Five."]);
  });

  it("are nothing where it holds nothing, or white space", () => {
    const document = page("<p>One. <b>Two.</b></p>");
    const text = document.querySelector("p")!.firstChild!;
    expect(within(document, rangeOf(document, [text, 4], [text, 5])).texts).toEqual([]);
    expect(within(document, rangeOf(document, [text, 2], [text, 2])).texts).toEqual([]);
    expect(within(document, document.createRange()).texts).toEqual([]);
  });

  it("keep ligatures whole", () => {
    const document = page("<p>The ﬁrst oﬃce.</p>");
    const text = document.querySelector("p")!.firstChild!;
    expect(within(document, rangeOf(document, [text, 4], [text, 8])).texts).toEqual(["first"]);
  });

  it("have every character of it and no other, whatever the page", () => {
    const words = fc.array(fc.constantFrom("Tea", "is", " ", "\n  ", "good.", "a", "\u00a0", "née"), { maxLength: 5 }).map((parts) => parts.join(""));
    const { html } = fc.letrec<{ html: string; node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        words,
        fc.tuple(fc.constantFrom("p", "b", "div", "em", "li"), tie("html")).map(([name, inner]) => `<${name}>${inner}</${name}>`),
      ),
      html: fc.array(tie("node"), { maxLength: 4 }).map((nodes) => nodes.join("")),
    }));
    fc.assert(
      fc.property(html, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (body, a, b, c, d) => {
        const document = page(`<!doctype html><body>start ${body} end</body>`);
        const walker = document.createTreeWalker(document.body, 5);
        const nodes: Node[] = [document.body];
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) nodes.push(node);
        const place = (which: number, offset: number): [Node, number] => {
          const node = nodes[which % nodes.length]!;
          return [node, offset % ((node.nodeType === 3 ? node.nodeValue!.length : node.childNodes.length) + 1)];
        };
        const range = document.createRange();
        range.setStart(...place(a, b));
        const [end, offset] = place(c, d);
        if (range.comparePoint(end, offset) >= 0) range.setEnd(end, offset);
        else range.setStart(end, offset);
        const { texts, paint } = within(document, range);
        expect(bare(texts.join(""))).toBe(bare(range.toString()));
        expect(bare(paint)).toBe(bare(range.toString()));
        for (const text of texts) expect(text).toBe(text.trim());
      }),
    );
  });
});

describe("what is selected", () => {
  function frameIn(around: Element, html: string): HTMLIFrameElement {
    const frame = around.ownerDocument.createElement("iframe");
    around.append(frame);
    frame.contentDocument!.body.innerHTML = html;
    return frame;
  }
  const select = (document: Document, element: string): void => {
    document.getSelection()!.selectAllChildren(document.querySelector(element)!);
  };
  const selected = (document: Document): string[] => selectedRanges(document).map(String);

  it("is found in the page, in a frame in a component's slot, in that frame's frame", () => {
    const document = page("<p>Page.</p><div></div>");
    expect(selected(document)).toEqual([]);
    const host = document.querySelector("div")!;
    host.attachShadow({ mode: "open" }).innerHTML = "<p><slot></slot></p>";
    const outer = frameIn(host, "<p>Outer.</p>");
    const inner = frameIn(outer.contentDocument!.body, "<p>Inner.</p>");
    frameIn(document.body, "<p>Another.</p>");
    expect(selected(document)).toEqual([]);
    select(inner.contentDocument!, "p");
    expect(selected(document)).toEqual(["Inner."]);
    select(document, "p");
    expect(selected(document), "the page goes first").toEqual(["Page."]);
  });

  it("is that of the frame which the reader is in, where several have one", () => {
    const document = page("<p>Page.</p><div></div>");
    const outer = frameIn(document.querySelector("div")!, "<p>Outer.</p>");
    const inner = frameIn(outer.contentDocument!.body, "<p>Inner.</p>");
    for (const each of [document, outer.contentDocument!, inner.contentDocument!]) select(each, "p");
    expect(selected(document)).toEqual(["Page."]);
    outer.focus();
    expect(selected(document)).toEqual(["Outer."]);
    inner.focus();
    expect(selected(document)).toEqual(["Inner."]);
  });

  it("is not that of an editor in a frame", () => {
    const document = page("<p>Page.</p>");
    const frame = frameIn(document.body, "<p>Draft.</p>");
    Object.defineProperty(frame.contentDocument!.body, "isContentEditable", { value: true });
    select(frame.contentDocument!, "p");
    frame.focus();
    expect(selected(document)).toEqual([]);
  });
});
