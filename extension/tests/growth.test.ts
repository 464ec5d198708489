import { describe, expect, it } from "vitest";
import type { Article } from "../src/content/article.js";
import { Growth } from "../src/content/growth.js";
import { page } from "./page.js";

/** A page whose elements of class "own" are the article's, with those that lead to them. */
function grow(html: string): { document: Document; growth: Growth; add: (where: string, html: string, place?: InsertPosition) => Element } {
  const document = page(html);
  const article: Article = {
    root: document.body,
    isGuess: false,
    judged: new Set(document.querySelectorAll("*")),
    scope: (element) => (element.matches(".own, .own *") ? "own" : element.querySelector(".own") === null ? "out" : "through"),
  };
  // What Readability kept it kept once: an element that comes later with that class is not known to it.
  const kept = new Map([...document.querySelectorAll("*")].map((element) => [element, article.scope(element)]));
  const growth = new Growth(document, { ...article, scope: (element) => kept.get(element) ?? "out" });
  const add = (where: string, added: string, place: InsertPosition = "beforeend"): Element => {
    const template = document.createElement("template");
    template.innerHTML = added;
    const element = template.content.firstElementChild!;
    document.querySelector(where)!.insertAdjacentElement(place, element);
    return element;
  };
  return { document, growth, add };
}

const PAGE = `<body><header></header><main><article class="post"><p class="own">One.</p></article><article class="post"><p class="own">Two.</p></article>
  <div class="teaser"><p>No.</p></div></main><div id="app"><p>No.</p></div></body>`;

describe("what comes into a page", () => {
  it("is the article's inside of its text", () => {
    const { growth, add } = grow(PAGE);
    expect(growth.scope(add(".own", "<em>and more</em>"))).toBe("own");
  });

  it("is the article's beside its kind, and so is what comes beside that", () => {
    const { growth, add } = grow(PAGE);
    expect(growth.scope(add("main", '<article class="post" id="third"><p>Three.</p></article>'))).toBe("own");
    expect(growth.scope(add("main", '<article class="post"><p>Four.</p></article>'))).toBe("own");
    expect(growth.scope(add("article", '<p class="own">Zero.</p>', "afterbegin"))).toBe("own");
  });

  it("is not the article's beside other things", () => {
    const { growth, add } = grow(PAGE);
    expect(growth.scope(add("main", '<div class="teaser"><p>No.</p></div>'))).toBe("out");
    expect(growth.scope(add("main", '<div class="modal"><p>No.</p></div>'))).toBe("out");
    expect(growth.scope(add("body", "<main><p>A box of its own.</p></main>"))).toBe("out");
    expect(growth.scope(add("#app", "<p>Beside what was left out.</p>"))).toBe("out");
  });

  it("is not the article's where its name says what else it is", () => {
    const { growth, add } = grow(PAGE);
    expect(growth.scope(add(".own", '<div class="newsletter-signup">No.</div>', "beforeend"))).toBe("out");
    expect(growth.scope(add(".own", '<section id="comments">No.</section>'))).toBe("out");
  });

  it("is not looked for where it cannot be", () => {
    const { document, growth, add } = grow(PAGE);
    expect(growth.isOutside(document.querySelector(".teaser p")!)).toBe(true);
    expect(growth.isOutside(document.querySelector("header")!)).toBe(true);
    expect(growth.isOutside(document.querySelector(".own")!)).toBe(false);
    expect(growth.isOutside(add(".own", "<em>more</em>"))).toBe(false);
  });

  it("may be so much that it is another page, or come in the place of the article", () => {
    const { document, growth, add } = grow(PAGE);
    expect(growth.isOutgrown(document)).toBe(false);
    add("#app", `<p>${"More and more. ".repeat(500)}</p>`);
    expect(growth.isOutgrown(document)).toBe(true);
    const other = grow(PAGE);
    other.document.documentElement.replaceChild(other.document.createElement("body"), other.document.body);
    expect(other.growth.isOutgrown(other.document)).toBe(true);
  });
});
