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
from typing import Any, ClassVar, Literal

import psutil

from tests.e2e import either
from tests.e2e.cdp import CDPError, Connection, Params
from tests.e2e.either import HOST_ELEMENT
from tests.e2e.keys import KEYS
from tests.e2e.wait import DEADLINE_S, until

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


class Chromium(either.Browser):
    """One extension is loaded, unpacked."""

    name = "chromium"
    extension_id = ""

    def __init__(self, extension: Path, *flags: str) -> None:
        executable = find_chromium()
        assert executable, "Chromium is not installed: apt-get install chromium"
        self._profile = Path(tempfile.mkdtemp(prefix="sayso-chromium-"))
        argv = [executable, *FLAGS, *flags, f"--user-data-dir={self._profile}", "about:blank"]
        self.cdp = Connection(argv, str(self._profile / "log.txt"))
        self._extension = extension
        self.load_extension()
        self._errors: list[str] = []
        self._list_of_errors: Tab | None = None

    # -- the extension ------------------------------------------------------------------------

    def load_extension(self) -> None:
        old = self._workers()
        self.extension_id = self._load(self._extension)
        [worker] = until(lambda: self._workers() - old, "the extension's worker")
        # Before it listens a click on the button is lost.
        listens = "globalThis.chrome?.action?.onClicked.hasListeners()"
        until(lambda: self._evaluate(worker, listens), "the extension's worker to listen")

    def load_other(self, folder: Path) -> str:
        return f"chrome-extension://{self._load(folder)}/"

    def _load(self, folder: Path) -> str:
        loaded: str = self.cdp.send("Extensions.loadUnpacked", path=str(folder))["id"]
        return loaded

    def attach(self, target: str) -> str:
        """A session to send commands to a target."""
        return self.cdp.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _evaluate(self, target: str, expression: str) -> Any:
        """Run an expression in what is no tab: a worker, a popup."""
        session = self.attach(target)
        options = {"returnByValue": True, "awaitPromise": True}
        reply = self.cdp.send("Runtime.evaluate", session, expression=expression, **options)
        self.cdp.send("Target.detachFromTarget", sessionId=session)
        return _value(reply)

    def own_targets(self, *types: str) -> list[Params]:
        """What the extension has open, of these types: `page`, `service_worker`, …"""
        infos = self.cdp.send("Target.getTargets", filter=[{"type": kind} for kind in types])
        return [info for info in infos["targetInfos"] if info["url"].startswith(self.own_url(""))]

    def own_url(self, page: str) -> str:
        return f"chrome-extension://{self.extension_id}/{page}"

    def store(self, **values: Any) -> None:
        self._storage("Extensions.setStorageItems", values=values)

    def stored(self) -> Params:
        return self._storage("Extensions.getStorageItems")["data"]

    def _storage(self, command: str, **params: Any) -> Params:
        """Only a page or the worker of the extension's own has its storage at hand."""
        page = self.cdp.send("Target.createTarget", url=self.own_url("manifest.json"), background=True)
        session = self.attach(page["targetId"])

        def done() -> Params | None:
            with contextlib.suppress(CDPError):  # until the page is there
                ask: Params = {"id": self.extension_id, "storageArea": "local", **params}
                return {"reply": self.cdp.send(command, session, **ask)}
            return None

        answer: Params = until(done, "the extension's storage")["reply"]
        self.cdp.send("Target.closeTarget", targetId=page["targetId"])
        return answer

    def _workers(self) -> set[str]:
        return {worker["targetId"] for worker in self.own_targets("service_worker")}

    def stop_background(self) -> None:
        for worker in self._workers():
            self.cdp.send("Target.closeTarget", targetId=worker)

    def popup_text(self) -> str | None:
        for target in self.own_targets("page", "other"):
            if "unavailable" in target["url"]:
                with contextlib.suppress(CDPError):  # it may be closed meanwhile
                    return self._evaluate(target["targetId"], "document.body?.innerText") or None
        return None

    def badge(self) -> str:
        [worker] = until(self._workers, "the extension's worker")
        text: str = self._evaluate(
            worker,
            "chrome.tabs.query({active: true, lastFocusedWindow: true})"
            ".then(([{id}]) => chrome.action.getBadgeText({tabId: id}))",
        )
        return text

    def save_downloads_in(self, folder: Path) -> None:
        self.cdp.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def errors(self) -> list[str]:
        """What chrome://extensions lists as this extension's errors, its worker's included."""
        if self._list_of_errors is None:
            tab = self._list_of_errors = self.open("chrome://extensions")
            until(lambda: tab.evaluate("!!globalThis.chrome?.developerPrivate"), "chrome://extensions")
            # Only in developer mode are errors kept.
            tab.evaluate("chrome.developerPrivate.updateProfileConfiguration({inDeveloperMode: true})")
        found: list[str] = self._list_of_errors.evaluate(
            """(async (id) => {
              const info = await chrome.developerPrivate.getExtensionInfo(id);
              const errors = [...info.manifestErrors, ...info.runtimeErrors];
              await chrome.developerPrivate.deleteExtensionErrors({extensionId: id});
              return errors.map((e) => `${e.source ?? ""}: ${e.message}`);
            })"""
            + f"('{self.extension_id}')"
        )
        self._errors += [error for error in found if KNOWN_WARNING not in error]
        return self._errors

    def forget_errors(self) -> None:
        self.errors()
        self._errors = []

    def raise_menu_event(self, item: str, tab: Tab) -> None:
        """Raise the event of a context menu's item in the extension's worker."""
        self.open(self.own_url("manifest.json")).close()  # wakes the worker
        [worker] = until(self._workers, "the extension's worker")
        this = f"tabs.find(({{url}}) => url === {json.dumps(tab.url)})"
        raised = f"chrome.contextMenus.onClicked.dispatch({{menuItemId: {json.dumps(item)}}}, {this})"
        self._evaluate(worker, f"chrome.tabs.query({{}}).then((tabs) => {raised})")

    # -- tabs and the end ---------------------------------------------------------------------

    def open(self, url: str = "about:blank") -> Tab:
        tab = Tab(self)
        if url != "about:blank":
            tab.navigate(url)
        return tab

    def close(self) -> None:
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


