import { describe, expect, it } from "vitest";
import { textsOf } from "./page.js";

/** What is taken of a page with one paragraph of an article and this after it. */
function takenWith(html: string): string[] {
  return textsOf(`<p>The paragraph.</p>${html}<p>The end.</p>`).slice(1, -1);
}

describe("what stands between an article's paragraphs", () => {
  it.each([
    ["a date", "<p>Published: Tue, Nov 19, 2019 | Updated 11:05 a.m. EST</p>"],
    ["a date that is one word", "<p>Today 12:01 AM</p>"],
    ["a date in another language", "<p>sexta-feira, 22 de outubro de 2010 às 20:13</p>"],
    ["a byline", "<p>By Ann Lee and Bo Chan, Staff Writers - 11/18/19 11:04 PM EST</p>"],
    ["a credit", "<p>Photo: Ann Lee, Harlow Pictures</p>"],
    ["a picture's text and its credit", "<p>The old bridge in the rain (Image: GETTY)</p>"],
    ["a caption with a credit", "<figure><figcaption>The old bridge in the rain. Photo by Ann Lee</figcaption></figure>"],
    ["a caption with a credit of its own", '<figure><figcaption>The old bridge.<p class="credit">Ann Lee</p></figcaption></figure>'],
    ["a caption whose credit runs on", "<figure><figcaption>The bridge at dusk<span>Credit: EPA</span></figcaption></figure>"],
    ["who worked on it", "<p>(Reporting by Ann Lee; editing by Bo Chan)</p>"],
    ["who else worked on it", "<p>Cy Dunn contributed to this report.</p>"],
    ["a copyright", "<p>© 2019 The Bay Ledger. All rights reserved.</p>"],
    ["a link elsewhere", '<p>Read more: <a href="/x">The bridge is closed again</a></p>'],
    ["links elsewhere, in rows", '<p>DON’T MISS<br><a href="/x">The bridge is closed for the third time this year, and nobody can say why</a> [VIDEO]<br><a href="/y">The mill is for sale, with all of its machines and the family that runs them</a></p>'],
    ["bare addresses", "<p>More: https://news.example/bridge and https://news.example/mill</p>"],
    ["what announces only links", '<h3>Related</h3><ul><li><a href="/x">The bridge is closed again</a></li></ul>'],
    ["links with words of their own, below what announces them", '<h3>More great stories</h3><ul><li>The bridge, <a href="/x">which is closed again</a></li><li><a href="/y">The mill is for sale</a></li></ul>'],
    ["an address that is announced", "<p>Follow all that we know of the vote at https://news.example/vote</p>"],
    ["a copyright without a year", "<p>Copyright ⓒ The Bay Ledger</p>"],
    ["an invitation to write", "<p>Have you seen it? Let us know in the comments.</p>"],
    ["an invitation", '<p>Sign up <a href="/n">here</a> for our newsletter and never miss a story.</p>'],
    ["an invitation to follow", '<p>Follow Ann Lee on <a href="/t">Twitter</a>.</p>'],
    ["what may be earned by it", '<p>We may earn a commission when you buy through <a href="/x">links</a>.</p>'],
    ["a sign", "<p>Advertisement</p><p>Story continues below</p><p>Leave a comment</p><p>Share this:</p>"],
  ])("%s is not taken", (_, html) => {
    expect(takenWith(html)).toEqual([]);
  });

  it.each([
    ["The vote was held on Tuesday, 4 March 2025, at 10:05 in the morning.", "a sentence with a date"],
    ["By Monday the council had failed to agree on anything.", "a sentence that begins as a byline does"],
    ["Photo editors, she says, are the last to be asked.", "a sentence that begins as a credit does"],
    ["Read more books, he told them, and watch less of this.", "a sentence that begins as a link elsewhere does"],
    ["You should subscribe to the view that nobody knows.", "a sentence about subscribing"],
    ["The paper has held the copyright since 1904 and will not let it go.", "a sentence about a copyright"],
    ["More than half of them contributed to the fund.", "a sentence about a contribution"],
    ["It is the one cause that she has contributed to.", "a sentence that ends with a contribution"],
    ["The 2019 vote ended at 10:05 in an uproar.", "a sentence with a year and a time"],
    ["It was a disaster from the first day (video).", "a sentence with a remark in brackets"],
    ["Half of the town has had to sign up for food aid today.", "a claim about signing up"],
    ["I follow the mayor on Twitter, alas.", "a sentence about following"],
    ["Agents may earn a commission of three per cent.", "a sentence about a commission"],
    ["The diaries may not be published before 2040.", "a sentence about publishing"],
  ])("%s is taken: %s", (text) => {
    expect(takenWith(`<p>${text}</p>`)).toEqual([text]);
  });

  it("is not a caption without a credit, a heading above text, nor a paragraph with links", () => {
    expect(takenWith("<figure><img><figcaption>The bridge at dusk.</figcaption></figure>")).toEqual(["The bridge at dusk."]);
    expect(takenWith("<h2>What comes next</h2>")).toEqual(["What comes next"]);
    expect(takenWith('<h2>More money than sense</h2><p>The <a href="/x">council has now</a> bought a pier.</p>')).toHaveLength(2);
    expect(takenWith('<p>More than <a href="/x">300 people in the town signed a petition</a> against it.</p>')).toHaveLength(1);
    const linked = 'The plan, <a href="/a">which was drawn by the engineers of the county</a>, is <a href="/b">the third</a>.';
    expect(takenWith(`<p>${linked}</p>`)).toHaveLength(1);
  });
});
