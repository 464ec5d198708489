/**
 * The sites that Sayso marks by itself, because the reader said so: match patterns in `chrome.storage.local`, one a site.
 *
 * The list is what the reader wants; what the browser allows is its own, and the background keeps the two together
 * (`background/sites`). Ports are left out, as Firefox knows none in patterns.
 */
const KEY = "sites";

/** Without a per cent sign, which Chromium makes of a space: to it "two words" is a host, too. */
const PATTERN = /^https?:\/\/[^/*%]+\/\*$/;

export async function listSites(): Promise<string[]> {
  const stored: unknown = (await chrome.storage.local.get(KEY).catch(() => ({})) as Record<string, unknown>)[KEY];
  return Array.isArray(stored) ? stored.filter((site): site is string => typeof site === "string" && PATTERN.test(site)) : [];
}

export function addSite(site: string): Promise<void> {
  return changeSites((sites) => [...new Set([...sites, site])].sort());
}

export function removeSite(site: string): Promise<void> {
  return changeSites((sites) => sites.filter((other) => other !== site));
}

/** One change after the other, in whichever of the extension's pages: each reads the list and writes it whole. */
export async function changeSites(to: (sites: string[]) => string[]): Promise<void> {
  await navigator.locks.request(`sayso:${KEY}`, async () => {
    await chrome.storage.local.set({ [KEY]: to(await listSites()) });
  });
}

/** Calls back after each change of the list. */
export function onSitesChanged(callback: () => void): void {
  chrome.storage.onChanged.addListener((changes, area) => {
    if (area === "local" && KEY in changes) callback();
  });
}

/** The site of an address, as typed or a tab's; null where it is none that can be marked by itself. */
export function siteOf(address: string): string | null {
  const text = address.trim();
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(full)) return null;
  const { protocol, hostname, username } = new URL(full);
  const site = `${protocol}//${hostname}/*`;
  return PATTERN.test(site) && username === "" ? site : null;
}

/** As a reader knows it: the host, and the scheme where it is the unusual one. */
export function siteName(site: string): string {
  return site.replace(/^https:\/\//, "").replace(/\/\*$/, "");
}
