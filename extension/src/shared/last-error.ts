/**
 * Chrome logs an error for a port that closed from the other end unless `lastError` is looked at in the listener. Here it
 * is in order: the page went into the back/forward cache, or the worker was put to sleep.
 */
export function acknowledgeLastError(): void {
  Reflect.get(chrome.runtime, "lastError");
}
