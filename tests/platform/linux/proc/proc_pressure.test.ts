import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parsePressure, readPressure } from "../../../../platform/linux/proc/proc_pressure.ts";

const SOME = "some avg10=19.50 avg60=18.12 avg300=47.92 total=20584897655";
const FULL = "full avg10=0.00 avg60=0.02 avg300=0.11 total=33830243";

test("a file as the kernel writes it", () => {
  assert.deepEqual(parsePressure(`${SOME}\n${FULL}\n`), {
    some: { avg10: 19.5, avg60: 18.12, avg300: 47.92, totalSeconds: 20584.897655 },
    full: { avg10: 0, avg60: 0.02, avg300: 0.11, totalSeconds: 33.830243 },
  });
});

test("that of a CPU has no full line on kernels before 5.13", () => {
  assert.equal(parsePressure(`${SOME}\n`)?.full, null);
});

test("property: a rendered file gives back its totals", () => {
  const usec = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(usec, usec, (some, full) => {
    const line = (kind: string, total: number) =>
      `${kind} avg10=0.00 avg60=1.20 avg300=3.40 total=${total}\n`;
    const found = parsePressure(line("some", some) + line("full", full));
    assert.deepEqual([found?.some?.totalSeconds, found?.full?.totalSeconds], [some / 1e6, full / 1e6]);
  }));
});

test("property: a text that is none, or cut before its total, says nothing and fails nowhere", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(parsePressure(text.replaceAll("total=", "")), null);
  }));
  for (let length = 0; length <= SOME.indexOf("total=") + 6; length++) {
    assert.equal(parsePressure(SOME.slice(0, length)), null, `cut at ${length}`);
  }
});

test("of three files, those that are there are read; of none, nothing is known", () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-pressure-"));
  try {
    const of = (resource: string) => join(directory, `${resource}.pressure`);
    assert.equal(readPressure(of), null);
    writeFileSync(of("io"), `${SOME}\n${FULL}\n`);
    const found = readPressure(of);
    assert.deepEqual([found?.cpu, found?.memory, found?.io?.full?.totalSeconds], [null, null, 33.830243]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
