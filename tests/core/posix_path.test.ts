/* Our own handful of functions for paths, against those of node:path. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { basename, dirname, join, relative } from "../../core/posix_path.ts";

const step = fc.constantFrom("a", "bc", ".", "..", "...", "", "a.b", "ü", " ");
const path = fc.tuple(fc.boolean(), fc.array(step, { maxLength: 7 }), fc.boolean())
  .map(([isAbsolute, steps, hasEnd]) => (isAbsolute ? "/" : "") + steps.join("/") + (hasEnd ? "/" : ""));

test("join, basename and dirname are Node's", () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 4 }), path, (parts, one) => {
      assert.equal(join(...parts), posix.join(...parts));
      assert.equal(basename(one), posix.basename(one));
      assert.equal(dirname(one), posix.dirname(one));
    }),
    { numRuns: 3_000 },
  );
});

test("relative is Node's for absolute paths", () => {
  const absolute = path.map((text) => `/${text}`);
  fc.assert(
    fc.property(absolute, absolute, (from, to) => assert.equal(relative(from, to), posix.relative(from, to))),
    { numRuns: 3_000 },
  );
});
