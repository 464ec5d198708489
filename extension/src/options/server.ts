/** Where the server is, the token that it may ask for, and whether it answers. */
import { findServer, isTokenAccepted, type Server } from "../background/server-client.js";
import { commandLine } from "../shared/command-line.js";
import { h } from "../shared/dom.js";
import { problemText } from "../shared/problem-text.js";
import { t, type MessageName } from "../shared/i18n.js";
import { checkServerUrl, DEFAULT_SERVER_URL, isToken, readSettings, saveSettings, type AddressFault } from "../shared/settings.js";
import { keep, Outcome, paragraph, section } from "./section.js";

const FAULTS: Record<AddressFault, MessageName> = {
  "no-address": "serverNoAddress",
  "not-127": "serverNot127",
  "needs-https": "serverNeedsHttps",
  "needs-token": "serverNeedsToken",
};

export function server(): HTMLElement {
  const address = h("input", { id: "server-url", type: "text", inputmode: "url", spellcheck: "false", autocomplete: "off", "data-testid": "server-url" });
  const token = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", "aria-describedby": "token-note", "data-testid": "token" });
  const outcome = new Outcome("server-outcome");
  const start = h("div", {});
  void readSettings().then((settings) => {
    address.value = settings.serverUrl;
    token.value = settings.token;
  });

  async function use(server: Server, granted: Promise<boolean>): Promise<void> {
    if (!(await granted)) {
      outcome.say(t("serverNotAllowed", new URL(server.serverUrl).host), true);
      return;
    }
    const saving = saveSettings(server);
    keep(saving);
    await saving.catch(() => undefined);
    outcome.say(t("serverTesting"));
    const { text, isBad, command } = await test(server);
    outcome.say(text, isBad);
    start.replaceChildren(...(command === null ? [] : [commandLine(command)]));
  }

  function onSubmit(event: Event): void {
    event.preventDefault();
    // While the browser asks the reader, what was said of the last try would look like this one's.
    outcome.say("");
    start.replaceChildren();
    const secret = token.value.trim();
    const checked = checkServerUrl(address.value.trim() || DEFAULT_SERVER_URL, secret);
    address.removeAttribute("aria-invalid");
    if (!isToken(secret)) {
      outcome.say(t("serverBadToken"), true);
      return;
    }
    if ("fault" in checked) {
      address.setAttribute("aria-invalid", "true");
      outcome.say(t(FAULTS[checked.fault]), true);
      return;
    }
    address.value = checked.origin;
    // At once: a browser asks the reader only within the click itself.
    void use({ serverUrl: checked.origin, token: secret }, requestAccess(checked.origin));
  }

  return section(
    "server",
    "optionsServer",
    paragraph(t("serverIntro")),
    h(
      "form",
      { novalidate: true, onsubmit: onSubmit },
      h("div", { class: "field" }, h("label", { for: "server-url" }, t("serverAddress")), address),
      h("div", { class: "field" }, h("label", { for: "token" }, t("serverToken")), token, paragraph(t("serverTokenNote"), { class: "fine", id: "token-note" })),
      h("button", { class: "primary", "data-testid": "save-server" }, t("serverSave")),
      outcome.element,
      start,
    ),
  );
}

/** Another machine's address is no part of what was agreed to when Sayso was installed. */
function requestAccess(origin: string): Promise<boolean> {
  const { protocol, hostname } = new URL(origin);
  return chrome.permissions.request({ origins: [`${protocol}//${hostname}/*`] }).catch(() => false);
}

interface Tested {
  text: string;
  isBad: boolean;
  /** To be typed, where that is what helps. */
  command: string | null;
}

async function test(server: Server): Promise<Tested> {
  const found = await findServer(server);
  const problem = "problem" in found ? found.problem : (await isTokenAccepted(server)) ? null : ({ state: "unauthorized" } as const);
  if (problem !== null) {
    const { heading, detail, command } = problemText(problem);
    return { text: `${heading}. ${detail}`, isBad: true, command };
  }
  if ("problem" in found) return { text: "", isBad: true, command: null };
  const { health } = found;
  const text = health.status === "loading" ? t("serverLoading", health.version) : t("serverReady", health.version, health.model?.id ?? "");
  return { text, isBad: false, command: null };
}
