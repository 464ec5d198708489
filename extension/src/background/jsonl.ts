/**
 * Reads JSON Lines off a response body as they arrive.
 *
 * Chunks of a stream know nothing of lines: one may hold half a line, or half of a character of several bytes, so the
 * bytes go through one streaming decoder. A last line without a newline counts, an empty line does not.
 */
export async function* readJsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      pending += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = pending.split("\n");
      pending = done ? "" : (lines.pop() ?? "");
      for (const line of lines) {
        if (line.trim() !== "") yield JSON.parse(line) as unknown;
      }
      if (done) return;
    }
  } finally {
    // Reached also when the consumer stops early: lets go of the connection, so that the server can stop working.
    await reader.cancel().catch(() => undefined);
  }
}
