import { describe, expect, it } from "vitest";
import { findArticle, type Article } from "../src/content/article.js";
import { collectBlocks } from "../src/content/blocks.js";
import { Pace } from "../src/content/pace.js";
import { NUMBERED, type Readable } from "../src/shared/readable.js";
import { page, testStyle } from "./page.js";

const PARAGRAPH =
  "The council approved the plan in March by nine votes to four, and the mayor, who had long opposed it, said nothing at all about the matter in public.";

/** Where there is no background to judge. */
function find(document: Document): Promise<Article | null> {
  return findArticle(document, () => Promise.resolve(undefined), new Pace(), new AbortController().signal);
}

async function read(html: string): Promise<{ texts: string[]; isGuess: boolean | undefined }> {
  const document = page(html);
  const article = await find(document);
  if (article === null) return { texts: [], isGuess: undefined };
  const options = { scope: article.scope, style: testStyle, proseOnly: article.isGuess };
  const texts = Array.from(collectBlocks(article.root, options), (block) => block.map.text);
  return { texts, isGuess: article.isGuess };
}

const article = (extra = ""): string => `<article><h1>A title</h1>
  ${Array.from({ length: 6 }, (_, i) => `<p>Paragraph ${i}. ${PARAGRAPH}</p>`).join("")}${extra}</article>`;

