/**
 * Which language a text is in. Sayso reads English and leaves the rest alone.
 *
 * The text itself decides where there is enough of it to tell: many pages declare no language, or one that came with
 * their template. The browser's own detector is asked, which runs on this machine. Of a short text its `lang` attribute
 * is believed, and where there is none, it is taken to be in the language of its page.
 */

export const ENGLISH = "en";

/** From so many characters on the detector is right about a paragraph of names and numbers too. */
const ENOUGH_TO_TELL = 60;
/** Of a text in two languages, a quote in its original for instance, neither is the text's. */
const MOST_PERCENT = 80;
/** As much of a page as is looked at, from all over it. */
const SAMPLE_CHARS = 6_000;

/** The language without the country: "de" for "de-AT". */
function primary(lang: string): string {
  return lang.trim().toLowerCase().split(/[-_]/)[0] ?? "";
}

/** The language of a page: of what was found on it to read, else what it declares, else English. */
export async function pageLanguage(declared: string, texts: readonly string[]): Promise<string> {
  return (await detect(sampleOf(texts))) ?? (primary(declared) || ENGLISH);
}

/** The language of one block of it; `declared` is what the page says of this block in particular, empty for nothing. */
export async function blockLanguage(text: string, declared: string, page: string): Promise<string> {
  return (await detect(text)) ?? (primary(declared) || page);
}

/** The language that most of a text is in; null where that cannot be told. */
async function detect(text: string): Promise<string | null> {
  // Types and browsers differ in whether it is there.
  const i18n = chrome.i18n as { detectLanguage?: typeof chrome.i18n.detectLanguage };
  if (text.length < ENOUGH_TO_TELL || i18n.detectLanguage === undefined) return null;
  let found: chrome.i18n.LanguageDetectionResult;
  try {
    found = await i18n.detectLanguage(text);
  } catch {
    return null; // the extension is gone, or the detector makes nothing of it
  }
  const [first] = [...found.languages].sort((a, b) => b.percentage - a.percentage);
  if (!found.isReliable || first === undefined || first.percentage < MOST_PERCENT || first.language === "und") return null;
  return primary(first.language);
}

/** Texts from all over the page, as its beginning may be a quote. */
function sampleOf(texts: readonly string[]): string {
  const total = texts.reduce((sum, { length }) => sum + length, 0);
  const every = Math.max(1, Math.ceil(total / SAMPLE_CHARS));
  return texts.filter((_, index) => index % every === 0).join("\n").slice(0, SAMPLE_CHARS);
}

/** "German" for "de-AT"; the tag itself where it is not one ("english" is what some pages say, for instance). */
export function languageName(lang: string, reader = "en"): string {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(primary(lang)) ?? lang;
  } catch {
    return lang;
  }
}

/** "German and French". */
export function languageNames(langs: readonly string[], reader = "en"): string {
  return new Intl.ListFormat(reader, { type: "conjunction" }).format(langs.map((lang) => languageName(lang, reader)));
}
