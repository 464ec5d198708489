import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { checkServerUrl, DEFAULT_SERVER_URL, DEFAULT_SETTINGS, onSettingsChanged, parseServerUrl, parseSettings, readSettings, saveSettings } from "../src/shared/settings.js";
import { fakeStorage } from "./storage.js";

describe("settings", () => {
  let items: Record<string, unknown>;
  beforeEach(() => {
    items = fakeStorage();
  });

  it("are the defaults before anything is set", async () => {
    expect(await readSettings()).toEqual(DEFAULT_SETTINGS);
  });

  it("are kept one by one", async () => {
    await saveSettings({ minConfidence: 0.7 });
    await saveSettings({ palette: "purple-green" });
    expect(await readSettings()).toEqual({ ...DEFAULT_SETTINGS, minConfidence: 0.7, palette: "purple-green" });
    expect(Object.keys(items).sort()).toEqual(["minConfidence", "palette"]);
  });

  it("are told when they change, and not after the signal", async () => {
    const stop = new AbortController();
    const heard = vi.fn();
    onSettingsChanged(heard, stop.signal);
    await saveSettings({ markStyle: "line" });
    await vi.waitFor(() => { expect(heard).toHaveBeenCalledWith({ ...DEFAULT_SETTINGS, markStyle: "line" }); });
    stop.abort();
    await saveSettings({ markStyle: "tint" });
    await readSettings();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("are the defaults where the browser's storage is broken", async () => {
    const get = (): Promise<never> => Promise.reject(new Error("Corruption: checksum mismatch"));
    vi.stubGlobal("chrome", { ...chrome, storage: { local: { get } } });
    expect(await readSettings()).toEqual(DEFAULT_SETTINGS);
  });

  it("are whole whatever was stored", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(DEFAULT_SETTINGS)), fc.anything()), (stored) => {
        const settings = parseSettings(stored);
        expect(parseSettings(settings)).toEqual(settings);
        expect(Object.keys(settings).sort()).toEqual(Object.keys(DEFAULT_SETTINGS).sort());
      }),
    );
  });
});

describe("the server's address", () => {
  it.each([
    ["https://sayso.example.org/", "secret", "https://sayso.example.org"],
    ["https://sayso.example.org", "", DEFAULT_SERVER_URL],
    ["http://sayso.example.org", "secret", DEFAULT_SERVER_URL],
    ["https://localhost:8443", "secret", "https://localhost:8443"],
    ["http://127.0.0.1:9000", "secret", "http://127.0.0.1:9000"],
  ])("%s with the token %j is %s", (setting, token, expected) => {
    expect(parseServerUrl(setting, token)).toBe(expected);
  });

  it.each([
    ["127.0.0.1:9000", { origin: "http://127.0.0.1:9000" }],
    ["localhost:9000/", { origin: "http://127.0.0.1:9000" }],
    ["127.0.0.1", { origin: "http://127.0.0.1" }],
    ["http://[::1]:8377", { fault: "not-127" }],
    ["127.0.0.2:8377", { fault: "not-127" }],
    ["http://0.0.0.0:8377", { fault: "not-127" }],
    ["http://sayso.localhost:8377", { fault: "not-127" }],
    ["sayso.example:8443", { fault: "needs-https" }],
    ["http://localhost.example", { fault: "needs-https" }],
    ["https://[::1]:8443", { fault: "needs-token" }],
    ["ftp://127.0.0.1", { fault: "no-address" }],
    ["javascript:alert(1)", { fault: "no-address" }],
    ["http://user@127.0.0.1", { fault: "no-address" }],
    ["user@127.0.0.1", { fault: "no-address" }],
    ["two words", { fault: "no-address" }],
    ["", { fault: "no-address" }],
  ])("typed as %j is %j", (typed, expected) => {
    expect(checkServerUrl(typed, "")).toEqual(expected);
  });

  it("never leaves this machine without a token, whatever is typed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.webAuthority()), (typed) => {
        const checked = checkServerUrl(typed, "");
        if ("origin" in checked) expect(checked.origin).toMatch(/^http:\/\/127\.0\.0\.1(:\d+)?$/);
      }),
    );
  });
});
