import { JSDOM } from "jsdom";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { onceOrphaned } from "../src/content/orphan.js";

const api = chrome;

describe("an extension that goes", () => {
  const { window } = new JSDOM("<p>One.</p>");
  const runtime: { id?: string } = {};
  let isHidden: boolean;
  let stop: AbortController;
  const heard = vi.fn();

  function show(isShown: boolean): void {
    isHidden = !isShown;
    window.document.dispatchEvent(new window.Event("visibilitychange"));
  }

  beforeEach(() => {
    vi.useFakeTimers();
    heard.mockClear();
    runtime.id = "sayso";
    isHidden = false;
    Object.defineProperty(window.document, "hidden", { get: () => isHidden, configurable: true });
    vi.stubGlobal("window", window);
    vi.stubGlobal("document", window.document);
    vi.stubGlobal("chrome", { ...api, runtime });
    // jsdom takes no signal but its own.
    vi.stubGlobal("AbortController", window.AbortController);
    vi.stubGlobal("AbortSignal", window.AbortSignal);
    stop = new AbortController();
    onceOrphaned(heard, stop.signal);
  });

  afterEach(() => {
    stop.abort();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.stubGlobal("chrome", api);
  });

  it("is noticed by itself, once", () => {
    vi.advanceTimersByTime(60_000);
    expect(heard).not.toHaveBeenCalled();
    delete runtime.id;
    vi.advanceTimersByTime(60_000);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(["pointerdown", "keydown"])("is noticed before what the reader does (%s)", (type) => {
    delete runtime.id;
    window.document.querySelector("p")?.dispatchEvent(new window.Event(type));
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("is not looked for in a tab that nobody sees, but once it is seen again", () => {
    show(false);
    expect(vi.getTimerCount()).toBe(0);
    delete runtime.id;
    show(true);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("is not looked for when the reading has ended", () => {
    stop.abort();
    delete runtime.id;
    show(true);
    window.dispatchEvent(new window.Event("keydown"));
    vi.advanceTimersByTime(60_000);
    expect(heard).not.toHaveBeenCalled();
  });
});
