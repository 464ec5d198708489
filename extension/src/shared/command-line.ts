/** A command to be typed in a terminal, and a button to copy it. */
import { h, setText } from "./dom.js";
import { t } from "./i18n.js";
import { copyText } from "./clipboard.js";

export function commandLine(command: string): HTMLElement {
  const code = h("code", { "data-testid": "command", tabindex: 0 }, command);
  const button = h(
    "button",
    {
      type: "button",
      class: "copy",
      "data-testid": "copy",
      onclick: () => {
        void copyText(command).then((copied) => {
          if (!copied) getSelection()?.selectAllChildren(code);
          setText(button, copied ? t("copied") : t("copyFailed"));
        });
      },
    },
    t("copy"),
  );
  return h("div", { class: "command" }, code, button);
}
