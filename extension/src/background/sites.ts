/**
 * Sites that are marked by themselves: keeps the script that announces their pages registered for those sites that the
 * reader chose and the browser allows, and for no others.
 *
 * A registration outlives the browser's end, but no update of the extension, so it is made anew at each start.
 */
import { changeSites, listSites } from "../shared/sites.js";

const ID = "sites";
const SCRIPT = "site.js";

/** What was asked for last is done last, and one after the other: a registration that is there cannot be made again. */
let last: Promise<void> = Promise.resolve();

/** Called when the extension starts and whenever the list or the permissions change. */
export function updateSites(): void {
  last = last.then(register).catch((error: unknown) => {
    console.error("sayso:", error);
  });
}

async function register(): Promise<void> {
  const sites = await allowed(await listSites());
  // Unregistering what is not there is an error.
  if ((await chrome.scripting.getRegisteredContentScripts({ ids: [ID] })).length > 0) {
    await chrome.scripting.unregisterContentScripts({ ids: [ID] });
  }
  if (sites.length === 0) return;
  await chrome.scripting.registerContentScripts([
    { id: ID, js: [SCRIPT], matches: sites, runAt: "document_idle", persistAcrossSessions: true },
  ]);
}

/** The reader has taken a permission back in the browser's own settings: the site goes from the list, too. */
export async function onPermissionsRemoved(): Promise<void> {
  const sites = await listSites();
  const left = await allowed(sites);
  if (left.length < sites.length) await changeSites((now) => now.filter((site) => left.includes(site) || !sites.includes(site)));
}

/** The reader no longer wants a site to be marked by itself, so what was permitted for that is given back. */
export async function giveBack(site: string, serverUrl: string): Promise<void> {
  const { protocol, hostname } = new URL(serverUrl);
  if (site === `${protocol}//${hostname}/*`) return; // the server is there, too
  try {
    await chrome.permissions.remove({ origins: [site] });
  } catch {
    // What the manifest asks for cannot be given back, nor what is no pattern to the browser.
  }
}

async function allowed(sites: readonly string[]): Promise<string[]> {
  const are = await Promise.all(sites.map(isAllowed));
  return sites.filter((_, index) => are[index]);
}

/** One that is no pattern to the browser, which throws (a spoilt list), is not allowed and in no other's way. */
async function isAllowed(site: string): Promise<boolean> {
  try {
    return await chrome.permissions.contains({ origins: [site] });
  } catch {
    return false;
  }
}
