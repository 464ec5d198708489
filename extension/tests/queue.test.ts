import { describe, expect, it } from "vitest";
import { BlockQueue, distanceToViewport, type Queued } from "../src/content/queue.js";

const block = (id: string, distance: number, length = 1000): Queued => ({ id, text: "x".repeat(length), distance: () => distance });
const ids = (blocks: Queued[]): string => blocks.map(({ id }) => id).join(" ");

describe("the queue", () => {
  it("hands out what is nearest to the viewport first, in document order where that is equal", () => {
    const queue = new BlockQueue([block("far", 900, 300), block("a", 0, 300), block("b", 0, 300), block("near", 50, 300)]);
    expect(ids(queue.take())).toBe("a b near far");
  });

  it("begins with a small batch and then takes larger ones", () => {
    const queue = new BlockQueue(Array.from({ length: 40 }, (_, i) => block(`b${i}`, i, 600)));
    const sizes = [queue.take(), queue.take(), queue.take(), queue.take(), queue.take()].map((batch) => batch.length);
    expect(sizes).toEqual([2, 4, 8, 16, 10]);
    expect(queue.size).toBe(0);
    expect(queue.take()).toEqual([]);
  });

  it("measures again for each batch, as the reader scrolls", () => {
    let scrolled = false;
    const moving = (id: string, before: number, after: number): Queued => ({ ...block(id, 0, 1200), distance: () => (scrolled ? after : before) });
    const queue = new BlockQueue([moving("top", 0, 900), moving("middle", 100, 500), moving("end", 900, 0)]);
    expect(ids(queue.take())).toBe("top");
    scrolled = true;
    expect(ids(queue.take())).toBe("end middle");
  });

  it("sends a block larger than a batch alone", () => {
    const queue = new BlockQueue([block("huge", 0, 1_000_000), block("small", 1, 10)]);
    expect(ids(queue.take())).toBe("huge");
    expect(ids(queue.take())).toBe("small");
  });

  it("takes back what had no answer", () => {
    const queue = new BlockQueue([block("a", 0), block("b", 1)]);
    const batch = queue.take();
    queue.putBack(batch);
    expect(queue.size).toBe(2);
    expect(ids(queue.take())).toBe("a");
  });
});

describe("the distance to the viewport", () => {
  it.each([
    [{ top: 10, bottom: 40 }, 0],
    [{ top: -500, bottom: 5000 }, 0],
    [{ top: -300, bottom: -100 }, 100],
    [{ top: 1000, bottom: 1200 }, 200],
  ])("of %o is %i", (rect, distance) => {
    expect(distanceToViewport(rect, 800)).toBe(distance);
  });
});
