/**
 * Which language a text is in. Sayso reads English and leaves the rest alone.
 *
 * The text itself decides where there is enough of it to tell: many pages declare no language, or one that came with
 * their template. Text in another script than English's is not English. The browser's own detector is asked, which runs
 * on this machine, but not about text that is full of words that only English has: Chromium's calls "The council sold the
 * pool." said three times over Japanese, and is sure of it. Of a short text its `lang` attribute is believed, and where
 * there is none, it is taken to be in the language of its page.
 */

export const ENGLISH = "en";

/** From so many characters on the detector is right about a paragraph, where so many are left without the names in it. */
const ENOUGH_TO_TELL = 60;
const ENOUGH_BUT_NAMES = 30;
const ENOUGH_OF_A_PAGE = 200;
/** Of a block in two languages, a quote in its original for instance, neither is the block's. A page may quote more. */
const BLOCK_PERCENT = 80;
const PAGE_PERCENT = 50;
/** As much of a text as is looked at, and of a page, from all over it. */
const TEXT_CHARS = 1_000;
const SAMPLE_CHARS = 6_000;

/** Common, and no words of other languages that are written in these letters. */
const ENGLISH_WORDS = new Set("the and that with this from have has they which their would not been were you".split(" "));
/** English prose has a tenth to a fifth of them. */
const ENGLISH_SHARE = 0.08;

/** The language without the country: "de" for "de-AT". */
function primary(lang: string): string {
  return lang.trim().toLowerCase().split(/[-_]/)[0] ?? "";
}

/** The language of a page: of what was found on it to read, else what it declares, else English. */
export async function pageLanguage(declared: string, texts: readonly string[]): Promise<string> {
  const sample = sampleOf(texts);
  return (await detect(sample, PAGE_PERCENT)) ?? (await detectByWords(sample)) ?? (primary(declared) || ENGLISH);
}

/** The language of one block of it; `declared` is what the page says of this block in particular, empty for nothing. */
export async function blockLanguage(text: string, declared: string, page: string): Promise<string> {
  return (await detect(text.slice(0, TEXT_CHARS), BLOCK_PERCENT)) ?? (primary(declared) || page);
}

/** The language that most of a text is in; null where that cannot be told. */
async function detect(text: string, percent: number): Promise<string | null> {
  const script = otherScript(text);
  if (script !== null) return (await askBrowser(text, percent)) ?? likelyLanguage(script);
  if (text.length < ENOUGH_TO_TELL) return null;
  if (looksEnglish(text)) return ENGLISH;
  const found = await askBrowser(text, percent);
  // It takes an English list of players for Haitian, of authors for Malagasy, and repetitions for Japanese.
  if (found === null || found === ENGLISH) return found;
  if (likelyScript(found) !== "Latn") return null;
  const words = withoutNames(text);
  return words.length >= ENOUGH_BUT_NAMES && (await askBrowser(words, percent)) === found ? found : null;
}

/** Of a page that is full of names: tables of results, lists of works. */
async function detectByWords(text: string): Promise<string | null> {
  const words = withoutNames(text);
  if (words.length < ENOUGH_OF_A_PAGE) return null;
  const found = await askBrowser(words, BLOCK_PERCENT);
  return found !== null && likelyScript(found) === "Latn" ? found : null;
}

async function askBrowser(text: string, percent: number): Promise<string | null> {
  // Types and browsers differ in whether it is there.
  const i18n = chrome.i18n as { detectLanguage?: typeof chrome.i18n.detectLanguage };
  if (i18n.detectLanguage === undefined) return null;
  let found: chrome.i18n.LanguageDetectionResult;
  try {
    found = await i18n.detectLanguage(text);
  } catch {
    return null; // the extension is gone, or the detector makes nothing of it
  }
  const [first] = [...found.languages].sort((a, b) => b.percentage - a.percentage);
  if (!found.isReliable || first === undefined || first.percentage < percent || first.language === "und") return null;
  return primary(first.language);
}

/** What English is not written in, and the first of which tells a text in several: Japanese has Chinese signs as well. */
const SCRIPTS = "Hira Kana Hang Hani Cyrl Arab Hebr Grek Thai Deva Beng Taml Telu Gujr Knda Mlym Guru Sinh Geor Armn Ethi Khmr Laoo Mymr Tibt"
  .split(" ")
  .map((code) => ({ code, letters: new RegExp(`\\p{Script=${code}}`, "gu") }));

/** Fewer may be a formula's. */
const FEWEST_LETTERS = 4;
/** A Japanese page is full of English names; what stands between them says as much in a half as many signs. */
const SIGN_IN_LETTERS = 2;

/** The script that a text is in, if it is not that of English: also of a short one. */
function otherScript(text: string): string | null {
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  const others = (text.match(/\p{L}/gu)?.length ?? 0) - latin;
  if (others < FEWEST_LETTERS || others * SIGN_IN_LETTERS < latin) return null;
  return SCRIPTS.find(({ letters }) => text.match(letters) !== null)?.code ?? null;
}

/** Russian for Cyrillic: a guess, for what the browser cannot tell. */
function likelyLanguage(script: string): string {
  return new Intl.Locale(`und-${script}`).maximize().language;
}

function likelyScript(language: string): string | undefined {
  return new Intl.Locale(language).maximize().script;
}

/** Its words in small letters, which are no names. Of German, few nouns are left, and enough else. */
function withoutNames(text: string): string {
  return text.replace(/\S*[@/]\S*|\S+\.\p{L}\S*|\p{Lu}[\p{L}\p{M}'’-]*|\d+/gu, " ").replace(/[\p{P}\p{S}\s]+/gu, " ").trim();
}

function looksEnglish(text: string): boolean {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.filter((word) => ENGLISH_WORDS.has(word)).length >= ENGLISH_SHARE * Math.max(1, words.length);
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
