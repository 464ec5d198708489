import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { readJsonLines } from "../src/background/jsonl.js";

function stream(chunks: Uint8Array[], onCancel: () => void = () => undefined): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: onCancel,
  });
}

async function read(chunks: Uint8Array[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readJsonLines(stream(chunks))) values.push(value);
  return values;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("JSON Lines", () => {
  it("are read one by one, with or without a last newline, skipping empty lines", async () => {
    expect(await read([bytes('{"a":1}\n\n{"b":2}\r\n{"c":3}')])).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
    expect(await read([])).toEqual([]);
  });

  it("may be cut anywhere, inside a character too", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.array(fc.nat({ max: 300 }), { maxLength: 8 }), async (values, cuts) => {
        const all = bytes(values.map((value) => `${JSON.stringify({ value, sign: "é😀" })}\n`).join(""));
        const places = [...new Set([0, ...cuts.map((cut) => cut % (all.length + 1)), all.length])].sort((a, b) => a - b);
        const chunks = places.slice(1).map((end, index) => all.slice(places[index], end));
        const expected = values.map((value) => JSON.parse(JSON.stringify({ value, sign: "é😀" })) as unknown);
        expect(await read(chunks)).toEqual(expected);
      }),
    );
  });

  it("that are no JSON throw a SyntaxError", async () => {
    await expect(read([bytes("<html>\n")])).rejects.toThrow(SyntaxError);
  });

  it("let go of the connection when nobody reads on", async () => {
    const cancelled = vi.fn();
    for await (const value of readJsonLines(stream([bytes("1\n2\n"), bytes("3\n")], cancelled))) {
      expect(value).toBe(1);
      break;
    }
    expect(cancelled).toHaveBeenCalledOnce();
  });
});
