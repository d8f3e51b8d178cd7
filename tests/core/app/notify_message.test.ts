import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseNotify } from "../../../core/app/notify_message.ts";

const parse = (text: string) => parseNotify(new TextEncoder().encode(text));

describe("a message of sd_notify", () => {
  test("says what its lines say", () => {
    assert.deepEqual(parse("READY=1\nSTATUS=serving 3 of 4\nMAINPID=12\n"), {
      isReady: true,
      status: "serving 3 of 4",
    });
    assert.deepEqual(parse("RELOADING=1\nMONOTONIC_USEC=5"), { isReloading: true });
    assert.deepEqual(parse("STOPPING=1"), { isStopping: true });
    assert.deepEqual(parse("WATCHDOG=1"), { watchdog: "alive" });
    assert.deepEqual(parse("WATCHDOG=trigger"), { watchdog: "trigger" });
    assert.deepEqual(parse("STATUS="), { status: null });
    assert.deepEqual(parse("STATUS=a=b"), { status: "a=b" });
  });

  test("says nothing where it makes no sense", () => {
    for (
      const text of ["", "READY", "READY=0", "READY=11", "ready=1", "=1", " READY=1", "WATCHDOG=2", "\n\n"]
    ) {
      assert.deepEqual(parse(text), {}, JSON.stringify(text));
    }
  });

  test("is bounded, and fit for a terminal, whatever it holds", () => {
    assert.equal(parse("STATUS=\x1b[31mred\r").status, "\\x1b[31mred\\x0d");
    assert.equal(parse(`STATUS=${"x".repeat(300)}`).status, `${"x".repeat(199)}…`);
    assert.deepEqual(parse(`${"A".repeat(4_095)}\nREADY=1`), {});
    fc.assert(fc.property(fc.uint8Array({ maxLength: 6_000 }), (bytes) => {
      const { status } = parseNotify(bytes);
      // What is written out takes up to ten characters.
      assert.ok((status ?? "").length <= 2_000);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(status ?? "", /[\x00-\x1f\x7f-\x9f]/);
    }));
  });
});
