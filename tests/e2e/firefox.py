"""Drives a real, headless Firefox with the extension, through Marionette.

The toolbar click is made on the browser's own button object, in Firefox's chrome context; settings
are written where `storage.local` keeps them. Panel elements are found through the closed shadow root,
which Marionette's system sandbox may open, and are clicked with real input events.
"""

from __future__ import annotations

import base64
import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Literal

import psutil
from marionette_driver.addons import Addons
from marionette_driver.errors import JavascriptException, MarionetteException
from marionette_driver.marionette import ActionSequence, Marionette

from tests.e2e import either, marks
from tests.e2e.either import HOST_ELEMENT
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
ALT = "\ue00a"
SHIFT = "\ue008"

#: The extension's items in a page's context menu.
PAGE_MENU = {
    "page": "Mark opinion and factual claims on this page",
    "selection": "Mark opinion and factual claims in the selection",
}

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

#: Ends the extension's background, whatever it is at, as the browser does with one that is idle.
_STOP_BACKGROUND = """
const [id, resolve] = arguments;
const {extension} = WebExtensionPolicy.getByID(id);
extension.terminateBackground({disableResetIdleForTest: true})
  .then(() => resolve(""), (error) => resolve(String(error)));
"""

#: What the extension's popup says, or null where none is open or loaded.
_POPUP = """
const [resolve] = arguments;
const popup = document.querySelector("browser.webextension-popup-browser");
if (!popup?.contentTitle) {
  resolve(null);
} else {
  popup.messageManager.addMessageListener("sayso:text", function heard({data}) {
    popup.messageManager.removeMessageListener("sayso:text", heard);
    resolve(data);
  });
  const script = "sendAsyncMessage('sayso:text', content.document.body.innerText)";
  popup.messageManager.loadFrameScript(`data:,${script}`, false);
  setTimeout(() => resolve(null), 1000);  // a page that is just being loaded may not answer
}
"""

#: The text of the badge on the button.
_BADGE = """
const {ExtensionParent} = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
const {extension} = WebExtensionPolicy.getByID(arguments[0]);
const {action} = ExtensionParent.apiManager.global.browserActionFor(extension);
return action.getContextData(gBrowser.selectedTab).badgeText;
"""

#: Gives the tab in front a size of its own within the window, and a zoom.
_RESIZE = """
const [width, height, zoom] = arguments;
const {style, browsingContext} = gBrowser.selectedBrowser;
style.minWidth = style.maxWidth = `${width * zoom}px`;
style.minHeight = style.maxHeight = `${height * zoom}px`;
browsingContext.fullZoom = zoom;
"""

#: Does the page know of a media feature?
_MATCHES = "matchMedia('({}: {})').matches"

#: The text on the clipboard.
_CLIPBOARD = """
const data = Cc["@mozilla.org/widget/transferable;1"].createInstance(Ci.nsITransferable);
data.init(null);
data.addDataFlavor("text/plain");
Services.clipboard.getData(data, Services.clipboard.kGlobalClipboard);
const out = {};
data.getTransferData("text/plain", out);
return out.value.QueryInterface(Ci.nsISupportsString).data;
"""

#: Errors in the browser's console that name the extension, or the pages under test.
_ERRORS = """
const [host] = arguments;
return Services.console.getMessageArray()
  .filter((m) => m instanceof Ci.nsIScriptError && !(m.flags & Ci.nsIScriptError.warningFlag))
  .filter((m) => m.sourceName.startsWith(`moz-extension://${host}`) || m.sourceName.startsWith("http://127.0.0.1"))
  .map((m) => `${m.sourceName}:${m.lineNumber}: ${m.errorMessage}`);
"""

#: Begins a script about an element of the panel; ends it where there is no panel.
_ROOT = f"""
const root = document.querySelector("{HOST_ELEMENT}")?.openOrClosedShadowRoot;
if (!root) return null;
const e = root.querySelector(`[data-testid="${{arguments[0]}}"]`);
"""

#: The preference behind a media feature's value.
FEATURES: dict[tuple[str, str], tuple[str, int]] = {
    ("prefers-color-scheme", "dark"): ("layout.css.prefers-color-scheme.content-override", 0),
    ("prefers-color-scheme", "light"): ("layout.css.prefers-color-scheme.content-override", 1),
    ("prefers-reduced-motion", "reduce"): ("ui.prefersReducedMotion", 1),
    ("forced-colors", "active"): ("browser.display.document_color_use", 2),
}


