/** As much of `chrome.storage` and of the lock manager as the unit tests need: in memory, with its events. */
import { vi } from "vitest";

type Listener = (changes: Record<string, chrome.storage.StorageChange>, area: string) => void;

/** Puts a new, empty storage in the place of the browser's; returns what is in it. */
export function fakeStorage(): Record<string, unknown> {
  const items: Record<string, unknown> = {};
  const listeners = new Set<Listener>();
  const local = {
    get: (keys: string | string[]) => {
      const wanted = typeof keys === "string" ? [keys] : keys;
      return Promise.resolve(Object.fromEntries(wanted.filter((key) => key in items).map((key) => [key, structuredClone(items[key])])));
    },
    set: (values: Record<string, unknown>) => {
      const changes = Object.fromEntries(Object.entries(values).map(([key, newValue]) => [key, { oldValue: items[key], newValue }]));
      Object.assign(items, structuredClone(values));
      for (const listener of listeners) listener(changes, "local");
      return Promise.resolve();
    },
  };
  const onChanged = {
    addListener: (listener: Listener) => listeners.add(listener),
    removeListener: (listener: Listener) => listeners.delete(listener),
  };
  vi.stubGlobal("chrome", { ...chrome, storage: { local, onChanged } });

  let last: Promise<unknown> = Promise.resolve();
  const request = (_name: string, task: () => Promise<unknown>): Promise<unknown> => (last = last.then(task, task));
  vi.stubGlobal("navigator", { locks: { request } });
  return items;
}
