import { describe, expect, it } from "vitest";
import { parentOf } from "../src/content/flat-tree.js";
import { page } from "./page.js";

describe("the parent in the layout", () => {
  it("is the host for what is directly in a shadow root", () => {
    const { body } = page("<div></div>");
    const host = body.querySelector("div")!;
    const root = host.attachShadow({ mode: "open" });
    root.innerHTML = "<p><em>Inside</em></p>";
    expect(parentOf(root.querySelector("p")!)).toBe(host);
    expect(parentOf(root.querySelector("em")!)).toBe(root.querySelector("p"));
  });

  it("is the link for what is in a link, which has a host of another sort", () => {
    const { body } = page('<a href="http://blog.example/"><em>Linked</em></a>');
    expect(parentOf(body.querySelector("em")!)).toBe(body.querySelector("a"));
  });

  it("is nothing for what is in no tree", () => {
    const { body } = page("<p></p>");
    const fragment = body.ownerDocument.createDocumentFragment();
    fragment.append(body.querySelector("p")!);
    expect(parentOf(fragment.firstElementChild!)).toBeNull();
  });
});
