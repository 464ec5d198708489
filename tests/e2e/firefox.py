"""Drives a real, headless Firefox with the extension, through Marionette.

The toolbar click is made on the browser's own button object, in Firefox's chrome context; settings
are written where `storage.local` keeps them. Panel elements are found through the closed shadow root,
which Marionette's system sandbox may open, and are clicked with real input events.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psutil
from marionette_driver.addons import Addons
from marionette_driver.errors import MarionetteException
from marionette_driver.marionette import ActionSequence, Marionette

from tests.e2e import marks
from tests.e2e.keys import KEYS
from tests.e2e.wait import DEADLINE_S, until

PREFERENCES: dict[str, str] = {
    "marionette.port": "0",
    "app.update.auto": "false",
    "browser.aboutwelcome.enabled": "false",
    "browser.shell.checkDefaultBrowser": "false",
    "browser.startup.page": "0",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "devtools.console.stdout.content": "true",
    "network.captive-portal-service.enabled": "false",
    "network.connectivity-service.enabled": "false",
    "services.settings.server": '"data:,"',
    "toolkit.telemetry.reportingpolicy.firstRun": "false",
}

#: The keys' code points in WebDriver.
ESCAPE = "\ue00c"
ALT = "\ue00a"
SHIFT = "\ue008"

#: Where `storage.local` keeps its items, as `database`.
_OPEN = """\
  const {extension} = WebExtensionPolicy.getByID(id);
  const {ExtensionStorageIDB} = ChromeUtils.importESModule(
    "resource://gre/modules/ExtensionStorageIDB.sys.mjs");
  await ExtensionStorageIDB.selectBackend({extension});
  const database = await ExtensionStorageIDB.open(
    ExtensionStorageIDB.getStoragePrincipal(extension), false);
"""

#: Stores values as the extension's own `storage.local.set` does.
_STORE = f"""
const [id, values, resolve] = arguments;
(async () => {{
{_OPEN}  await database.set(values);
  return "";
}})().then(resolve, (error) => resolve(String(error)));
"""

#: Reads what is stored.
_READ = f"""
const [id, resolve] = arguments;
(async () => {{
{_OPEN}  return database.get(null);
}})().then(resolve, (error) => resolve({{error: String(error)}}));
"""

_TRIGGER = """
const {ExtensionParent} = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
const {extension} = WebExtensionPolicy.getByID(arguments[0]);
ExtensionParent.apiManager.global.browserActionFor(extension).triggerAction(window);
"""

#: The middle of the extension's button, which is put where it can be seen.
_PLACE_BUTTON = """
const {ExtensionParent} = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
const {CustomizableUI} = ChromeUtils.importESModule(
  "moz-src:///browser/components/customizableui/CustomizableUI.sys.mjs");
const {extension} = WebExtensionPolicy.getByID(arguments[0]);
const {widget} = ExtensionParent.apiManager.global.browserActionFor(extension);
CustomizableUI.addWidgetToArea(widget.id, "nav-bar");
const {x, y, width, height} = widget.forWindow(window).node.getBoundingClientRect();
return [x + width / 2, y + height / 2];
"""

#: Chooses an item of the context menu that is open; false where it is not there (yet).
_CHOOSE = """
const menu = [...document.querySelectorAll("menupopup")].find((each) => each.state === "open");
const items = [...(menu?.querySelectorAll("menuitem") ?? [])];
const item = items.find((each) => !each.hidden && each.label === arguments[0]);
if (item) menu.activateItem(item);
return !!item;
"""

#: Calls `remove` or `add` of the browser's own list of permissions.
_PERMIT = """
const [id, origin, call, resolve] = arguments;
const {ExtensionPermissions} = ChromeUtils.importESModule(
  "resource://gre/modules/ExtensionPermissions.sys.mjs");
const {extension} = WebExtensionPolicy.getByID(id);
ExtensionPermissions[call](id, {permissions: [], origins: [origin]}, extension)
  .then(() => resolve(""), (error) => resolve(String(error)));
