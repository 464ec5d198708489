import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectBlocks } from "../src/content/blocks.js";
import { EVERYTHING, blocksOf, page, painted, textsOf } from "./page.js";

/** The spans of a stretch of the only block, by the text of that stretch. */
function spansOf(html: string, stretch: string): string[] {
  const [block] = blocksOf(html);
  const start = block!.map.text.indexOf(stretch);
  expect(start).toBeGreaterThanOrEqual(0);
  return block!.map.spans(start, start + stretch.length).map((span) => painted([span]));
}

describe("the text of a block", () => {
  it("runs through links and emphasis", () => {
    expect(textsOf("<p>The <a href=x>vote</a> was <em>nine</em>-to-<b>four</b>.</p>")).toEqual(["The vote was nine-to-four."]);
  });

  it("collapses white space as CSS does, across elements too, and trims it", () => {
    expect(textsOf("<p>\n  One \t<b> two</b>\n\n three  </p>")).toEqual(["One two three"]);
  });

  it("keeps no-break spaces and preserved white space", () => {
    expect(textsOf("<p>12&nbsp;per  cent</p>")).toEqual(["12\u00a0per cent"]);
    expect(textsOf('<p style="white-space: pre-wrap">a  b\nc</p>')).toEqual(["a  b\nc"]);
    expect(textsOf('<p style="white-space: pre-line">a  b\n c</p>')).toEqual(["a b\nc"]);
  });

  it("has a newline for a <br> and parts at two", () => {
    expect(textsOf("<p>One <br> two<br><br>three<br>&nbsp;<br>four</p>")).toEqual(["One\ntwo", "three", "four"]);
  });

  it("leaves out what shows nothing", () => {
    expect(textsOf("<p>of&shy;fice\u200b hours\ufeff, con<wbr>crete 👩\u200d🚒</p>")).toEqual(["office hours, concrete 👩\u200d🚒"]);
  });

  it("has ligatures as letters", () => {
    expect(textsOf("<p>The ﬁrst oﬃce</p>")).toEqual(["The first office"]);
    expect(spansOf("<p>The ﬁrst oﬃce. No.</p>", "first office.")).toEqual(["ﬁrst oﬃce."]);
  });

  it("is well-formed where the page is not", () => {
    const [block] = blocksOf("<p>x</p>");
    block!.map.nodes()[0]!.data = "a\ud800b";
    expect(Array.from(collectBlocks(block!.element, EVERYTHING), ({ map }) => map.text)).toEqual(["a\ufffdb"]);
  });
});

describe("spans", () => {
  it("reach across links and emphasis in one piece", () => {
    expect(spansOf("<p>It is <em>a</em> <a href=x>fine</a> day. Yes.</p>", "It is a fine day.")).toEqual(["It is a fine day."]);
  });

  it("stop before a footnote mark and go on after it", () => {
    const html = '<p>Fares rose<sup><a href="#1">[1]</a></sup> by half. Then they fell.</p>';
    expect(textsOf(html)).toEqual(["Fares rose by half. Then they fell."]);
    expect(spansOf(html, "Fares rose by half.")).toEqual(["Fares rose", " by half."]);
  });

  it("cover what was left out between their characters", () => {
    expect(spansOf("<p>an of&shy;fice.</p>", "office.")).toEqual(["of\u00adfice."]);
  });

  it("begin and end inside a text node", () => {
    expect(spansOf("<p>One. Two. Three.</p>", "Two.")).toEqual(["Two."]);
  });

  it("are none where there is only a line break", () => {
    const [block] = blocksOf("<p>a<br>b</p>");
    expect(block!.map.spans(1, 2)).toEqual([]);
  });
});

describe("a place on the page", () => {
  it("has its offset in the text", () => {
    const [block] = blocksOf("<p>  One <b>two</b> three</p>");
    const [one, two] = block!.map.nodes();
    expect(block!.map.offsetOf(one!, 3)).toBe(1);
    expect(block!.map.offsetOf(two!, 2)).toBe(6);
    expect(block!.map.offsetOf(two!.ownerDocument.createTextNode("else"), 0)).toBeNull();
  });
});

describe("property: what is painted is what was classified", () => {
  const text = fc.stringMatching(/^[a-zA-Z.,!? \n\u00a0\u00ad\u200b’—é😀]{0,14}$/u);
  const node: fc.Memo<string> = fc.memo((depth) =>
    depth <= 1
      ? text
      : fc.oneof(
          text,
          fc.constantFrom("<br>", "<wbr>", "<!-- note -->", '<sup><a href="#n">[2]</a></sup>', "<script>not()</script>", "<svg><text>no</text></svg>"),
          fc
            .tuple(
              fc.constantFrom("span", "em", "a href=u", "b", "p", "div", "li", "blockquote", "td", "h2", "code"),
              fc.constantFrom("", "display: none", "visibility: hidden", "white-space: pre-wrap", "white-space: pre-line", "display: inline", "display: block"),
              fc.array(node(), { maxLength: 4 }),
            )
            .map(([tag, style, children]) => `<x-${style.includes("inline") ? "inline" : tag.split(" ")[0]!} style="${style}">${children.join("")}</x-${style.includes("inline") ? "inline" : tag.split(" ")[0]!}>`),
        ),
  );
  /** What neither the reader nor the model sees, or sees as any white space. */
  const bare = (value: string): string => value.toWellFormed().replace(/[\s\u00ad\u200b\u2060\ufeff]/g, "");

  it("on random trees and random sentences", () => {
    const { body } = page("<body></body>");
    fc.assert(
      fc.property(fc.array(node(4), { maxLength: 6 }), fc.nat(), fc.nat(), (html, a, b) => {
        body.innerHTML = html.join("");
        for (const { map } of collectBlocks(body, EVERYTHING)) {
          expect(map.text).toBe(map.text.trim());
          expect(map.text).not.toMatch(/\n\n/);
          const whole = map.spans(0, map.text.length);
          expect(bare(painted(whole))).toBe(bare(map.text));
          const [start, end] = [a % map.text.length, (b % map.text.length) + 1].sort((x, y) => x - y) as [number, number];
          expect(bare(painted(map.spans(start, end)))).toBe(bare(map.text.slice(start, end)));
          const first = map.spans(start, start + 1)[0];
          if (first !== undefined) expect(map.offsetOf(first.startNode, first.startOffset)).toBe(start);
        }
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
