import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KnownTexts } from "../../fleet/known_texts.ts";

const decoder = new TextDecoder();

test("a text that is found is the one that its bytes are, however few are kept", () => {
  const texts = new KnownTexts(2, 8);
  let found = 0;
  const bytes = fc.oneof(
    fc.constantFrom("web", "db", "", "é", "task-1").map((text) => new TextEncoder().encode(text)),
    fc.uint8Array({ maxLength: 10 }),
  );
  fc.assert(
    fc.property(bytes, fc.nat(3), (text, before) => {
      const all = new Uint8Array([...new Uint8Array(before), ...text]);
      const wanted = decoder.decode(text);
      const known = texts.find(all, before, all.length);
      if (known !== null) found++;
      assert.equal(known ?? texts.keep(wanted), wanted);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(found > 100, `${found} were found`);
});

test("bytes that are not a text are not found as one that has their numbers", () => {
  const texts = new KnownTexts(1, 8);
  const accented = new TextEncoder().encode("é");
  assert.equal(texts.find(accented, 0, 2), null);
  texts.keep("é");
  assert.equal(texts.find(Uint8Array.of(0xe9), 0, 1), null);
});
