import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockQueue, distanceToViewport, type Queued } from "../src/content/queue.js";

const VIEWPORT = 800;

interface Named extends Queued {
  id: string;
}

/** A block of 20 pixels' height, with its top so far down from the viewport's. */
const block = (id: string, order: number, top: () => number, length = 300): Named => ({
  id,
  order,
  text: "x".repeat(length),
  place: () => ({ top: top(), bottom: top() + 20 }),
});
/** Blocks every 100 pixels, the first `scroll` above the viewport's top. */
const column = (count: number, scroll: () => number, length = 300): Named[] =>
  Array.from({ length: count }, (_, i) => block(`b${i}`, i, () => i * 100 - scroll(), length));
const queueOf = (blocks: readonly Named[]): BlockQueue<Named> => {
  const queue = new BlockQueue<Named>();
  queue.add(blocks);
  return queue;
};
const ids = (blocks: Named[]): string => blocks.map(({ id }) => id).join(" ");

describe("the queue", () => {
  it("hands out what is nearest to the viewport first", () => {
    const queue = queueOf(column(20, () => 1_000, 400));
    expect(ids(queue.take(VIEWPORT))).toBe("b10 b11 b12");
    expect(ids(queue.take(VIEWPORT))).toBe("b13 b14 b15 b16 b17 b18");
    expect(ids(queue.take(VIEWPORT))).toBe("b9 b19 b8 b7 b6 b5 b4 b3 b2 b1 b0");
  });

  it("begins with a small batch and then takes larger ones", () => {
    const queue = queueOf(column(40, () => 0, 600));
    const sizes = Array.from({ length: 5 }, () => queue.take(VIEWPORT).length);
    expect(sizes).toEqual([2, 4, 8, 16, 10]);
    expect(queue.size).toBe(0);
    expect(queue.take(VIEWPORT)).toEqual([]);
  });

  it("measures again for each batch, as the reader scrolls, and only a few", () => {
    let scrolled = 0;
    let measured = 0;
    const queue = queueOf(
      column(5_000, () => {
        measured += 1;
        return scrolled;
      }),
    );
    expect(ids(queue.take(VIEWPORT))).toBe("b0 b1 b2 b3");
    scrolled = 300_000;
    expect(ids(queue.take(VIEWPORT)).split(" ")).toContain("b3000");
    expect(measured).toBeLessThan(100);
  });

  it("sends a block larger than a batch alone", () => {
    const queue = queueOf([block("huge", 0, () => 0, 1_000_000), block("small", 1, () => 30, 10)]);
    expect(ids(queue.take(VIEWPORT))).toBe("huge");
    expect(ids(queue.take(VIEWPORT))).toBe("small");
  });

  it("takes back what had no answer, and forgets what has gone", () => {
    const queue = queueOf(column(3, () => 0));
    const batch = queue.take(VIEWPORT);
    expect(queue.size).toBe(0);
    queue.startSmall();
    queue.add([...batch].reverse());
    queue.keep(({ id }) => id !== "b1");
    expect(ids(queue.take(VIEWPORT))).toBe("b0 b2");
  });

  it("hands out each block once, whatever their places", () => {
    const places = fc.array(fc.tuple(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: 1, max: 3_000 })), { maxLength: 60 });
    fc.assert(
      fc.property(places, (all) => {
        const queue = queueOf(all.map(([top, length], i) => block(`b${i}`, i, () => top, length)));
        const taken: string[] = [];
        while (queue.size > 0) taken.push(...queue.take(VIEWPORT).map(({ id }) => id));
        expect(taken.sort()).toEqual(all.map((_, i) => `b${i}`).sort());
      }),
    );
  });
});

describe("the distance to the viewport", () => {
  it.each([
    [{ top: 10, bottom: 40 }, 0],
    [{ top: -500, bottom: 5000 }, 0],
    [{ top: -300, bottom: -100 }, 100],
    [{ top: 1000, bottom: 1200 }, 200],
  ])("of %o is %i", (rect, distance) => {
    expect(distanceToViewport(rect, VIEWPORT)).toBe(distance);
  });
});
