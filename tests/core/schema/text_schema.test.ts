import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { processTimes } from "../../../core/schema/process_table_schema.ts";
import { wideCount } from "../../../core/schema/wide_count.ts";
import { parseDuration } from "../../../core/duration.ts";
import { matching, parsed } from "../../../core/schema/text_schema.ts";
import { describeIssues, IN_OUR_WORDS } from "../../../core/schema/zod_issues.ts";

const schema = z.strictObject({
  interval: parsed(parseDuration).optional(),
  id: matching(/^\w+$/, "is not an id").optional(),
  qos: z.enum(["0", "1", "2"]).optional(),
  on: z.boolean().optional(),
  list: z.array(z.string()).min(1).optional(),
});

describe("a fault in our words", () => {
  const faults: readonly (readonly [input: Record<string, unknown>, said: string])[] = [
    [{ interval: "soon" }, 'interval: "soon" is not a duration; write a positive one such as'],
    [{ interval: 500 }, 'interval: "500" is not a duration; write "500ms" or "500s"'],
    [{ interval: true }, 'interval: true is not text; write "true"'],
    [{ id: "a b" }, 'id: "a b" is not an id'],
    [{ qos: "3" }, 'qos: "3" is none of 0, 1, 2'],
    [{ on: "yes" }, 'on: "yes" is not true or false'],
    [{ list: "a" }, 'list: "a" is not a list; write ["a"]'],
    [{ list: [] }, "list: [] is empty; it has at least one entry"],
    [{ list: [1], on: 0 }, 'on: 0 is not true or false; list.0: 1 is not text; write "1"'],
    [{ no: 1 }, "no: no such key"],
  ];
  for (const [input, said] of faults) {
    test(JSON.stringify(input), () => {
      const { error } = schema.safeParse(input, IN_OUR_WORDS);
      assert.ok(error);
      assert.ok(describeIssues(error).startsWith(said), describeIssues(error));
    });
  }

  test("what is right is read", () => {
    assert.deepEqual(schema.parse({ interval: "2s", id: "a" }), { interval: 2_000, id: "a" });
  });
});

describe("a whole number of any size", () => {
  test("is one beyond 2^53, too", () => {
    // A machine that has been up for a year.
    const year = 365 * 86_400 * 1e9;
    assert.ok(year > Number.MAX_SAFE_INTEGER);
    assert.deepEqual(z.object(processTimes).parse({ start_ns: year, end_ns: null }), {
      start_ns: year,
      end_ns: null,
    });
  });

  for (const wrong of [1.5, -1, NaN, Infinity, "1"]) {
    test(`is not ${wrong}`, () => assert.equal(wideCount.safeParse(wrong).success, false));
  }
});
