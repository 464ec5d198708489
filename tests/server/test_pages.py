"""The pages for people: what they load, and that none of it is from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from server.segmentation import sentences
from tests.server.running import Running

PAGES = ("/", "/sample", "/docs")


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style") and data.strip():
            self.inline.append(data)

    def addresses(self) -> list[str]:
        return [value for _, attrs in self.tags for name in ("src", "href") if (value := attrs.get(name))]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_works_without_internet_and_under_its_policy(server: Running, path: str) -> None:
    reply = server.client.get(path)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    page = Page(reply.text)
    assert ("html", {"lang": "en"}) in page.tags
    assert page.inline == []
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on") or name == "style"], tag
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    for address in page.addresses():
        if address.startswith("#"):
            assert address[1:] in ids
        else:
            assert re.match(r"/(?!/)", address), address
            assert server.client.get(address).status_code == 200, address


@pytest.mark.parametrize("name", ["demo.css", "marks.css", "sample.css", "docs.css", "demo.js", "docs.js"])
def test_our_files_name_no_other_machine(server: Running, name: str) -> None:
    text = server.client.get(f"/static/{name}").text
    assert not re.search(r"https?://|@import|url\(", text)


def test_files_are_asked_about_again(server: Running) -> None:
    reply = server.client.get("/static/demo.js")
    assert reply.headers["Cache-Control"] == "no-cache"
    again = server.client.get("/static/demo.js", headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


def test_the_sample_is_a_blog_post(server: Running) -> None:
    text = server.client.get("/sample").text
    tags = [tag for tag, _ in Page(text).tags]
    assert {"article", "h1", "h2", "p", "li", "a", "em", "strong", "blockquote", "time"} <= set(tags)
    article = text[text.index("<article>") : text.index("</article>")]
    paragraphs = re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", article, re.DOTALL)
    prose = [re.sub(r"<[^>]+>", "", each).replace("&nbsp;", "\u00a0") for each in paragraphs]
    assert 15 <= sum(len(list(sentences(each))) for each in prose) <= 30
