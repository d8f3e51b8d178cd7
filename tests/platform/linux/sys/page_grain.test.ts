import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import fc from "fast-check";
import { PAGE_SIZE } from "../../../../platform/linux/proc/page_size.ts";
import { systemCall } from "../../../../platform/linux/sys/machine_code.ts";
import { Mapping } from "../../../../platform/linux/sys/mapping.ts";
import { mostParts, oddParts, PageGrain, touchedWindows } from "../../../../platform/linux/sys/page_grain.ts";
import type { AddressRange } from "../../../../platform/linux/sys/page_grain.ts";

const WINDOW = 65_536;
const LENGTH = 8 * WINDOW;
const MADV_DONTNEED = 4;
const PRESENT = 1n << 63n;

/** Entries of a mapping in /proc/self/pagemap. */
function entriesOf({ start, length }: AddressRange): Uint8Array {
  const descriptor = openSync("/proc/self/pagemap", "r");
  try {
    const bytes = new Uint8Array(length / PAGE_SIZE * 8);
    readSync(descriptor, bytes, 0, bytes.length, start / PAGE_SIZE * 8);
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

const pagesIn = (mapping: AddressRange) =>
  new BigUint64Array(entriesOf(mapping).buffer).reduce((sum, one) => sum + Number(one >> 63n), 0);

const partsOf = ({ start, length }: AddressRange) =>
  readFileSync("/proc/self/maps", "latin1").split("\n").filter((line) => {
    const at = parseInt(line, 16);
    return at >= start && at < start + length;
  }).length;

/** A file of sevens in memory, of which nothing was touched, for as long as the test runs. */
function mappedFile(t: TestContext): { mapped: Mapping; mapping: AddressRange } {
  const directory = mkdtempSync(join(tmpdir(), "grain-"));
  const file = join(directory, "file");
  writeFileSync(file, new Uint8Array(LENGTH).fill(7));
  const descriptor = openSync(file, "r");
  const mapped = Mapping.of(descriptor, 0, LENGTH, "read alone")!;
  t.after(() => {
    mapped.close();
    closeSync(descriptor);
    rmSync(directory, { recursive: true });
  });
  return { mapped, mapping: { start: mapped.address, length: LENGTH } };
}

test("around a page that is touched again, the kernel brings in a part of what it brought in before", (t) => {
  const { mapped, mapping } = mappedFile(t);
  const { start } = mapping;
  // Windows lie on multiples of themselves, wherever the mapping begins.
  const middle = start - start % WINDOW + 4 * WINDOW;
  const touch = (address: number) => assert.equal(mapped.bytes[address - start], 7);
  touch(middle);
  const before = pagesIn(mapping);
  const grain = new PageGrain(1_000);
  grain.split(mapping, entriesOf(mapping));
  const parts = partsOf(mapping);
  systemCall("madvise", start, LENGTH, MADV_DONTNEED);
  assert.equal(pagesIn(mapping), 0);
  touch(middle);
  const after = pagesIn(mapping);
  if (before === 1) assert.equal(after, 1, "a kernel that brings in nothing around it");
  else assert.ok(after <= Math.max(1, before / 4), `${before} pages before, ${after} after`);
  touch(middle + WINDOW - 1);
  assert.equal(pagesIn(mapping), 2 * after, "both ends of a window");
  assert.ok(parts > 4, `${parts} mappings`);
  // What was split is not split again, and what has not been touched is left whole.
  grain.split(mapping, entriesOf(mapping));
  assert.equal(partsOf(mapping), parts);
});

test("a kernel that allows few mappings is left most of them", (t) => {
  const { mapped, mapping } = mappedFile(t);
  for (let at = 0; at < LENGTH; at += PAGE_SIZE) assert.equal(mapped.bytes[at], 7);
  const grain = new PageGrain(6);
  for (let times = 0; times < 3; times++) grain.split(mapping, entriesOf(mapping));
  assert.ok(partsOf(mapping) <= 7, `${partsOf(mapping)} mappings`);
  const texts = ["65530\n", "262144\n", "1000\n", "4\n", "", "x", undefined];
  assert.deepEqual(texts.map(mostParts), [8_191, 8_191, 125, 0, 8_191, 8_191, 8_191]);
});

test("parts of a window are every second one, and lie in the mapping", () => {
  const pages = fc.nat(200);
  fc.assert(
    fc.property(pages, fc.integer({ min: 1, max: 200 }), fc.constantFrom(1, 2, 4, 8), (at, count, of) => {
      const mapping = { start: 0x400_000 + at * 4_096, length: count * 4_096 };
      const end = mapping.start + mapping.length;
      for (let window = 0x400_000; window < end; window += WINDOW) {
        const parts = oddParts(mapping, window, of * 4_096);
        for (let page = window; page < window + WINDOW; page += 4_096) {
          const isOdd = Math.floor((page - window) / (of * 4_096)) % 2 === 1;
          const isIn = parts.some(({ start, length }) => page >= start && page < start + length);
          assert.equal(isIn, isOdd && page >= mapping.start && page < end);
        }
      }
    }),
  );
});

test("a window is touched where any of its pages is in memory", () => {
  const anyPages = fc.array(fc.boolean(), { maxLength: 100 });
  fc.assert(fc.property(fc.nat(40), anyPages, (at, present) => {
    const mapping = { start: 0x400_000 + at * PAGE_SIZE, length: present.length * PAGE_SIZE };
    const entries = new Uint8Array(new BigUint64Array(present.map((is) => is ? PRESENT | 5n : 5n)).buffer);
    const expected = new Set<number>();
    present.forEach((is, page) => {
      const address = mapping.start + page * PAGE_SIZE;
      if (is) expected.add(address - address % WINDOW);
    });
    assert.deepEqual(touchedWindows(mapping, entries), [...expected]);
    // Of what could not be read whole, the rest is taken for untouched.
    assert.ok(touchedWindows(mapping, entries.subarray(0, 8)).length <= 1);
  }));
});
