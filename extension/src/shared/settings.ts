/**
 * What the reader can set, in `chrome.storage.local`, each setting under its own key.
 *
 * A stored value may be of an older or newer version, or spoilt: each is checked when it is read, and one that does not
 * fit is its default, so that an update or a broken profile never leaves Sayso without settings.
 */
import { isRecord } from "./is-record.js";

/** What a mark is made of. */
export const MARK_STYLES = ["both", "line", "tint"] as const;
export type MarkStyle = (typeof MARK_STYLES)[number];

/** Sets of two colours (opinion, factual claim), which colour-blind readers can tell apart; `marks-style` has them. */
export const PALETTE_NAMES = ["orange-teal", "purple-green", "blue-yellow"] as const;
export type Palette = (typeof PALETTE_NAMES)[number];

/** Where the panel stands in the window. */
export const CORNERS = ["bottom-right", "bottom-left", "top-left", "top-right"] as const;
export type Corner = (typeof CORNERS)[number];

export interface Settings {
  /** The server's origin. */
  serverUrl: string;
  /** Sent to the server as a bearer token; empty for none. With one the server may be another machine's. */
  token: string;
  markStyle: MarkStyle;
  palette: Palette;
  /** Sentences that the model is less sure about than this are not marked; 0 to 1. */
  minConfidence: number;
  corner: Corner;
}

export const DEFAULT_SERVER_URL = "http://127.0.0.1:8377";

export const DEFAULT_SETTINGS: Settings = {
  serverUrl: DEFAULT_SERVER_URL,
  token: "",
  markStyle: "both",
  palette: "orange-teal",
  minConfidence: 0,
  corner: "bottom-right",
};

const KEYS = Object.keys(DEFAULT_SETTINGS) as (keyof Settings)[];

/** Settings as they were stored, whatever that is. */
export function parseSettings(stored: unknown): Settings {
  const { serverUrl, token, markStyle, palette, minConfidence, corner } = isRecord(stored) ? stored : {};
  const secret = typeof token === "string" && isToken(token) ? token : DEFAULT_SETTINGS.token;
  return {
    serverUrl: parseServerUrl(serverUrl, secret),
    token: secret,
    markStyle: oneOf(MARK_STYLES, markStyle) ?? DEFAULT_SETTINGS.markStyle,
    palette: oneOf(PALETTE_NAMES, palette) ?? DEFAULT_SETTINGS.palette,
    minConfidence:
      typeof minConfidence === "number" && minConfidence >= 0 && minConfidence <= 1 ? minConfidence : DEFAULT_SETTINGS.minConfidence,
    corner: oneOf(CORNERS, corner) ?? DEFAULT_SETTINGS.corner,
  };
}

/** Why an address cannot be the server's. */
export type AddressFault = "no-address" | "not-127" | "needs-https" | "needs-token";

/** Names that never leave the machine, of which the manifest's host permission has one: `127.0.0.1`. */
const LOOPBACK = /^(127(\.\d+){3}|\[::1\]|0\.0\.0\.0|\[::\]|(.+\.)?localhost)$/;

/**
 * The origin that an address names, or why it may not be used. One without a scheme is taken for http.
 *
 * `localhost` becomes `127.0.0.1`: the manifest's host permission names the one spelling, and in some networks the
 * other resolves elsewhere. Text of a page must not go to another machine by mistake: without a token everything but
 * loopback is refused.
 */
export function checkServerUrl(address: string, token: string): { origin: string } | { fault: AddressFault } {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(full)) return { fault: "no-address" };
  const url = new URL(full);
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return { fault: "no-address" };
  if (url.hostname.includes("%")) return { fault: "no-address" }; // to Chromium "two words" is a host, too
  // By https it is a name that a certificate has to fit.
  if (url.hostname === "localhost" && url.protocol === "http:") url.hostname = "127.0.0.1";
  const isLoopback = url.protocol === "http:" && url.hostname === "127.0.0.1";
  if (!isLoopback && url.protocol === "http:" && LOOPBACK.test(url.hostname)) return { fault: "not-127" };
  // Over a network only where nobody on the way can read the text.
  if (!isLoopback && url.protocol !== "https:") return { fault: "needs-https" };
  if (!isLoopback && token === "") return { fault: "needs-token" };
  return { origin: url.origin };
}

/** The server's origin from a stored setting, or the default where the setting may not be used. */
export function parseServerUrl(setting: unknown, token = ""): string {
  const checked = typeof setting === "string" ? checkServerUrl(setting, token) : { fault: "no-address" };
  return "origin" in checked ? checked.origin : DEFAULT_SERVER_URL;
}

/**
 * Read anew for every use: a worker's globals do not outlive it, and the options change them live. Where the storage
 * itself is broken (a damaged profile), they are the defaults.
 */
export async function readSettings(): Promise<Settings> {
  const stored: unknown = await chrome.storage.local.get(KEYS).catch(() => undefined);
  return parseSettings(stored);
}

export async function saveSettings(changed: Partial<Settings>): Promise<void> {
  await chrome.storage.local.set(changed);
}

/** Calls back with all settings after each change of any, from wherever; until the signal says to stop. */
export function onSettingsChanged(callback: (settings: Settings) => void, signal?: AbortSignal): void {
  const listener = (changes: Record<string, chrome.storage.StorageChange>, area: string): void => {
    if (area === "local" && KEYS.some((key) => key in changes)) void readSettings().then(callback);
  };
  chrome.storage.onChanged.addListener(listener);
  signal?.addEventListener("abort", () => {
    chrome.storage.onChanged.removeListener(listener);
  });
}

/** What can stand in a header: a token that cannot would make every request fail. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text);
}

function oneOf<Value extends string>(values: readonly Value[], value: unknown): Value | undefined {
  return values.find((each) => each === value);
}