class Tab(either.Page):
    """Also collects what goes wrong in it."""

    #: The command is lost now and then.
    LOST_CLICKS: ClassVar[int] = 3

    browser: Chromium

    def __init__(self, browser: Chromium) -> None:
        self.browser = browser
        self.cdp = browser.cdp
        #: Of the page and of content scripts, as text.
        self._errors: list[str] = []
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
            self._errors.append(f"exception: {details['text']} {thrown} ({details.get('url', '')})")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            words = [str(a.get("value", a.get("description", ""))) for a in params["args"]]
            self._errors.append(f"console.error: {' '.join(words)}")
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            entry = params["entry"]
            if "favicon.ico" not in entry.get("url", ""):
                self._errors.append(f"log: {entry['text']} ({entry.get('url', '')})")

    def errors(self) -> list[str]:
        return self._errors

    def forget_errors(self) -> None:
        self._errors = []

    # -- the page -----------------------------------------------------------------------------

    def navigate(self, url: str) -> None:
        reply = self.send("Page.navigate", url=url)
        assert "errorText" not in reply, f"{url}: {reply['errorText']}"
        self.wait_loaded()

    def evaluate(self, expression: str) -> Any:
        options = {"returnByValue": True, "awaitPromise": True}
        return _value(self.send("Runtime.evaluate", expression=expression, **options))

    # -- the reader ---------------------------------------------------------------------------

    def activate(self) -> None:
        self.cdp.send("Target.activateTarget", targetId=self.id)
        self.send("Page.bringToFront")

    def trigger_action(self) -> None:
        self.activate()
        until(self._try_trigger, "the browser to accept a toolbar click", timeout=15, every=0.2)

    def _try_trigger(self) -> bool:
        with contextlib.suppress(CDPError):
            self.cdp.send("Extensions.triggerAction", id=self.browser.extension_id, targetId=self.id)
            return True
        return False

    def click_at(self, x: float, y: float) -> None:
        point: Params = {"x": x, "y": y}
        left: Params = {"button": "left", "clickCount": 1, **point}
        self.send("Input.dispatchMouseEvent", type="mouseMoved", **point)
        self.send("Input.dispatchMouseEvent", type="mousePressed", buttons=1, **left)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", buttons=0, **left)

    def press(self, key: str) -> None:
        shift, key = key.startswith("Shift+"), key.removeprefix("Shift+")
        code = KEYS[key].windows if key in KEYS else ord(key.upper())
        text = {"Enter": "\r", "Space": " "}.get(key, key if len(key) == 1 else None)
        extra: Params = {"key": " " if key == "Space" else key, "windowsVirtualKeyCode": code}
        extra["code"] = key if len(key) > 1 else f"Key{key.upper()}"
        extra["modifiers"] = 8 if shift else 0
        typed: Params = {} if text is None else {"text": text}
        self.send("Input.dispatchKeyEvent", type="keyDown", **extra, **typed)
        self.send("Input.dispatchKeyEvent", type="keyUp", **extra)

    def choose_in_page_menu(self, item: Literal["page", "selection"], text: str) -> None:
        """The menu is the window system's: its event alone is raised, without a real click's grant."""
        self.browser.raise_menu_event(item, self)

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        # Else what is dragged of the page would be the window system's until it is dropped.
        self.send("Input.setInterceptDrags", enabled=True)
        left: Params = {"button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=start[0], y=start[1])
        self.send("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], buttons=1, **left)
        for step in range(1, 6):
            x, y = (a + (b - a) * step / 5 for a, b in zip(start, end, strict=True))
            self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, buttons=1, **left)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], **left)
        self.send("Input.setInterceptDrags", enabled=False)

    def clipboard(self) -> str:
        self.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.activate()
        return self.evaluate("navigator.clipboard.readText()")

    # -- how the reader sees it ---------------------------------------------------------------

    def resize(self, width: int, height: int, zoom: float = 1) -> None:
        size: Params = {"width": width, "height": height, "deviceScaleFactor": zoom, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)

    def prefer(self, **features: str) -> None:
        pairs = [{"name": name, "value": value} for name, value in features.items()]
        self.send("Emulation.setEmulatedMedia", features=pairs)

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def picture_of(self, selector: str) -> bytes:
        find = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{find}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.evaluate(f"{find}.getBoundingClientRect().toJSON()")
        left, top = self.evaluate("[scrollX, scrollY]")
        clip = {name: box[name] for name in ("width", "height")}
        clip |= {"x": box["x"] + left, "y": box["y"] + top, "scale": 1}
        return base64.b64decode(self.send("Page.captureScreenshot", format="png", clip=clip)["data"])

    def pdf(self) -> bytes:
        return base64.b64decode(self.send("Page.printToPDF", printBackground=True)["data"])

    @property
    def panel(self) -> Panel:
        return Panel(self)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.cdp.send("Target.closeTarget", targetId=self.id)


