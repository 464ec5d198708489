"""Web servers on loopback for the tests: the fixture pages, and something that is not Sayso."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

#: What a careful site sends: nothing inline, nothing from elsewhere, no connections at all.
STRICT_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)


class Quiet(BaseHTTPRequestHandler):
    """One request a connection: a connection kept alive would outlive its server, and go on answering."""

    def log_message(self, *_: object) -> None:
        """Keep the test output readable."""

    def reply(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)


class _Pages(Quiet):
    """Fixture files; `/generated/long.html?sentences=N` is `long_page`.

    `?csp` adds the strict policy, `?nocopy` forbids the clipboard.
    """

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = parse_qs(address.query, keep_blank_values=True)
        if address.path == "/generated/long.html":
            numbers = {name: int(values[0]) for name, values in query.items()}
            body = long_page(**numbers).encode()
            self.reply(200, TYPES[".html"], body)
            return
        file = PAGES / address.path.lstrip("/")
        if not file.is_file() or PAGES not in file.resolve().parents:
            self.reply(404, "text/plain", b"no such fixture")
            return
        extra = {"Content_Security_Policy": STRICT_CSP} if "csp" in query else {}
        if "nocopy" in query:
            extra["Permissions_Policy"] = "clipboard-write=(), clipboard-read=()"
        self.reply(200, TYPES[file.suffix], file.read_bytes(), **extra)


class _SomethingElse(Quiet):
    """A web server that has never heard of Sayso, and answers everything with a page."""

    def do_GET(self) -> None:
        self.reply(200, "text/html", b"<!doctype html><title>My router</title><h1>It works!</h1>")

    do_POST = do_GET


class _StillLoading(Quiet):
    """A Sayso server whose model never finishes loading, answering as the contract says."""

    health = "loading"
    version = "0.1.0"
    api = "v1"

    def do_GET(self) -> None:
        if self.path == "/health":
            health = {"name": "sayso", "version": self.version, "api": self.api, "status": self.health}
            health["model"] = {"id": "canned", "revision": "r1"} if self.health == "ready" else None
            self.reply(200, "application/json", json.dumps(health).encode())
        else:
            self.refuse()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.refuse()

    def refuse(self) -> None:
        error = {"code": "loading", "message": "The model is still loading.", "hint": "Try again soon."}
        self.reply(503, "application/json", json.dumps({"error": error}).encode(), Retry_After="1")


class _Failing(_StillLoading):
    """A Sayso server that says that it is ready and fails at everything that it is asked."""

    health = "ready"

    def refuse(self) -> None:
        error = {"code": "internal", "message": "The model broke.", "hint": ""}
        self.reply(500, "application/json", json.dumps({"error": error}).encode())


class _Refusing(_StillLoading):
    """A Sayso server that does not accept the extension."""

    health = "ready"

    def do_GET(self) -> None:
        self.refuse()

    def refuse(self) -> None:
        error = {"code": "origin_refused", "message": "Not for you.", "hint": "Ask nicely."}
        self.reply(403, "application/json", json.dumps({"error": error}).encode())


class _Old(_StillLoading):
    """A Sayso server of before the calls that the extension makes."""

    api = "v0"
    version = "0.0.9"
    health = "ready"

    def refuse(self) -> None:
        self.reply(404, "application/json", b'{"detail": "Not Found"}')


class _New(_Old):
    """A Sayso server of after them."""

    api = "v2"
    version = "7.0.0"


class _Answering(_StillLoading):
    """A Sayso server without a model: sentences end at a full stop, and are by turns opinion and claim.

    `Site.asked` lists the texts that it was asked about.
    """

    health = "ready"

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/explain":
            self.reply(200, "application/json", json.dumps({"words": weighed(content["sentence"])}).encode())
            return
        blocks = content["blocks"]
        lines: list[dict[str, object]] = []
        for block in blocks:
            self.server.asked.append(block["text"])  # type: ignore[attr-defined]
            lines.append({"id": block["id"], "sentences": canned(block["text"])})
        lines.append({"done": True, "model": {"id": "canned", "revision": ""}, "offset_unit": "utf16"})
        body = "".join(json.dumps(line) + "\n" for line in lines)
        self.reply(200, "application/jsonl", body.encode())


#: How sure it is of a passage's sentences, by turns.
CONFIDENCES = (0.95, 0.9, 0.7, 0.5)


class _Busy(_Answering):
    """A Sayso server whose queue is full at the first two requests."""

    def do_POST(self) -> None:
        turned_away: list[str] = self.server.turned_away  # type: ignore[attr-defined]
        if len(turned_away) < 2:
            turned_away.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            error = {"code": "too_busy", "message": "Too much.", "hint": ""}
            self.reply(429, "application/json", json.dumps({"error": error}).encode(), Retry_After="2")
        else:
            super().do_POST()


def canned(text: str) -> list[dict[str, object]]:
    """The sentences of a text, as `answering` has them; offsets in UTF-16 units."""
    sentences = []
    for number, found in enumerate(re.finditer(r"\S.*?(?:[.!?](?=\s)|$)", text, re.DOTALL | re.MULTILINE)):
        start, end = (len(text[:offset].encode("utf-16-le")) // 2 for offset in found.span())
        label = "fact" if number % 2 else "opinion"
        confidence = CONFIDENCES[number % len(CONFIDENCES)]
        sentences.append(
            {"start": start, "end": end, "label": label, "confidence": confidence, "mixed": False}
        )
    return sentences


def weighed(sentence: str) -> list[dict[str, object]]:
    """The words of a sentence: the first speaks for the answer and the second against it."""
    words = []
    for number, found in enumerate(re.finditer(r"\w+", sentence)):
        start, end = (len(sentence[:offset].encode("utf-16-le")) // 2 for offset in found.span())
        words.append({"start": start, "end": end, "weight": {0: 0.5, 1: -0.25}.get(number, 0.001)})
    return words


class _Slow(_Answering):
    """One that takes a while for each request."""

    def do_POST(self) -> None:
        time.sleep(0.3)
        super().do_POST()


class _Doubting(_Answering):
    """One that is unsure of each passage's second sentence: those come when `Site.decided` is set.

    Where `Site.breaks_off` is set before, they do not: the stream ends there.
    """

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "application/jsonl")
        self.end_headers()
        answers = [(block["id"], canned(block["text"])) for block in content["blocks"]]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            assert content["partial"] is True
            for block_id, sentences in answers:
                self.say(id=block_id, sentences=sentences[:1] + sentences[2:], partial=True)
            self.server.decided.wait(60)  # type: ignore[attr-defined]
            if self.server.breaks_off.is_set():  # type: ignore[attr-defined]
                return
            for block_id, sentences in answers:
                self.say(id=block_id, sentences=sentences)
            self.say(done=True, model={"id": "canned", "revision": ""}, offset_unit="utf16")

    def say(self, **line: object) -> None:
        self.wfile.write(json.dumps(line).encode() + b"\n")


class _Older(_Answering):
    """One that has no call to explain an answer."""

    def do_POST(self) -> None:
        if self.path == "/v1/explain":
            error = {"code": "not_found", "message": "There is no such call.", "hint": ""}
            self.reply(404, "application/json", json.dumps({"error": error}).encode())
        else:
            super().do_POST()


class Site:
    """A running web server; `url("blog.html")` addresses a page of it."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.origin = f"http://127.0.0.1:{server.server_port}"
        #: What a server that is `answering` was asked about, in order.
        self.asked: list[str] = []
        server.asked = self.asked  # type: ignore[attr-defined]
        #: What a server that is `busy` did not take.
        self.turned_away: list[str] = []
        server.turned_away = self.turned_away  # type: ignore[attr-defined]
        #: What one that is `doubting` waits for, and whether it then breaks off.
        self.decided, self.breaks_off = threading.Event(), threading.Event()
        server.decided, server.breaks_off = self.decided, self.breaks_off  # type: ignore[attr-defined]

    def url(self, path: str = "") -> str:
        return f"{self.origin}/{path}"


