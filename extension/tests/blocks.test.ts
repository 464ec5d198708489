import { describe, expect, it } from "vitest";
import { collectBlocks } from "../src/content/blocks.js";
import type { StyleReader } from "../src/content/element-style.js";
import { EVERYTHING, blocksOf, page, textsOf } from "./page.js";

describe("blocks", () => {
  it("are paragraphs, items, cells, quotes, captions and headings", () => {
    const html = `<h2>A heading</h2><p>One.</p><ul><li>Two.</li><li>Three.</li></ul><blockquote>Four.</blockquote>
      <table><tr><td>Five.</td><th>Six.</th></tr></table><figure><figcaption>Seven.</figcaption></figure><dl><dt>Eight</dt><dd>Nine.</dd></dl>`;
    expect(textsOf(html)).toEqual("A heading|One.|Two.|Three.|Four.|Five.|Six.|Seven.|Eight|Nine.".split("|"));
  });

  it("are split around blocks inside them, and each knows its element", () => {
    const blocks = blocksOf("<div>Before <b>it</b>.<p>Inside.</p>After it.</div>");
    expect(blocks.map((block) => [block.map.text, block.element.localName])).toEqual([
      ["Before it.", "div"],
      ["Inside.", "p"],
      ["After it.", "div"],
    ]);
  });

  it("are not split by an inline element that only looks like a block, nor joined by a block that looks inline", () => {
    expect(textsOf('<p>One <div style="display: inline">two</div></p>')).toEqual(["One", "two"]); // HTML closes the p
    expect(textsOf('<section>One <div style="display: inline">two</div> three.</section>')).toEqual(["One two three."]);
    expect(textsOf('<section>One <span style="display: block">two</span> three.</section>')).toEqual(["One", "two", "three."]);
  });

  it("go through a link around blocks", () => {
    expect(textsOf('<a href=x><h2>A title of its own</h2></a><p>Text. <a href=x>Link</a></p>')).toEqual(["Text. Link"]);
  });

  it("let their text go on around what is out of the line", () => {
    const html = '<p>The fare<span style="float: right">A note beside it.</span> rose.</p>';
    expect(textsOf(html).sort()).toEqual(["A note beside it.", "The fare rose."]);
    expect(textsOf('<div><aside style="float: left">First.</aside> Then the rest.</div>')).toEqual(["First.", "Then the rest."]);
  });

  it("know what the page says of their language, of the innermost element that says anything", () => {
    const html = '<p>a</p><div lang="fr"><p>b</p><p lang="en">c</p><p>d <i lang="de">e</i></p></div>';
    expect(blocksOf(html).map(({ lang }) => lang)).toEqual(["", "fr", "en", "fr"]);
  });

  it("have their text in the order of the layout: shadow trees in their hosts, slotted text in its slot", () => {
    const document_ = page("<p>Before.</p><x-card><span>A title.</span> Slotted text.</x-card><p>After.</p>");
    const shadow = document_.querySelector("x-card")!.attachShadow({ mode: "open" });
    shadow.innerHTML = '<p>In the shadow, <slot></slot> and on.</p><slot name="none">A fallback.</slot>';
    const blocks = [...collectBlocks(document_.body, EVERYTHING)];
    const span = blocks[1]!.map.spans(0, blocks[1]!.map.text.length);
    expect(blocks.map(({ map }) => map.text)).toEqual(["Before.", "In the shadow, A title. Slotted text. and on.", "A fallback.", "After."]);
    for (const { startNode, endNode } of span) expect(startNode.getRootNode()).toBe(endNode.getRootNode());
  });

  it("survive nesting deeper than a call stack", () => {
    const document_ = page("<p>x </p>");
    let inner: Element = document_.body;
    for (let depth = 0; depth < 1_500; depth++) inner = inner.appendChild(document_.createElement("x-deep"));
    inner.append("deep.");
    // A style that does not look at ancestors: it is the walk that is tested here.
    const style: StyleReader = () => ({ flow: "inline", visible: true, whiteSpace: "collapse" });
    const texts = Array.from(collectBlocks(document_.body, { ...EVERYTHING, style }), ({ map }) => map.text);
    expect(texts).toEqual(["x deep."]);
  });
});

describe("what is left out", () => {
  it.each([
    ["hidden elements", '<p>Seen.<span style="display: none"> Not.</span></p>'],
    ["invisible text", '<p>Seen.<span style="visibility: hidden"> Not.</span></p>'],
    ["scripts and styles", "<p>Seen.<script>not()</script><style>p{}</style></p>"],
    ["code of its own", "<p>Seen.</p><pre>not()</pre><p><code>npm install it</code></p>"],
    ["formulas and drawings", "<p>Seen.<svg><text>Not.</text></svg><math><mi>x</mi></math></p>"],
    ["form fields", "<p>Seen.<textarea>Not.</textarea><button>Not.</button></p>"],
    ["editable regions", "<p>Seen.</p><div contenteditable>Not.</div>"],
    ["closed details", "<p>Seen.</p><details><p>Not.</p></details>"],
    ["a heading's anchor", '<h2>Seen.<a href="#s">¶</a></h2>'],
    ["teasers that are one link", '<p>Seen.</p><p><a href="/x">Ten more buses you must see</a></p>'],
    ["footnote marks", '<p>Seen.<sup id="r"><a href="#f">1</a></sup><a href="#n2">[2]</a></p>'],
    ["blocks without a letter", "<p>Seen.</p><p>***</p><p>1 2 3</p>"],
  ])("%s", (_, html) => {
    expect(textsOf(html)).toEqual(["Seen."]);
  });

  it("is not a power of ten, code within a sentence, or a foreign word", () => {
    expect(textsOf("<p>It is 10<sup>6</sup> strong.</p>")).toEqual(["It is 106 strong."]);
    expect(textsOf("<p>On <a href='#x'>May 9<sup>th</sup></a>, and <a href='#x'>x<sup>2</sup></a>.</p>")).toEqual(["On May 9th, and x2."]);
    expect(textsOf("<p>Call <code>run()</code> first.</p>")).toEqual(["Call run() first."]);
    expect(textsOf('<p>A <i lang="fr">coup</i> it was.</p>')).toEqual(["A coup it was."]);
    expect(textsOf("<details open><summary>A summary.</summary><p>Text.</p></details>")).toEqual(["A summary.", "Text."]);
  });

  it("shows again what is visible inside something hidden", () => {
    expect(textsOf('<p style="visibility: hidden">Not. <span style="visibility: visible">Seen.</span></p>')).toEqual(["Seen."]);
  });

  it("is everything but prose when the article had to be guessed", () => {
    const html = "<p>Sign in</p><p>The council approved the plan in March.</p><p>Popular now</p>";
    expect(textsOf(html, { proseOnly: true })).toEqual(["The council approved the plan in March."]);
  });
});
