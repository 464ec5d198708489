import fc from "fast-check";
import { JSDOM } from "jsdom";
import JSDOMParser from "@mozilla/readability/JSDOMParser.js";
import { describe, expect, it } from "vitest";
import { transcribe, type Transcript } from "../src/content/transcript.js";
import { NUMBERED } from "../src/shared/readable.js";

function finish(page: Document, meanwhile: (step: number) => void = () => undefined): Transcript {
  const work = transcribe(page);
  for (let count = 0; ; count++) {
    const step = work.next();
    if (step.done === true) return step.value;
    meanwhile(count);
  }
}

function pageOf(html: string): Document {
  return new JSDOM(html).window.document;
}

function parsed({ text }: Transcript): Element[] {
  return Array.from(new JSDOMParser().parse(text).getElementsByTagName("*"));
}

function numberOf(element: Element): number {
  const [name] = Array.from(element.attributes, (attribute) => attribute.name).filter((each) => each.startsWith(NUMBERED));
  return Number(name?.slice(NUMBERED.length));
}

const text = fc.string({ unit: fc.constantFrom(..."ab <>&\"'/=!-]\u00a0é".split(""), "😀"), maxLength: 12 });

interface Tree {
  name: string;
  id: string;
  children: (Tree | string)[];
}

const tree: fc.Memo<Tree | string> = fc.memo((depth) =>
  depth <= 1
    ? text
    : fc.oneof(
        text,
        fc.record({ name: fc.constantFrom("div", "p", "b", "br", "img", "x-y", "o:p", "TABLE"), id: text, children: fc.array(tree(), { maxLength: 4 }) }),
      ),
);

function build(page: Document, node: Tree | string): Node {
  if (typeof node === "string") return page.createTextNode(node);
  const element = page.createElement(node.name);
  element.id = node.id;
  element.append(...node.children.map((child) => build(page, child)));
  return element;
}

describe("the transcript of a page", () => {
  it("reads as the page does, element for element", () => {
    const page = pageOf("");
    fc.assert(
      fc.property(fc.array(tree(4), { maxLength: 5 }), (trees) => {
        page.body.replaceChildren(...trees.map((each) => build(page, each)));
        const transcript = finish(page);
        const elements = parsed(transcript);
        expect(elements.map((element) => transcript.elements[numberOf(element)])).toEqual([...page.querySelectorAll("*")]);
        for (const element of elements) {
          const original = transcript.elements[numberOf(element)]!;
          expect(element.textContent).toBe(original.textContent);
          expect(element.id).toBe(original.id);
        }
      }),
    );
  });

  it("is of one piece, whatever the page does while it is written", () => {
    const page = pageOf("");
    fc.assert(
      fc.property(fc.array(tree(4), { minLength: 1, maxLength: 5 }), fc.array(fc.tuple(fc.nat(40), fc.nat(20), tree(2)), { maxLength: 6 }), (trees, changes) => {
        page.body.replaceChildren(...trees.map((each) => build(page, each)));
        const transcript = finish(page, (step) => {
          for (const [when, where, what] of changes) {
            if (when !== step) continue;
            const elements = page.body.querySelectorAll("*");
            elements[where % elements.length]?.replaceWith(build(page, what));
          }
        });
        const numbers = parsed(transcript).map(numberOf);
        expect(numbers).toEqual([...new Set(numbers)]);
        expect(Math.max(...numbers)).toBeLessThan(transcript.elements.length);
      }),
    );
  });

  it("has nothing of code and comments, and no number twice", () => {
    const page = pageOf("<body><script>go()</script><div id='comments'><p>A comment.</p></div><p>Text.</p><svg><text>A drawing.</text></svg></body>");
    expect(finish(page).text.replace(/<[^>]*>/g, "")).toBe("Text.");
  });

  it("keeps a quotation within a quotation where it is", () => {
    const page = pageOf("<body><p>The beginning.</p><div class='social'><blockquote>She said: <blockquote>He said it, and she said it.</blockquote></blockquote></div></body>");
    const elements = parsed(finish(page));
    expect(elements.filter(({ localName }) => localName === "blockquote").map((quote) => quote.textContent)).toEqual([
      "She said: He said it, and she said it.",
      "He said it, and she said it.",
    ]);
    expect(elements.map(({ className }) => className)).not.toContain("social");
  });

  it("can be sent: half a character is none", () => {
    const page = pageOf("<p>a</p>");
    page.querySelector("p")!.textContent = "a\ud800b";
    expect(finish(page).text).toContain(">a\ufffdb<");
  });

  it("is of what can be seen, as far as that is said by an attribute", () => {
    const page = pageOf(`<body><p style="color: red">a</p><p style="COLOR: red; display : none !important">b</p>
      <p style="visibility:hidden">c</p><div hidden><p>d</p></div></body>`);
    const transcript = finish(page);
    expect(transcript.text.replace(/<[^>]*>/g, "").trim()).toBe("a");
    expect(transcript.elements.map(({ localName }) => localName)).toEqual(["html", "head", "body", "p"]);
  });
});
