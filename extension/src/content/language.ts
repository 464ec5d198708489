/** Sayso reads English. What a page says of its language decides; a page that says nothing is taken to be English. */

export function isEnglish(lang: string): boolean {
  return /^en([-_]|$)/i.test(lang.trim());
}

/** The page's declared language where that is not English, else null. */
export function foreignLanguage(page: Document): string | null {
  const lang = page.documentElement.lang.trim();
  return lang === "" || isEnglish(lang) ? null : lang;
}

/** "German" for "de-AT"; the tag itself where it is not one ("english" is what some pages say, for instance). */
export function languageName(lang: string, reader = "en"): string {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(lang.split(/[-_]/)[0] ?? lang) ?? lang;
  } catch {
    return lang;
  }
}
