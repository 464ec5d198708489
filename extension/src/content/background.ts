/** Asks the background something that it answers once. */

/** Null where the background is gone (`isOrphaned`), or its answer is none. */
export async function ask<Reply>(message: { type: string }, parse: (reply: unknown) => Reply | null): Promise<Reply | null> {
  try {
    return parse(await chrome.runtime.sendMessage<unknown, unknown>(message));
  } catch {
    return null;
  }
}

/** Tells the background something, which nobody need be there to hear. */
export function tell(message: { type: string }): void {
  void ask(message, () => null);
}