describe("the article", () => {
  it("is found, and its surroundings are not taken for it", async () => {
    const { texts, isGuess } = await read(`<body><nav><ul><li><a href="/">Home</a></li></ul></nav>${article()}
      <aside><p>About this blog. ${PARAGRAPH}</p></aside>
      <section id="comments">${`<p>A comment. ${PARAGRAPH}</p>`.repeat(20)}</section>
      <div class="related-posts"><p>A teaser. ${PARAGRAPH}</p></div><footer><p>All rights reserved.</p></footer></body>`);
    expect(isGuess).toBe(false);
    expect(texts).toHaveLength(7);
    for (const text of texts) expect(text).toMatch(/^(A title$|Paragraph \d\.)/);
  });

  it("keeps its own lists, quotes and headings, without share buttons and the like among them", async () => {
    const { texts } = await read(`<body>${article(`<h2>Why it matters to all</h2><ul><li>A point. ${PARAGRAPH}</li></ul>
      <blockquote><p>A quote. ${PARAGRAPH}</p></blockquote>
      <div class="share-buttons"><p>Share this post with all of your friends.</p></div>
      <div class="newsletter-signup"><p>Subscribe, and never miss a post of ours.</p></div>`)}</body>`);
    expect(texts.filter((text) => text.startsWith("A point.") || text.startsWith("A quote."))).toHaveLength(2);
    expect(texts.join(" ")).not.toMatch(/Share this|Subscribe/);
  });

  it("is not lost to a class that speaks of comments or shares", async () => {
    const { texts } = await read(`<body class="has-comments"><div class="post share-enabled comments-open">${article()}</div></body>`);
    expect(texts).toHaveLength(7);
  });

  it("is not lost in wrappers that hold nothing but each other", async () => {
    const lines = Array.from({ length: 8 }, (_, i) => `Line ${i}. ${PARAGRAPH}`).join("<br><br>");
    const { texts } = await read(`<body><div class="a"><div class="b"><div class="c">${lines}</div></div></div></body>`);
    expect(texts).toHaveLength(8);
  });

  it("is found again where its paragraphs are divs, which Readability replaces", async () => {
    const lines = Array.from({ length: 6 }, (_, i) => `<div class="p">Line ${i}. ${PARAGRAPH}</div>`).join("");
    const { texts } = await read(`<body><main><div class="story">${lines}</div></main><footer><div>Line 1. Another.</div></footer></body>`);
    expect(texts.map((text) => text.slice(0, 7))).toEqual(["Line 0.", "Line 1.", "Line 2.", "Line 3.", "Line 4.", "Line 5."]);
  });

  it("is not the footer, however long that is", async () => {
    const notice = `<div>${`<p>A notice. ${PARAGRAPH}</p>`.repeat(5)}</div>`;
    const { texts } = await read(`<body><div><div><p>Short. ${PARAGRAPH}</p></div><div><p>Too. ${PARAGRAPH}</p></div></div><footer>${notice}</footer></body>`);
    expect(texts.join(" ")).not.toMatch(/A notice/);
  });

  it("is not the posts that are announced in it or beside it, be they longer", async () => {
    const post = (i: number, rest = ""): string =>
      `<article class="hentry"><h2><a href="/${i}">Post ${i}</a></h2><p>Teaser ${i}. ${PARAGRAPH}</p>${rest}</article>`;
    const posts = Array.from({ length: 8 }, (_, i) => post(i)).join("");
    const { texts } = await read(`<body><main><article><h1>A title</h1><p>The post. ${PARAGRAPH}</p><p>Its end. ${PARAGRAPH}</p></article>
      <article><h3>Read these too</h3>${posts}</article></main></body>`);
    expect(texts.filter((text) => /^(The post|Its end)/.test(text))).toHaveLength(2);
    expect(texts.join(" ")).not.toMatch(/Teaser/);
  });

  it("is every entry of a live blog", async () => {
    const entry = (i: number): string => `<article><h2>Entry ${i}</h2><p>News ${i}. ${PARAGRAPH}</p></article>`;
    const { texts } = await read(`<body><main><article><h1>Live: the vote</h1><p>So far. ${PARAGRAPH}</p>
      <p>Later. ${PARAGRAPH}</p>${Array.from({ length: 5 }, (_, i) => entry(i)).join("")}</article></main></body>`);
    expect(texts.filter((text) => text.startsWith("News"))).toHaveLength(5);
  });

  it("is every post of a front page", async () => {
    const post = (i: number): string =>
      `<article class="hentry"><h2><a href="/${i}">Post ${i}</a></h2>${`<p>Text ${i}. ${PARAGRAPH}</p>`.repeat(2)}</article>`;
    const { texts } = await read(`<body><h1>The blog</h1><main>${Array.from({ length: 5 }, (_, i) => post(i)).join("")}</main></body>`);
    expect(texts.filter((text) => text.startsWith("Text"))).toHaveLength(10);
  });

  it("is not lost to the name of its subject, of its layout, nor of a heading", async () => {
    const paragraphs = Array.from({ length: 6 }, (_, i) => `<p>Paragraph ${i}. ${PARAGRAPH}</p>`).join("");
    const sections = Array.from(
      { length: 6 },
      (_, i) => `<div id="sharing-code-with-other-people-${i}"><h2>Part ${i}</h2><p>Paragraph ${i}. ${PARAGRAPH}</p></div>`,
    ).join("");
    for (const html of [
      `<div class="content-with-sidebar"><article class="post category-social tag-comments">${paragraphs}</article></div>`,
      `<main class="no-sidebar"><article class="post social-enabled">${paragraphs}</article></main>`,
      `<div class="doc">${sections}</div>`,
      `<div class="body">${paragraphs.replaceAll("<p>", '<p class="paywall">')}</div>`,
    ]) {
      expect((await read(`<body>${html}</body>`)).texts.filter((text) => text.startsWith("Paragraph"))).toHaveLength(6);
    }
  });

  it("keeps what it quotes from a social network", async () => {
    const quote = `<div class="social-media-embed"><blockquote class="social-post"><p>It is a scandal. <a href="/1">example.com/1</a></p></blockquote></div>`;
    const { texts } = await read(`<body>${article(quote)}</body>`);
    expect(texts.at(-1)).toBe("It is a scandal. example.com/1");
  });

  it("is guessed where Readability finds none: prose only, without the page's furniture", async () => {
    const { texts, isGuess } = await read("<body><nav><p>This is a menu, and a long one.</p></nav><p>A short note, but a whole one.</p><p>Log in</p></body>");
    expect(isGuess).toBe(true);
    expect(texts).toEqual(["A short note, but a whole one."]);
  });

  it("is what is judged to be it elsewhere, if somebody is there to do it", async () => {
    const document = page(`<body>${article()}<p id="other">Another paragraph, and it is a whole one.</p></body>`);
    const judgedAs = async (judge: (transcript: string) => Readable | null | undefined): Promise<Article> => {
      const found = await findArticle(document, (transcript) => Promise.resolve(judge(transcript)), new Pace(), new AbortController().signal);
      return found!;
    };
    const other = document.getElementById("other")!;
    const number = (transcript: string): number => Number(new RegExp(`${NUMBERED}(\\d+)="" id="other"`).exec(transcript)![1]);
    expect((await judgedAs((transcript) => ({ kept: [number(transcript)], made: [] }))).scope(other)).toBe("own");
    expect((await judgedAs(() => null)).isGuess).toBe(true);
    expect((await judgedAs(() => undefined)).scope(document.querySelector("article p")!)).toBe("own");
  });

  it("is not found when nobody wants it any more", async () => {
    const stop = new AbortController();
    const judge = (): Promise<undefined> => {
      stop.abort();
      return Promise.resolve(undefined);
    };
    expect(await findArticle(page(`<body>${article()}</body>`), judge, new Pace(), stop.signal)).toBeNull();
  });

  it("may not be there at all", async () => {
    expect((await read("<body></body>")).texts).toEqual([]);
  });

  it("is found without changing the page, even for a moment", async () => {
    const document = page(`<body>${article('<a href="javascript:go()">a link</a>')}<div class="comments"><p>No.</p></div></body>`);
    const before = document.documentElement.outerHTML;
    let changes = 0;
    const observer = new document.defaultView!.MutationObserver((records) => {
      changes += records.length;
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    await find(document);
    expect(changes).toBe(0);
    expect(document.documentElement.outerHTML).toBe(before);
  });
});