def find_firefox() -> str | None:
    """The browser's path, under whichever name the system has it."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox(either.Browser):
    """One window, and the extension installed.

    `preferences` are more of Firefox's, as `user.js` writes them.
    """

    name = "firefox"

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
            #: Stays open: the driver always has a tab to talk to.
            self._first_tab: str = self.marionette.current_window_handle
            self._extension = extension
            self.load_extension()
        except BaseException:
            self.close()
            raise

    # -- the browser's own --------------------------------------------------------------------

    def chrome(self, script: str, *arguments: Any) -> Any:
        """Run a script in the browser's window, with its rights."""
        with self.marionette.using_context("chrome"):
            return self.marionette.execute_script(script, script_args=arguments)

    def chrome_async(self, script: str, *arguments: Any) -> Any:
        """The same for one that calls back with its result."""
        with self.marionette.using_context("chrome"):
            return self.marionette.execute_async_script(script, script_args=arguments)

    def _chrome_or_fail(self, script: str, *arguments: Any) -> None:
        error = self.chrome_async(script, *arguments)
        assert not error, error

    # -- the extension ------------------------------------------------------------------------

    def load_extension(self) -> None:
        self.extension_id = self._load(self._extension)

    def load_other(self, folder: Path) -> str:
        return f"moz-extension://{self._host(self._load(folder))}/"

    def _load(self, folder: Path) -> str:
        loaded: str = Addons(self.marionette).install(str(folder), temp=True)
        return loaded

    def _host(self, extension_id: str) -> str:
        script = "return WebExtensionPolicy.getByID(arguments[0]).mozExtensionHostname"
        host: str = self.chrome(script, extension_id)
        return host

    def own_url(self, page: str) -> str:
        return f"moz-extension://{self._host(self.extension_id)}/{page}"

    def store(self, **values: Any) -> None:
        self._chrome_or_fail(_STORE, self.extension_id, values)

    def stored(self) -> dict[str, Any]:
        items: dict[str, Any] = self.chrome_async(_READ, self.extension_id)
        return items

    def stop_background(self) -> None:
        self._chrome_or_fail(_STOP_BACKGROUND, self.extension_id)

    def popup_text(self) -> str | None:
        text: str | None = self.chrome_async(_POPUP)
        return text

    def badge(self) -> str:
        text: str = self.chrome(_BADGE, self.extension_id)
        return text

    def save_downloads_in(self, folder: Path) -> None:
        self.marionette.set_pref("browser.download.folderList", 2)
        self.marionette.set_pref("browser.download.dir", str(folder))

    def answer_permission_prompts(self) -> None:
        """From now on as a reader who always says yes."""
        self.marionette.set_pref("extensions.webextOptionalPermissionPrompts", False)

    def press_shortcut(self, key: str) -> None:
        """Press Alt, Shift and this key together, as the browser's window gets it."""
        with self.marionette.using_context("chrome"):
            keys = (
                ActionSequence(self.marionette, "key", "keyboard").key_down(ALT).key_down(SHIFT).key_down(key)
            )
            keys.key_up(key).key_up(SHIFT).key_up(ALT).perform()

    def choose_in_button_menu(self, label: str) -> None:
        """Choose an item of the toolbar button's context menu."""
        with self.marionette.using_context("chrome"):
            x, y = self.marionette.execute_script(_PLACE_BUTTON, script_args=[self.extension_id])
            right_click(self.marionette, x, y)
        self.choose(label)

    def choose(self, label: str) -> None:
        """Choose an item of the context menu that is being opened."""
        until(lambda: self.chrome(_CHOOSE, label), f"the menu's item {label!r}")

    def withdraw_permission(self, origin: str) -> None:
        """Take a permission back, as about:addons does."""
        self._chrome_or_fail(_PERMIT, self.extension_id, origin, "remove")

    def grant_permission(self, origin: str) -> None:
        """Give a permission, as about:addons does."""
        self._chrome_or_fail(_PERMIT, self.extension_id, origin, "add")

    def errors(self) -> list[str]:
        """Also those of the fixture pages: the console is one for all."""
        found: list[str] = self.chrome(_ERRORS, self._host(self.extension_id))
        # The second is said of any page of an extension that is closed while it waits for something.
        harmless = ("favicon.ico", "Promise resolved after context unloaded")
        return [error for error in found if not any(words in error for words in harmless)]

    def forget_errors(self) -> None:
        self.chrome("Services.console.reset()")

    # -- tabs and the end ---------------------------------------------------------------------

    def open(self, url: str = "about:blank") -> Tab:
        tab = Tab(self, self.marionette.open(type="tab", focus=True)["handle"])
        if url != "about:blank":
            tab.navigate(url)
        return tab

    def tabs(self) -> list[Tab]:
        """Those that are open, in no order; a new one's extension page, for instance."""
        return [Tab(self, handle) for handle in self.marionette.window_handles if handle != self._first_tab]

    def close_tab(self, handle: str) -> None:
        self.marionette.switch_to_window(handle, focus=False)
        self.marionette.close()
        self.marionette.switch_to_window(self._first_tab, focus=False)

    def close(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._process.pid)
            for member in [*process.children(recursive=True), process]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
        self._process.wait(30)
        self._log.close()
        shutil.rmtree(self._profile, ignore_errors=True)


