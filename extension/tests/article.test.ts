import { describe, expect, it } from "vitest";
import { findArticle } from "../src/content/article.js";
import { collectBlocks } from "../src/content/blocks.js";
import { page, testStyle } from "./page.js";

const PARAGRAPH =
  "The council approved the plan in March by nine votes to four, and the mayor, who had long opposed it, said nothing at all about the matter in public.";

function read(html: string): { texts: string[]; isGuess: boolean | undefined } {
  const document = page(html);
  const article = findArticle(document);
  if (article === null) return { texts: [], isGuess: undefined };
  const options = { scope: article.scope, style: testStyle, readsLanguage: () => true, proseOnly: article.isGuess };
  const texts = Array.from(collectBlocks(article.root, options), (block) => block.map.text);
  return { texts, isGuess: article.isGuess };
}

const article = (extra = ""): string => `<article><h1>A title</h1>
  ${Array.from({ length: 6 }, (_, i) => `<p>Paragraph ${i}. ${PARAGRAPH}</p>`).join("")}${extra}</article>`;

describe("the article", () => {
  it("is found, and its surroundings are not taken for it", () => {
    const { texts, isGuess } = read(`<body><nav><ul><li><a href="/">Home</a></li></ul></nav>${article()}
      <aside><p>About this blog. ${PARAGRAPH}</p></aside>
      <section id="comments">${`<p>A comment. ${PARAGRAPH}</p>`.repeat(20)}</section>
      <div class="related-posts"><p>A teaser. ${PARAGRAPH}</p></div><footer><p>All rights reserved.</p></footer></body>`);
    expect(isGuess).toBe(false);
    expect(texts).toHaveLength(7);
    for (const text of texts) expect(text).toMatch(/^(A title$|Paragraph \d\.)/);
  });

  it("keeps its own lists, quotes and headings, without share buttons and the like among them", () => {
    const { texts } = read(`<body>${article(`<h2>Why it matters to all</h2><ul><li>A point. ${PARAGRAPH}</li></ul>
      <blockquote><p>A quote. ${PARAGRAPH}</p></blockquote>
      <div class="share-buttons"><p>Share this post with all of your friends.</p></div>
      <div class="newsletter-signup"><p>Subscribe, and never miss a post of ours.</p></div>`)}</body>`);
    expect(texts.filter((text) => text.startsWith("A point.") || text.startsWith("A quote."))).toHaveLength(2);
    expect(texts.join(" ")).not.toMatch(/Share this|Subscribe/);
  });

  it("is not lost to a class that speaks of comments or shares", () => {
    const { texts } = read(`<body class="has-comments"><div class="post share-enabled comments-open">${article()}</div></body>`);
    expect(texts).toHaveLength(7);
  });

  it("is not lost in wrappers that hold nothing but each other", () => {
    const lines = Array.from({ length: 8 }, (_, i) => `Line ${i}. ${PARAGRAPH}`).join("<br><br>");
    const { texts } = read(`<body><div class="a"><div class="b"><div class="c">${lines}</div></div></div></body>`);
    expect(texts).toHaveLength(8);
  });

  it("is guessed where Readability finds none: prose only, without the page's furniture", () => {
    const { texts, isGuess } = read("<body><nav><p>This is a menu, and a long one.</p></nav><p>A short note, but a whole one.</p><p>Log in</p></body>");
    expect(isGuess).toBe(true);
    expect(texts).toEqual(["A short note, but a whole one."]);
  });

  it("may not be there at all", () => {
    expect(read("<body></body>").texts).toEqual([]);
  });

  it("is found without changing the page, even for a moment", async () => {
    const document = page(`<body>${article('<a href="javascript:go()">a link</a>')}<div class="comments"><p>No.</p></div></body>`);
    const before = document.documentElement.outerHTML;
    let changes = 0;
    const observer = new document.defaultView!.MutationObserver((records) => {
      changes += records.length;
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    findArticle(document);
    await Promise.resolve();
    expect(changes).toBe(0);
    expect(document.documentElement.outerHTML).toBe(before);
  });
});
