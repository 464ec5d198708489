/** Every word that a reader sees comes from `_locales`, so that a translation is one file. */
import type messages from "../../public/_locales/en/messages.json";

/** The names in the English file: a typing error is then a compile error and not an empty label. */
export type MessageName = keyof typeof messages;

export function t(name: MessageName, ...substitutions: (string | number)[]): string {
  return chrome.i18n.getMessage(name, substitutions.map(String));
}