class Panel(either.Panel):
    def __init__(self, tab: Tab) -> None:
        self._tab = tab

    def _root(self) -> str | None:
        """The shadow root as a remote object, whether it is open or closed."""
        document = self._tab.send("DOM.getDocument", depth=0)["root"]
        found = self._tab.send("DOM.querySelector", nodeId=document["nodeId"], selector=HOST_ELEMENT)[
            "nodeId"
        ]
        if not found:
            return None
        node = self._tab.send("DOM.describeNode", nodeId=found, depth=1, pierce=True)["node"]
        roots = node.get("shadowRoots", [])
        if not roots:
            return None
        resolved = self._tab.send("DOM.resolveNode", backendNodeId=roots[0]["backendNodeId"])
        return resolved["object"]["objectId"]

    def _call(self, testid: str, expression: str, *, by_value: bool) -> Params | None:
        find = "const root = this; const e = root.querySelector(`[data-testid='${id}']`);"
        with contextlib.suppress(CDPError):
            root = self._root()
            if root is None:
                return None
            return self._tab.send(
                "Runtime.callFunctionOn",
                objectId=root,
                functionDeclaration=f"function(id) {{{find} return {expression}}}",
                arguments=[{"value": testid}],
                returnByValue=by_value,
                awaitPromise=True,
            )
        return None

    def ask(self, testid: str, expression: str) -> Any:
        reply = self._call(testid, expression, by_value=True)
        return None if reply is None else _value(reply)

    def click(self, testid: str, *, timeout: float = DEADLINE_S) -> None:
        until(lambda: self.visible(testid), f"the panel's {testid}", timeout=timeout)

        def centre() -> tuple[float, float] | None:
            reply = self._call(testid, "e", by_value=False)
            if reply is None or "objectId" not in reply["result"]:
                return None
            element = reply["result"]["objectId"]
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

        self._tab.click_at(*until(still, f"the panel's {testid} to stand still", timeout=timeout, every=0.02))


def _value(reply: Params) -> Any:
    if "exceptionDetails" in reply:
        details = reply["exceptionDetails"]
        raise CDPError(details.get("exception", {}).get("description", details["text"]))
    return reply["result"].get("value")