def right_click(marionette: Marionette, x: float, y: float) -> None:
    mouse = ActionSequence(marionette, "pointer", "mouse", {"pointerType": "mouse"})
    mouse.pointer_move(round(x), round(y)).pointer_down(button=2).pointer_up(button=2).perform()


class Tab(either.Page):
    browser: Firefox

    def __init__(self, browser: Firefox, handle: str) -> None:
        self.browser = browser
        self.handle = handle
        self.closed = False
        self._preferred: list[str] = []

    @property
    def marionette(self) -> Marionette:
        """The driver, talking to this tab."""
        self.browser.marionette.switch_to_window(self.handle, focus=False)
        return self.browser.marionette

    # -- the page -----------------------------------------------------------------------------

    def navigate(self, url: str) -> None:
        self.marionette.navigate(url)

    @property
    def url(self) -> str:
        url: str = self.marionette.get_url()
        return url

    def evaluate(self, expression: str) -> Any:
        return self.marionette.execute_script(f"return ({expression})", sandbox=None)

    @property
    def panel(self) -> Panel:
        return Panel(self)

    def errors(self) -> list[str]:
        return self.browser.errors()

    def forget_errors(self) -> None:
        self.browser.forget_errors()

    # -- the reader ---------------------------------------------------------------------------

    def activate(self) -> None:
        # Not where it is in front: a popup that the window has open would be closed.
        if self.evaluate("document.hidden"):
            self.browser.marionette.switch_to_window(self.handle, focus=True)

    def trigger_action(self) -> None:
        self.activate()
        self.browser.chrome(_TRIGGER, self.browser.extension_id)

    def click_at(self, x: float, y: float) -> None:
        mouse = ActionSequence(self.marionette, "pointer", "mouse", {"pointerType": "mouse"})
        mouse.pointer_move(round(x), round(y)).pointer_down().pointer_up().perform()

    def choose_in_page_menu(self, item: Literal["page", "selection"], text: str) -> None:
        point = until(lambda: self.evaluate(marks.point_of(text)), f"the text {text!r}")
        right_click(self.marionette, point["x"], point["y"])
        self.browser.choose(PAGE_MENU[item])

    def press(self, key: str) -> None:
        *held, key = key.split("+")
        code = KEYS[key].webdriver if key in KEYS else key
        keys = ActionSequence(self.marionette, "key", "keyboard")
        for _ in held:
            keys.key_down(SHIFT)
        keys.key_down(code).key_up(code)
        for _ in held:
            keys.key_up(SHIFT)
        keys.perform()

    def type(self, text: str) -> None:
        ActionSequence(self.marionette, "key", "keyboard").send_keys(text).perform()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = ActionSequence(self.marionette, "pointer", "mouse", {"pointerType": "mouse"})
        mouse.pointer_move(round(start[0]), round(start[1])).pointer_down()
        mouse.pointer_move(round(end[0]), round(end[1]), duration=200).pointer_up().perform()

    def clipboard(self) -> str:
        text: str = self.browser.chrome(_CLIPBOARD)
        return text

    # -- how the reader sees it ---------------------------------------------------------------

    def resize(self, width: int, height: int, zoom: float = 1) -> None:
        self.activate()
        self.browser.chrome(_RESIZE, width, height, zoom)
        until(lambda: self.evaluate("[innerWidth, innerHeight]") == [width, height], "the new size")

    def prefer(self, **features: str) -> None:
        for feature in features.items():
            self.marionette.set_pref(*FEATURES[feature])
            until(lambda named=feature: self.evaluate(_MATCHES.format(*named)), f"{feature}")
            self._preferred.append(FEATURES[feature][0])

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.marionette.screenshot(format="binary", full=False))

    def picture_of(self, selector: str) -> bytes:
        marionette = self.marionette
        element = marionette.find_element("css selector", selector)
        picture: bytes = marionette.screenshot(element=element, format="binary", scroll=True)
        return picture

    def pdf(self) -> bytes:
        data: str = self.marionette._send_message("WebDriver:Print", {"background": True}, key="value")
        return base64.b64decode(data)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.browser.close_tab(self.handle)
            for name in self._preferred:
                self.browser.marionette.clear_pref(name)


class Panel(either.Panel):
    def __init__(self, tab: Tab) -> None:
        self._tab = tab

    def _find(self, testid: str) -> Any:
        script = _ROOT + "return e"
        return self._tab.marionette.execute_script(script, script_args=[testid], sandbox="system")

    def ask(self, testid: str, expression: str) -> Any:
        try:
            script = _ROOT + f"return {expression}"
            return self._tab.marionette.execute_script(script, script_args=[testid], sandbox="system")
        except JavascriptException:
            raise
        except MarionetteException:
            return None  # the page is being left

    def click(self, testid: str, *, timeout: float = DEADLINE_S) -> None:
        until(lambda: self.visible(testid), f"the panel's {testid}", timeout=timeout)
        self._find(testid).click()