"""

#: The title of the extension's popup, or null where none is open, and the button's badge.
_POPUP = """
const {ExtensionParent} = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
const {extension} = WebExtensionPolicy.getByID(arguments[0]);
const {action} = ExtensionParent.apiManager.global.browserActionFor(extension);
const popup = document.querySelector("browser.webextension-popup-browser");
return [popup?.contentTitle ?? null, action.getContextData(gBrowser.selectedTab).badgeText];
"""

#: Errors in the browser's console that name the extension, or the pages under test.
_ERRORS = """
const [host] = arguments;
return Services.console.getMessageArray()
  .filter((m) => m instanceof Ci.nsIScriptError && !(m.flags & Ci.nsIScriptError.warningFlag))
  .filter((m) => m.sourceName.startsWith(`moz-extension://${host}`) || m.sourceName.startsWith("http://127.0.0.1"))
  .map((m) => `${m.sourceName}:${m.lineNumber}: ${m.errorMessage}`);
"""

_ROOT = """
const host = document.querySelector("sayso-root, #sayso-root");
const root = host?.openOrClosedShadowRoot;
const e = root?.querySelector(`[data-testid="${arguments[0]}"]`) ?? null;
"""


def find_firefox() -> str | None:
    """The browser's path, under whichever name the system has it."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One browser process with its own throwaway profile, one window, and the extension installed.

    `preferences` are more of Firefox's, as `user.js` writes them.
    """

    def __init__(self, extension: Path, **preferences: str) -> None:
        executable = find_firefox()
        assert executable, "Firefox is not installed: apt-get install firefox-esr"
        self._profile = Path(tempfile.mkdtemp(prefix="sayso-firefox-"))
        lines = (f'user_pref("{name}", {value});\n' for name, value in {**PREFERENCES, **preferences}.items())
        (self._profile / "user.js").write_text("".join(lines))
        self._log = (self._profile / "log.txt").open("w")
        self._process = subprocess.Popen(
            [executable, "--headless", "--width", "1280", "--height", "1000", "--marionette",
             "--remote-allow-system-access", "--no-remote", "--profile", str(self._profile)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            port_file = self._profile / "MarionetteActivePort"
            until(lambda: port_file.exists() and port_file.read_text().strip(), "Firefox to start")
            self.marionette = Marionette("127.0.0.1", port=int(port_file.read_text()))
            self.marionette.start_session()
            self.marionette.timeout.script = DEADLINE_S
            self._extension = extension
            self.extension_id: str = self.load_extension()
        except BaseException:
            self.close()
            raise

    # -- the extension ------------------------------------------------------------------------

    def load_extension(self) -> str:
        """Load the extension; once more is what about:debugging does on "reload", or an update."""
        loaded: str = Addons(self.marionette).install(str(self._extension), temp=True)
        return loaded

    def own_url(self, page: str) -> str:
        """The address of a page of the extension's own."""
        with self.marionette.using_context("chrome"):
            host = self.marionette.execute_script(
                "return WebExtensionPolicy.getByID(arguments[0]).mozExtensionHostname",
                script_args=[self.extension_id],
            )
        return f"moz-extension://{host}/{page}"

    def use_server(self, url: str) -> None:
        """Point the extension at a server, as its `serverUrl` setting in `storage.local` does."""
        self.store(serverUrl=url)

    def store(self, **values: Any) -> None:
        """Put values into `storage.local`, as the extension's own settings are."""
        with self.marionette.using_context("chrome"):
            arguments = [self.extension_id, values]
            error = self.marionette.execute_async_script(_STORE, script_args=arguments)
        assert not error, error

    def save_downloads_in(self, folder: Path) -> None:
        """Let downloads go there, unasked."""
        self.marionette.set_pref("browser.download.folderList", 2)
        self.marionette.set_pref("browser.download.dir", str(folder))

    def stored(self) -> dict[str, Any]:
        """What is in `storage.local`."""
        with self.marionette.using_context("chrome"):
            items: dict[str, Any] = self.marionette.execute_async_script(
                _READ, script_args=[self.extension_id]
            )
        return items

    def click_button(self) -> None:
        """Click the toolbar button and wait until the panel appears, or goes."""
        before = self.has_host()
        self.trigger_action()
        until(lambda: self.has_host() != before, "the toolbar click's effect")

    def press_shortcut(self, key: str) -> None:
        """Press Alt, Shift and this key together, as the browser's window gets it."""
        with self.marionette.using_context("chrome"):
            keys = (
                ActionSequence(self.marionette, "key", "keyboard").key_down(ALT).key_down(SHIFT).key_down(key)
            )
            keys.key_up(key).key_up(SHIFT).key_up(ALT).perform()

    def choose_in_page_menu(self, text: str, label: str) -> None:
        """Click on this text of the page with the right button, and choose an item of the menu."""
        point = until(lambda: self.evaluate(marks.point_of(text)), f"the text {text!r}")
        self._right_click(point["x"], point["y"])
        self._choose(label)

    def choose_in_button_menu(self, label: str) -> None:
        """Choose an item of the toolbar button's context menu."""
        with self.marionette.using_context("chrome"):
            x, y = self.marionette.execute_script(_PLACE_BUTTON, script_args=[self.extension_id])
            self._right_click(x, y)
        self._choose(label)

    def _right_click(self, x: float, y: float) -> None:
        mouse = ActionSequence(self.marionette, "pointer", "mouse", {"pointerType": "mouse"})
        mouse.pointer_move(round(x), round(y)).pointer_down(button=2).pointer_up(button=2).perform()

    def _choose(self, label: str) -> None:
        def choose() -> bool:
            with self.marionette.using_context("chrome"):
                chosen: bool = self.marionette.execute_script(_CHOOSE, script_args=[label])
            return chosen

        until(choose, f"the menu's item {label!r}")

    def withdraw_permission(self, origin: str) -> None:
        """Take a permission back, as about:addons does."""
        self._permit(origin, "remove")

    def grant_permission(self, origin: str) -> None:
        """Give a permission, as about:addons does."""
        self._permit(origin, "add")

    def _permit(self, origin: str, call: str) -> None:
        with self.marionette.using_context("chrome"):
            arguments = [self.extension_id, origin, call]
            error = self.marionette.execute_async_script(_PERMIT, script_args=arguments)
        assert not error, error

    def trigger_action(self) -> None:
        """One toolbar click, whatever its effect."""
        with self.marionette.using_context("chrome"):
            self.marionette.execute_script(_TRIGGER, script_args=[self.extension_id])

    def popup_and_badge(self) -> tuple[str | None, str]:
        """The title of the extension's popup, if one is open, and the text on its button."""
        with self.marionette.using_context("chrome"):
            popup, badge = self.marionette.execute_script(_POPUP, script_args=[self.extension_id])
        return popup, badge

    def errors(self) -> list[str]:
        """Errors of the extension (its background and content scripts) and of the fixture pages."""
        with self.marionette.using_context("chrome"):
            host = self.marionette.execute_script(
                "return WebExtensionPolicy.getByID(arguments[0]).mozExtensionHostname",
                script_args=[self.extension_id],
            )
            found = self.marionette.execute_script(_ERRORS, script_args=[host])
        # The second is said of any page of an extension that is closed while it waits for something.
        harmless = ("favicon.ico", "Promise resolved after context unloaded")
        return [error for error in found if not any(words in error for words in harmless)]

    # -- the page -----------------------------------------------------------------------------

    def navigate(self, url: str) -> None:
        self.marionette.navigate(url)

    def evaluate(self, expression: str) -> Any:
        """Evaluate an expression in the page's own world."""
        return self.marionette.execute_script(f"return ({expression})", sandbox=None)

    def marks(self) -> list[marks.Mark]:
        """What is painted now, in the order of the document."""
        return [marks.Mark(**mark) for mark in self.evaluate(marks.COLLECT)]

    def count_marks(self) -> int:
        return self.evaluate(marks.COUNT)

    def has_host(self) -> bool:
        """Is the extension's one element in the page?"""
        return self.evaluate("!!document.querySelector('sayso-root, #sayso-root')")

    def click_text(self, text: str) -> None:
        """Scroll a run of the page's text into view and click on the middle of its first line."""
        point = until(lambda: self.evaluate(marks.point_of(text)), f"the text {text!r}")
        self.click_at(point["x"], point["y"])

    def click_at(self, x: float, y: float) -> None:
        mouse = ActionSequence(self.marionette, "pointer", "mouse", {"pointerType": "mouse"})
        mouse.pointer_move(round(x), round(y)).pointer_down().pointer_up().perform()

    def press(self, key: str) -> None:
        """Press and release a key: a letter, or one by its name, such as `Escape`."""
        code = KEYS[key].webdriver if key in KEYS else key
        ActionSequence(self.marionette, "key", "keyboard").key_down(code).key_up(code).perform()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse button at a point, move it to another, and let it go."""
        mouse = ActionSequence(self.marionette, "pointer", "mouse", {"pointerType": "mouse"})
        mouse.pointer_move(round(start[0]), round(start[1])).pointer_down()
        mouse.pointer_move(round(end[0]), round(end[1]), duration=200).pointer_up().perform()

    @property
    def panel(self) -> Panel:
        return Panel(self.marionette)

    def picture_of(self, selector: str) -> bytes:
        """What the reader sees of an element, scrolled into view."""
        element = self.marionette.find_element("css selector", selector)
        picture: bytes = self.marionette.screenshot(element=element, format="binary", scroll=True)
        return picture

    def screenshot(self, path: Path) -> None:
        """What the reader sees, as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.marionette.screenshot(format="binary", full=False))

    def close(self) -> None:
        """Quit, and leave neither processes nor profile behind."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._process.pid)
            for member in [*process.children(recursive=True), process]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
        self._process.wait(30)
        self._log.close()
        shutil.rmtree(self._profile, ignore_errors=True)


class Panel:
    """The extension's interface inside its shadow root, by `data-testid`."""

    def __init__(self, marionette: Marionette) -> None:
        self._marionette = marionette

    def _ask(self, testid: str, expression: str) -> Any:
        with contextlib.suppress(MarionetteException):
            script = _ROOT + f"return {expression}"
            return self._marionette.execute_script(script, script_args=[testid], sandbox="system")
        return None

    def visible(self, testid: str) -> bool:
        """Is there such an element in the panel, and can the reader see it?"""
        seen = "!!e && e.checkVisibility({opacityProperty: true, visibilityProperty: true})"
        return bool(self._ask(testid, seen))

    def text(self, testid: str) -> str:
        """The element's text as it is rendered, or '' where there is none."""
        return self._ask(testid, "e ? (e.innerText ?? e.textContent).trim() : ''") or ""

    def attribute(self, testid: str, name: str) -> str | None:
        value: str | None = self._ask(testid, f"e?.getAttribute({name!r}) ?? null")
        return value

    def box(self, testid: str) -> dict[str, float]:
        """Where the element is in the viewport."""
        box: dict[str, float] = self._ask(testid, "e.getBoundingClientRect().toJSON()")
        return box

    def focused(self) -> str | None:
        """The test id of what has the focus in the panel or the card."""
        testid: str | None = self._ask("", "root?.activeElement?.dataset.testid ?? null")
        return testid

    def count(self, testid: str) -> int:
        """How many such elements there are."""
        return self._ask(testid, "root?.querySelectorAll(`[data-testid='${arguments[0]}']`).length") or 0

    def click(self, testid: str) -> None:
        """A real click on the element."""
        until(lambda: self.visible(testid), f"the panel's {testid}")
        self._marionette.execute_script(_ROOT + "return e", script_args=[testid], sandbox="system").click()