@contextlib.contextmanager
def serve(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[Site]:
    """Serve on loopback until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Site(server)
    finally:
        server.shutdown()
        server.server_close()


def pages() -> contextlib.AbstractContextManager[Site]:
    """The fixture pages."""
    return serve(_Pages)


def something_else(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is not Sayso."""
    return serve(_SomethingElse, port)


def still_loading(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso and not ready."""
    return serve(_StillLoading, port)


def failing(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso and broken."""
    return serve(_Failing, port)


def answering(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso and answers at once, without a model."""
    return serve(_Answering, port)


def doubting(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso and takes longer for some sentences."""
    return serve(_Doubting, port)


def older(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso, answers at once, and cannot explain."""
    return serve(_Older, port)


def slow(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso and slow."""
    return serve(_Slow, port)


def refusing(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso and refuses the extension."""
    return serve(_Refusing, port)


def too_old(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is an older Sayso."""
    return serve(_Old, port)


def too_new(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is a newer Sayso."""
    return serve(_New, port)


def busy(port: int = 0) -> contextlib.AbstractContextManager[Site]:
    """A server that is Sayso and full at first."""
    return serve(_Busy, port)


_seeds = itertools.count(1000)


def new_long_page(sentences: int, **more: int) -> str:
    """The path of a generated page of which no server remembers a sentence: not yet, at least."""
    numbers = {"sentences": sentences, "seed": next(_seeds), **more}
    return "generated/long.html?" + "&".join(f"{name}={value}" for name, value in numbers.items())


def long_page(sentences: int, seed: int = 1, huge: int = 0) -> str:
    """A page of so many different sentences, ten to a paragraph, half of them opinion.

    `huge` adds a second paragraph of so many characters.
    """
    made_up = random.Random(seed)
    towns = ("Harlow Bay", "Eastmere", "Port Ansel", "Quill Creek", "Stonebridge", "Marrow Falls")
    things = ("the library", "the bus depot", "the old mill", "the pool", "the north pier", "the market hall")
    facts = (
        "The council of {town} sold {thing} for ${n},000 in {year}.",
        "In {year}, {n} people in {town} signed a petition about {thing}.",
        "Voters in {town} approved a loan of ${n} million for {thing} in {year}.",
        "A report counted {n} visitors to {thing} in {town} during {year}.",
    )
    opinions = (
        "Selling {thing} to pay {n} bills is the most foolish idea {town} has had since {year}.",
        "The people of {town} deserve far better than {n} more years of excuses about {thing}.",
        "It is shameful that {town} has let {thing} rot since {year} while wasting {n} meetings on it.",
        "{town} should have been brave and saved {thing} in {year}, whatever the {n} critics say.",
    )
    lines = []
    for i in range(sentences):
        pattern = made_up.choice(facts if i % 2 else opinions)
        town, thing, year = made_up.choice(towns), made_up.choice(things), made_up.randint(1950, 2024)
        line = pattern.format(town=town, thing=thing, n=1000 + i, year=year)
        lines.append(line[0].upper() + line[1:])
    texts = [" ".join(lines[i : i + 10]) for i in range(0, len(lines), 10)]
    if huge:
        sentence = "The council sold the pool. "
        texts.insert(1, (sentence * (huge // len(sentence) + 1))[:huge])
    paragraphs = "\n".join(f"<p>{text}</p>" for text in texts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>A very long post</title>'
        '<link rel="stylesheet" href="/style.css"></head>\n<body><main><article class="post">\n'
        f"<h1>A very long post</h1>\n{paragraphs}\n</article></main></body></html>\n"
    )
