/** Which keys do what, and where the browser lets the reader change them. */
import { h } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { paragraph, section } from "./section.js";

/** Firefox alone can be asked for its page of shortcuts; Chrome opens it as any address. */
interface FirefoxCommands {
  openShortcutSettings?: () => Promise<void>;
}

export function shortcuts(): HTMLElement {
  const list = h("dl", { class: "pairs", "data-testid": "shortcuts" });
  const render = (): void => {
    void chrome.commands.getAll().then((commands) => {
      list.replaceChildren(
        ...commands.flatMap(({ name, description, shortcut }) => [
          // The browser has no words for the command that stands for the button.
          h("dt", {}, name === "_execute_action" ? t("shortcutToggle") : (description ?? "")),
          h("dd", {}, shortcut === undefined || shortcut === "" ? t("shortcutNone") : h("kbd", {}, shortcut)),
        ]),
      );
    });
  };
  render();
  // They are changed in another tab.
  window.addEventListener("focus", render);

  const settings = (chrome.commands as FirefoxCommands).openShortcutSettings?.bind(chrome.commands);
  const isChromium = chrome.runtime.getURL("").startsWith("chrome-extension:");
  const open = (): unknown => settings?.() ?? chrome.tabs.create({ url: "chrome://extensions/shortcuts" });
  return section(
    "shortcuts",
    "optionsShortcuts",
    list,
    paragraph(isChromium ? t("shortcutsWhereChrome") : t("shortcutsWhereFirefox"), { class: "fine" }),
    ...(isChromium || settings !== undefined ? [h("button", { type: "button", onclick: () => void open(), "data-testid": "change-shortcuts" }, t("shortcutsChange"))] : []),
  );
}
