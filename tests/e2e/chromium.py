"""Drives a real, headless Chromium with the extension: toolbar clicks, the panel, the painted marks.

Toolbar clicks are CDP's `Extensions.triggerAction`, which gives the extension the `activeTab` grant
that a reader's click gives. Clicks and keys in the page are input events made by the browser, so the
page and the extension see `isTrusted`. Nothing here depends on whether the panel's shadow root is open.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.e2e import marks
from tests.e2e.cdp import CDPError, Connection, Params
from tests.e2e.keys import KEYS
from tests.e2e.wait import DEADLINE_S, until

HOST_ELEMENT = "sayso-root"

#: One manifest serves both browsers: Firefox reads `background.scripts`, of which Chromium complains.
KNOWN_WARNING = "'background.scripts' requires manifest version of 2 or lower."

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root, as in a container, cannot use it
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-features=Translate,MediaRouter",
    # Tabs that are not in front must not be throttled: two are worked on at once.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--no-first-run",
    "--no-default-browser-check",
    "--password-store=basic",
    "--window-size=1280,1000",
    "--remote-debugging-pipe",
    "--enable-unsafe-extension-debugging",
)


def find_chromium() -> str | None:
    """The browser's path, under whichever name the system has it."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    return None


class Chromium:
    """One browser process with its own throwaway profile and one extension loaded unpacked."""

    def __init__(self, extension: Path, *flags: str) -> None:
        executable = find_chromium()
        assert executable, "Chromium is not installed: apt-get install chromium"
        self._profile = Path(tempfile.mkdtemp(prefix="sayso-chromium-"))
        argv = [executable, *FLAGS, *flags, f"--user-data-dir={self._profile}", "about:blank"]
        self.cdp = Connection(argv, str(self._profile / "log.txt"))
        self._extension = extension
        self.extension_id: str = self.load_extension()
        self._server: str | None = None

    # -- the extension ------------------------------------------------------------------------

    def load_extension(self) -> str:
        """Load the extension; once more is what chrome://extensions does on "reload", or an update."""
        loaded: str = self.cdp.send("Extensions.loadUnpacked", path=str(self._extension))["id"]
        return loaded

    def targets(self, *types: str) -> list[Params]:
        """What the browser has open, of these types (`page`, `tab`, `service_worker`, …)."""
        infos = self.cdp.send("Target.getTargets", filter=[{"type": kind} for kind in types])
        return infos["targetInfos"]

    def attach(self, target: str) -> str:
        """A session to send commands to a target."""
        return self.cdp.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def own_targets(self, *types: str) -> list[Params]:
        """The extension's own pages or workers."""
        prefix = f"chrome-extension://{self.extension_id}/"
        return [target for target in self.targets(*types) if target["url"].startswith(prefix)]

    def use_server(self, url: str) -> None:
        """Point the extension at a server."""
        if url != self._server:
            self.store(serverUrl=url)
        self._server = url

    def store(self, **values: Any) -> None:
        """Put values into `chrome.storage.local`, as the extension's own settings are."""
        # The command answers only in a session of the extension itself. Its worker may be asleep
        # (and must be left so by others: a debugger keeps it alive), so a page of its own is opened.
        page = self.cdp.send(
            "Target.createTarget",
            url=f"chrome-extension://{self.extension_id}/manifest.json",
            background=True,
        )["targetId"]
        session = self.attach(page)

        def store() -> bool:
            where: Params = {"id": self.extension_id, "storageArea": "local"}
            with contextlib.suppress(CDPError):
                self.cdp.send("Extensions.setStorageItems", session, values=values, **where)
                stored = self.cdp.send("Extensions.getStorageItems", session, **where)["data"]
                return all(stored[name] == value for name, value in values.items())
            return False

        until(store, "the extension to keep its settings")
        self.cdp.send("Target.closeTarget", targetId=page)

    def save_downloads_in(self, folder: Path) -> None:
        """Let downloads go there, unasked."""
        self.cdp.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def stored(self) -> Params:
        """What is in `chrome.storage.local`."""
        page = self.cdp.send(
            "Target.createTarget",
            url=f"chrome-extension://{self.extension_id}/manifest.json",
            background=True,
        )["targetId"]
        session = self.attach(page)

        def read() -> Params | None:
            with contextlib.suppress(CDPError):
                ask: Params = {"id": self.extension_id, "storageArea": "local"}
                return self.cdp.send("Extensions.getStorageItems", session, **ask)
            return None

        items: Params = until(read, "the extension's storage")["data"]
        self.cdp.send("Target.closeTarget", targetId=page)
        return items

    def extension_errors(self) -> list[str]:
        """What chrome://extensions lists as this extension's errors, its worker's included."""
        tab = self.open("chrome://extensions")
        try:
            until(lambda: tab.evaluate("!!globalThis.chrome?.developerPrivate"), "chrome://extensions")
            errors: list[str] = tab.evaluate(
                """(async (id) => {
                  const info = await chrome.developerPrivate.getExtensionInfo(id);
                  const errors = [...info.manifestErrors, ...info.runtimeErrors];
                  await chrome.developerPrivate.deleteExtensionErrors({extensionId: id});
                  return errors.map((e) => `${e.source ?? ""}: ${e.message}`);
                })"""
                + f"('{self.extension_id}')"
            )
            return [error for error in errors if KNOWN_WARNING not in error]
        finally:
            tab.close()

    def collect_extension_errors(self) -> None:
        """Switch developer mode on: only then are errors kept."""
        tab = self.open("chrome://extensions")
        until(lambda: tab.evaluate("!!globalThis.chrome?.developerPrivate"), "chrome://extensions")
        tab.evaluate("chrome.developerPrivate.updateProfileConfiguration({inDeveloperMode: true})")
        tab.close()

    def read_popup(self, target: Params) -> tuple[str, bytes]:
        """The text of a page of the extension's own, such as its popup, and a picture of it."""
        session = self.attach(target["targetId"])
        ask = {"expression": "document.body?.innerText", "returnByValue": True}
        text = until(lambda: _value(self.cdp.send("Runtime.evaluate", session, **ask)), "the popup's text")
        picture = self.cdp.send("Page.captureScreenshot", session, format="png")["data"]
        return text, base64.b64decode(picture)

    # -- tabs and the end ---------------------------------------------------------------------

    def open(self, url: str = "about:blank") -> Tab:
        """A new tab in front, on this address, loaded."""
        tab = Tab(self)
        if url != "about:blank":
            tab.navigate(url)
        return tab

    def close(self) -> None:
        """Quit, and leave neither processes nor profile behind."""
        family: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.cdp.pid)
            family = [process, *process.children(recursive=True)]
        with contextlib.suppress(CDPError):
            self.cdp.send("Browser.close", timeout=10)
        self.cdp.close()
        deadline = time.monotonic() + 10
        reaped = False
        while not reaped and time.monotonic() < deadline:
            reaped = os.waitpid(self.cdp.pid, os.WNOHANG)[0] != 0
            time.sleep(0.02)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if not reaped:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.cdp.pid, signal.SIGKILL)
            os.waitpid(self.cdp.pid, 0)
        shutil.rmtree(self._profile, ignore_errors=True)


