/** What can be set, in `chrome.storage.local`. For now that is one thing: where the server is. */

export const DEFAULT_SERVER_URL = "http://127.0.0.1:8377";
export const SERVER_URL_KEY = "serverUrl";

/**
 * The server's origin from a stored setting, or the default where the setting is no loopback http address.
 *
 * `localhost` becomes `127.0.0.1`: the manifest's host permission names the one spelling, and in some networks the
 * other resolves elsewhere. Text of a page must never go anywhere but this machine, so everything else is ignored.
 */
export function parseServerUrl(setting: unknown): string {
  if (typeof setting !== "string" || !URL.canParse(setting)) return DEFAULT_SERVER_URL;
  const url = new URL(setting);
  if (url.hostname === "localhost") url.hostname = "127.0.0.1";
  const isLoopback = url.protocol === "http:" && url.hostname === "127.0.0.1";
  return isLoopback && url.username === "" && url.password === "" ? url.origin : DEFAULT_SERVER_URL;
}

/** Read anew for every request: a worker's globals do not outlive it, and tests and options change it live. */
export async function serverUrl(): Promise<string> {
  const stored = await chrome.storage.local.get(SERVER_URL_KEY);
  return parseServerUrl(stored[SERVER_URL_KEY]);
}
