/* The order that a head gives to rows, without a page: what it makes of elements is tested in a browser. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import type { SortColumn } from "../../../../render/page/parts/sort_head.ts";

interface Row {
  readonly name: string;
  readonly used: number;
}

const COLUMNS: readonly SortColumn<Row>[] = [
  ["Name", "id", ({ name }) => name],
  ["Used", "number", ({ used }) => used],
];
const ROWS: readonly Row[] = [
  { name: "web-10", used: 1 },
  { name: "web-2", used: 3 },
  { name: "db", used: 1 },
];

/** As much of an element as a head needs. */
class Place {
  readonly attributes = new Map<string, string>();
  append(): void {}
  addEventListener(): void {}
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }
}

before(() => {
  Object.assign(globalThis, { document: { createElement: () => new Place() } });
});

async function order(at: number | null): Promise<string[]> {
  const { SortHead } = await import("../../../../render/page/parts/sort_head.ts");
  return new SortHead(COLUMNS, at, () => {}).sorted(ROWS).map(({ name }) => name);
}

test("nothing chosen: rows stay as they come", async () => {
  assert.deepEqual(await order(null), ["web-10", "web-2", "db"]);
});

test("names are in the order that people expect, and stay so while rows come and go", async () => {
  const { SortHead } = await import("../../../../render/page/parts/sort_head.ts");
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const names = fc.constantFrom("web-2", "web-10", "web-02", "Web-2", "db", "", "é", "z");
  const rows = fc.array(fc.record({ name: names, used: fc.nat(9) }), { maxLength: 12 });
  fc.assert(fc.property(fc.array(rows, { maxLength: 4 }), (given) => {
    const head = new SortHead(COLUMNS, 0, () => {});
    for (const shown of given) {
      // Downwards at first; those that are alike as they came.
      const wanted = shown.map((row, n) => ({ row, n }))
        .sort((a, b) => compare(b.row.name, a.row.name) || a.n - b.n);
      assert.deepEqual(head.sorted(shown), wanted.map(({ row }) => row));
    }
  }));
});

test("those with most come first, and those of one figure as they came", async () => {
  assert.deepEqual(await order(1), ["web-2", "web-10", "db"]);
});
