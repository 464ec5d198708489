/** Every word that a reader sees comes from `_locales`, so that a translation is one file. */
import english from "../../public/_locales/en/messages.json";

/** The names in the English file: a typing error is then a compile error and not an empty label. */
export type MessageName = keyof typeof english;

/**
 * A message in the reader's language; in English in a page whose extension was reloaded, where asking for another throws
 * and would leave a dead panel (`isOrphaned`).
 */
export function t(name: MessageName, ...substitutions: (string | number)[]): string {
  const words = substitutions.map(String);
  try {
    return chrome.i18n.getMessage(name, words);
  } catch {
    return english[name].message.replace(/\$(\d)/g, (_, digit: string) => words[Number(digit) - 1] ?? "");
  }
}