class Tab:
    """A tab: its page, the extension's marks and panel in it, and what went wrong in it."""

    def __init__(self, browser: Chromium) -> None:
        self.browser = browser
        self.cdp = browser.cdp
        #: Exceptions and console errors of the page and of content scripts, as text.
        self.errors: list[str] = []
        #: How many toolbar clicks the browser swallowed (the command is lost now and then).
        self.lost_clicks = 0
        self.closed = False
        self.id: str = self.cdp.send("Target.createTarget", url="about:blank", forTab=True)["targetId"]
        over_all = browser.attach(self.id)
        sessions: list[str] = []

        def attached(method: str, params: Params) -> None:
            if method == "Target.attachedToTarget" and params["targetInfo"]["type"] == "page":
                sessions.append(params["sessionId"])

        self.cdp.listen(attached, over_all)
        self.cdp.send(
            "Target.setAutoAttach", over_all, autoAttach=True, waitForDebuggerOnStart=False, flatten=True
        )
        self.session = until(lambda: sessions and sessions[-1], "the tab's page")
        self.cdp.listen(self._event, self.session)
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Params:
        """A CDP command to this tab's page."""
        return self.cdp.send(method, self.session, **params)

    def _event(self, method: str, params: Params) -> None:
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            thrown = details.get("exception", {}).get("description", "")
            self.errors.append(f"exception: {details['text']} {thrown} ({details.get('url', '')})")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            words = [str(a.get("value", a.get("description", ""))) for a in params["args"]]
            self.errors.append(f"console.error: {' '.join(words)}")
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            entry = params["entry"]
            if "favicon.ico" not in entry.get("url", ""):
                self.errors.append(f"log: {entry['text']} ({entry.get('url', '')})")

    # -- the page -----------------------------------------------------------------------------

    def navigate(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""
        reply = self.send("Page.navigate", url=url)
        assert "errorText" not in reply, f"{url}: {reply['errorText']}"
        self.wait_loaded()

    def wait_loaded(self) -> None:
        """Wait for the document, and for its first frame: before it, input events are dropped."""
        until(lambda: self.evaluate("document.readyState") == "complete", "the page to load")
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def evaluate(self, expression: str) -> Any:
        """Run an expression in the page's own world; promises are awaited."""
        options = {"returnByValue": True, "awaitPromise": True}
        return _value(self.send("Runtime.evaluate", expression=expression, **options))

    @property
    def url(self) -> str:
        return self.evaluate("location.href")

    def marks(self) -> list[marks.Mark]:
        """What is painted now, in the order of the document."""
        return [marks.Mark(**mark) for mark in self.evaluate(marks.COLLECT)]

    def count_marks(self) -> int:
        return self.evaluate(marks.COUNT)

    # -- clicks and keys ----------------------------------------------------------------------

    def activate(self) -> None:
        """Bring the tab to the front, as a reader must before a click on the button means it."""
        self.cdp.send("Target.activateTarget", targetId=self.id)
        self.send("Page.bringToFront")

    def trigger_action(self) -> None:
        """One toolbar click, as it comes: it may be lost."""
        self.activate()
        until(self._try_trigger, "the browser to accept a toolbar click", timeout=15, every=0.2)

    def _try_trigger(self) -> bool:
        with contextlib.suppress(CDPError):
            self.cdp.send("Extensions.triggerAction", id=self.browser.extension_id, targetId=self.id)
            return True
        return False

    def click_button(self) -> float:
        """Click the toolbar button until it has an effect: the panel appears, or goes.

        Returns the time of the click that was heard, in seconds since the epoch.
        """
        before = self.has_host()
        for _ in range(4):
            clicked = time.time()
            self.trigger_action()
            with contextlib.suppress(AssertionError):
                until(lambda: self.has_host() != before, "the click's effect", timeout=8, every=0.02)
                return clicked
            self.lost_clicks += 1
        raise AssertionError(f"four toolbar clicks did not {'clear' if before else 'start'} anything")

    def has_host(self) -> bool:
        """Is the extension's one element in the page?"""
        return self.evaluate(f"!!document.querySelector('{HOST_ELEMENT}, #{HOST_ELEMENT}')")

    def click_at(self, x: float, y: float) -> None:
        """A real left click at a point of the viewport."""
        point: Params = {"x": x, "y": y}
        left: Params = {"button": "left", "clickCount": 1, **point}
        self.send("Input.dispatchMouseEvent", type="mouseMoved", **point)
        self.send("Input.dispatchMouseEvent", type="mousePressed", buttons=1, **left)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", buttons=0, **left)

    def click_text(self, text: str) -> None:
        """Scroll a run of the page's text into view and click on the middle of its first line."""
        point = until(lambda: self.evaluate(marks.point_of(text)), f"the text {text!r}")
        self.click_at(point["x"], point["y"])

    def press(self, key: str) -> None:
        """Press and release a key: a letter, or one by its name, such as `Escape`."""
        code = KEYS[key].windows if key in KEYS else ord(key.upper())
        text = {"Enter": "\r", "Space": " "}.get(key, key if len(key) == 1 else None)
        extra: Params = {"key": " " if key == "Space" else key, "windowsVirtualKeyCode": code}
        extra["code"] = key if len(key) > 1 else f"Key{key.upper()}"
        typed: Params = {} if text is None else {"text": text}
        self.send("Input.dispatchKeyEvent", type="keyDown", **extra, **typed)
        self.send("Input.dispatchKeyEvent", type="keyUp", **extra)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse button at a point, move it to another, and let it go."""
        left: Params = {"button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=start[0], y=start[1])
        self.send("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], buttons=1, **left)
        for step in range(1, 6):
            x, y = (a + (b - a) * step / 5 for a, b in zip(start, end, strict=True))
            self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, buttons=1, **left)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], **left)

    @property
    def panel(self) -> Panel:
        return Panel(self)

    def screenshot(self, path: Path) -> None:
        """What the reader sees, as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def picture_of(self, selector: str) -> bytes:
        """What the reader sees of an element, scrolled into view."""
        find = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{find}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.evaluate(f"{find}.getBoundingClientRect().toJSON()")
        left, top = self.evaluate("[scrollX, scrollY]")
        clip = {name: box[name] for name in ("width", "height")}
        clip |= {"x": box["x"] + left, "y": box["y"] + top, "scale": 1}
        return base64.b64decode(self.send("Page.captureScreenshot", format="png", clip=clip)["data"])

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.cdp.send("Target.closeTarget", targetId=self.id)


class Panel:
    """The extension's interface inside its shadow root, by `data-testid`."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab

    def _root(self) -> str | None:
        """The shadow root as a remote object, whether it is open or closed."""
        document = self._tab.send("DOM.getDocument", depth=0)["root"]
        found = self._tab.send(
            "DOM.querySelector", nodeId=document["nodeId"], selector=f"{HOST_ELEMENT}, #{HOST_ELEMENT}"
        )["nodeId"]
        if not found:
            return None
        node = self._tab.send("DOM.describeNode", nodeId=found, depth=1, pierce=True)["node"]
        roots = node.get("shadowRoots", [])
        if not roots:
            return None
        resolved = self._tab.send("DOM.resolveNode", backendNodeId=roots[0]["backendNodeId"])
        return resolved["object"]["objectId"]

    def _ask(self, function: str, *arguments: Any, by_value: bool = True) -> Any:
        """Call a function with the shadow root as `this`; None where there is none (any more)."""
        with contextlib.suppress(CDPError):
            root = self._root()
            if root is None:
                return None
            reply = self._tab.send(
                "Runtime.callFunctionOn",
                objectId=root,
                functionDeclaration=function,
                arguments=[{"value": argument} for argument in arguments],
                returnByValue=by_value,
            )
            return _value(reply) if by_value else reply["result"].get("objectId")
        return None

    @property
    def exists(self) -> bool:
        return self.visible("panel")

    def visible(self, testid: str) -> bool:
        """Is there such an element, and can the reader see it?"""
        seen = "return !!e && e.checkVisibility({opacityProperty: true, visibilityProperty: true})}"
        return bool(self._ask(_FIND + seen, testid))

    def text(self, testid: str) -> str:
        """The element's text as it is rendered, or '' where there is none."""
        return self._ask(_FIND + "return e ? (e.innerText ?? e.textContent).trim() : ''}", testid) or ""

    def focused(self) -> str | None:
        """The test id of what has the focus in the panel or the card."""
        return self._ask("function() {return this.activeElement?.dataset.testid ?? null}")

    def count(self, testid: str) -> int:
        """How many such elements there are."""
        return (
            self._ask("function(id) {return this.querySelectorAll(`[data-testid='${id}']`).length}", testid)
            or 0
        )

    def attribute(self, testid: str, name: str) -> str | None:
        ask = _FIND.replace("(id)", "(id, name)") + "return e?.getAttribute(name) ?? null}"
        return self._ask(ask, testid, name)

    def box(self, testid: str) -> dict[str, float]:
        """Where the element is in the viewport, and by how much its content is wider than it."""
        measure = "const {left, top, right, bottom} = e.getBoundingClientRect();"
        reply = "return {left, top, right, bottom, overflow: e.scrollWidth - e.clientWidth}}"
        box: dict[str, float] = self._ask(_FIND + measure + reply, testid)
        return box

    def scroll_to_end(self, testid: str) -> None:
        """Scroll within the element as far down as it goes."""
        self._ask(_FIND + "e.scrollTop = e.scrollHeight}", testid)

    def style(self, testid: str, pseudo: str | None = None) -> dict[str, str]:
        """The computed style of the element, or of a pseudo-element of it."""
        ask = _FIND.replace("(id)", "(id, pseudo)") + "const s = getComputedStyle(e, pseudo);"
        read = "return Object.fromEntries([...s].map((p) => [p, s[p]]))}"
        style: dict[str, str] = self._ask(ask + read, testid, pseudo)
        return style

    def html(self) -> str:
        """All of it, for messages."""
        return self._ask("function() {return this.innerHTML}") or ""

    def click(self, testid: str, *, timeout: float = DEADLINE_S) -> None:
        """A real click on the middle of the element."""
        until(lambda: self.visible(testid), f"the panel's {testid}", timeout=timeout)

        def centre() -> tuple[float, float] | None:
            element = self._ask(_FIND + "return e}", testid, by_value=False)
            if not element:
                return None
            with contextlib.suppress(CDPError):
                self._tab.send("DOM.scrollIntoViewIfNeeded", objectId=element)
                quad = self._tab.send("DOM.getContentQuads", objectId=element)["quads"][0]
                return sum(quad[0::2]) / 4, sum(quad[1::2]) / 4
            return None

        # Layout moves while answers arrive: click only where it was found twice.
        last: tuple[float, float] | None = None

        def still() -> tuple[float, float] | None:
            nonlocal last
            now, before = centre(), last
            last = now
            return now if now is not None and now == before else None

        self._tab.click_at(*until(still, f"the panel's {testid} to stand still", timeout=timeout))

    def click_if_there(self, testid: str) -> bool:
        """Click an element that may go away by itself meanwhile; say whether it was clicked."""
        try:
            self.click(testid, timeout=1)
        except AssertionError:
            return False
        return True


_FIND = 'function(id) {const e = this.querySelector(`[data-testid="${id}"]`);'


def _value(reply: Params) -> Any:
    if "exceptionDetails" in reply:
        details = reply["exceptionDetails"]
        raise CDPError(details.get("exception", {}).get("description", details["text"]))
    return reply["result"].get("value")
