import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { giveBack, onPermissionsRemoved, updateSites } from "../src/background/sites.js";
import { addSite, listSites, removeSite, siteName, siteOf } from "../src/shared/sites.js";
import { fakeStorage } from "./storage.js";

describe("the site of an address", () => {
  it.each([
    ["example.org", "https://example.org/*"],
    [" https://Example.org:8443/path?q#f ", "https://example.org/*"],
    ["http://localhost:3000/post", "http://localhost/*"],
    ["bücher.example", "https://xn--bcher-kva.example/*"],
    ["http://[::1]:80/", "http://[::1]/*"],
    ["file:///etc/passwd", null],
    ["chrome://settings", null],
    ["https://user@example.org", null],
    ["*", null],
    ["*.example.org", null],
    ["", null],
    ["two words", null],
  ])("%j is %j", (address, site) => {
    expect(siteOf(address)).toBe(site);
  });

  it("never names more than one host", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (address) => {
        expect(siteOf(address) ?? "https://x/*").toMatch(/^https?:\/\/[^*/\s]+\/\*$/);
      }),
    );
  });

  it("has a name without what is usual", () => {
    expect([siteName("https://example.org/*"), siteName("http://example.org/*")]).toEqual(["example.org", "http://example.org"]);
  });
});

describe("the sites", () => {
  let items: Record<string, unknown>;
  const granted = new Set<string>();
  let registered: string[] | null;
  /** As the browsers refuse a pattern: Firefox at once, Chromium by a promise. */
  const refuse = (origin: string): void => {
    if (origin.includes("[/")) throw new Error(`Invalid value for origin pattern ${origin}`);
  };
  const remove = vi.fn(({ origins: [origin] }: { origins: string[] }) => {
    refuse(origin!);
    return Promise.resolve(granted.delete(origin!));
  });
  const contains = ({ origins: [origin] }: { origins: string[] }): Promise<boolean> => {
    refuse(origin!);
    return Promise.resolve(granted.has(origin!));
  };

  beforeEach(() => {
    items = fakeStorage();
    granted.clear();
    registered = null;
    vi.stubGlobal("chrome", {
      ...chrome,
      permissions: { contains, remove },
      scripting: {
        getRegisteredContentScripts: () => Promise.resolve(registered === null ? [] : [{ id: "sites" }]),
        unregisterContentScripts: () => {
          if (registered === null) return Promise.reject(new Error("Nonexistent script ID 'sites'"));
          registered = null;
          return Promise.resolve();
        },
        registerContentScripts: ([{ matches }]: [{ matches: string[] }]) => {
          if (registered !== null) return Promise.reject(new Error("Duplicate script ID 'sites'"));
          registered = matches;
          return Promise.resolve();
        },
      },
    });
  });

  it("are announced where the browser allows it, however many changes come at once", async () => {
    granted.add("https://a.example/*").add("https://b.example/*");
    await Promise.all(["https://b.example/*", "https://a.example/*", "https://c.example/*"].map(addSite));
    updateSites();
    updateSites();
    await vi.waitFor(() => { expect(registered).toEqual(["https://a.example/*", "https://b.example/*"]); });
    await removeSite("https://a.example/*");
    await removeSite("https://b.example/*");
    updateSites();
    await vi.waitFor(() => { expect(registered).toBeNull(); });
  });

  it("go from the list with their permission", async () => {
    granted.add("https://a.example/*").add("https://b.example/*");
    await addSite("https://a.example/*");
    await addSite("https://b.example/*");
    granted.delete("https://a.example/*");
    await onPermissionsRemoved();
    expect(await listSites()).toEqual(["https://b.example/*"]);
  });

  it("give their permission back, unless the server needs it", async () => {
    granted.add("https://a.example/*").add("https://b.example/*");
    await giveBack("https://a.example/*", "https://b.example:8443");
    await giveBack("https://b.example/*", "https://b.example:8443");
    expect([...granted]).toEqual(["https://b.example/*"]);
  });

  it("are not in each other's way where one is no pattern to the browser", async () => {
    granted.add("https://a.example/*");
    items.sites = ["https://[/*", "https://a.example/*"];
    updateSites();
    await vi.waitFor(() => { expect(registered).toEqual(["https://a.example/*"]); });
    await expect(giveBack("https://[/*", "http://127.0.0.1:8377")).resolves.toBeUndefined();
    await onPermissionsRemoved();
    expect(await listSites()).toEqual(["https://a.example/*"]);
  });

  it("are read around what is spoilt", async () => {
    items.sites = [7, "https://a.example/*", "<all_urls>", "https://*/*", null];
    expect(await listSites()).toEqual(["https://a.example/*"]);
    items.sites = { a: 1 };
    expect(await listSites()).toEqual([]);
  });
});
