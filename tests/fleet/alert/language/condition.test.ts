import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProctorError } from "../../../../core/error.ts";
import { COLUMNS } from "../../../../fleet/model/column.ts";
import { FUNCTIONS, UNITS } from "../../../../fleet/alert/language/expression.ts";
import type { Expression, FunctionName, Signature } from "../../../../fleet/alert/language/expression.ts";
import { parseCondition } from "../../../../fleet/alert/language/parse.ts";
import { printCondition } from "../../../../fleet/alert/language/print.ts";

const wordOf = (text: string) => {
  try {
    return parseCondition(text), "no fault";
  } catch (error) {
    assert.ok(error instanceof ProctorError, String(error));
    return error.message;
  }
};

describe("a condition", () => {
  test("binds as arithmetic does", () => {
    assert.deepEqual(parseCondition("1 + 2 * 3 > 4 or not absent and age > 5m"), {
      type: "binary",
      operator: "or",
      left: {
        type: "binary",
        operator: ">",
        left: {
          type: "binary",
          operator: "+",
          left: { type: "number", value: 1, unit: "" },
          right: {
            type: "binary",
            operator: "*",
            left: { type: "number", value: 2, unit: "" },
            right: { type: "number", value: 3, unit: "" },
          },
        },
        right: { type: "number", value: 4, unit: "" },
      },
      right: {
        type: "binary",
        operator: "and",
        left: { type: "not", operand: { type: "absent" } },
        right: {
          type: "binary",
          operator: ">",
          left: { type: "age" },
          right: { type: "number", value: 5, unit: "m" },
        },
      },
    });
  });

  for (
    const [text, printed] of [
      ["avg( memory_bytes,5m )>2GiB", "avg(memory_bytes, 5m) > 2G"],
      ["cpu_percent >= 1.5 cores", "cpu_percent >= 1.5 core"],
      ["cpu_percent>90%", "cpu_percent > 90 %"],
      ["trend(memory_bytes, 6h, in: 24h) > 0.9 * custom.memory_limit_bytes", null],
      ["(cpu_percent > 1 or absent) and count() > 3", null],
      ["1 - (2 - 3) == -4", null],
      ["((absent))", "absent"],
      ["outlier(cpu_percent, by: target) > 5", null],
    ] as const
  ) test(`${text} is printed`, () => assert.equal(printCondition(parseCondition(text)), printed ?? text));

  for (
    const [text, fault] of [
      ["", "character 1: it ends here, where a figure, a function or a number is wanted"],
      ["memory_byte > 1G", 'character 1: there is no figure "memory_byte"; did you mean "memory_bytes"?'],
      ["1 < avgg(cpu_percent, 5m)", 'character 5: there is no function "avgg"; did you mean "avg"?'],
      ["cpu_percent", "character 1: it is a number; compare it, as in cpu_percent > 90 %"],
      ["cpu_percent = 3", 'character 13: "=" means nothing here; write "=="'],
      [
        "cpu_percent > 3 parsecs",
        'character 17: "parsecs" is not a unit; there are %, core, B, K, M, G, T, ms, s, m, h, d',
      ],
      ["rate(io_read_bytes) > 1M", "character 19: rate wants a time: rate(io_read_bytes, 5m)"],
      ["absent > 3", 'character 1: ">" wants numbers, and this is a condition'],
      ["cpu_percent and absent", 'character 1: "and" joins conditions, and this is a number; compare it'],
      ["1 < cpu_percent < 3", 'character 17: a comparison has two sides; join two by "and"'],
      ["avg(cpu_percent, 9d) > 1", "character 18: a time here is from 1s to 7d"],
      [
        "constructor > 1",
        'character 1: there is no figure "constructor"; one that programs report is written custom.NAME',
      ],
      ["toString(cpu_percent) > 1", null],
      ["(".repeat(1_000), "character 42: it is nested more than 40 deep"],
      ["not ".repeat(499), "character 161: it is nested more than 40 deep"],
    ] as const
  ) {
    test(`${text.slice(0, 30) || "nothing"} is a fault with its place`, () => {
      const said = wordOf(text);
      if (fault === null) assert.match(said, /^character 1: there is no function/);
      else assert.equal(said, fault);
    });
  }
});

const figure = fc.oneof(
  fc.constantFrom(...COLUMNS.map(({ name }) => name)),
  fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/).map((name) => `custom.${name}`),
);
const time = fc.integer({ min: 1_000, max: 7 * 86_400_000 });
const call = fc.constantFrom(...Object.keys(FUNCTIONS) as FunctionName[]).chain((name) => {
  const { over, named, bare }: Signature = FUNCTIONS[name];
  return fc.record({
    type: fc.constant("call" as const),
    name: fc.constant(name),
    figure,
    windowMs: over === "window" ? time : over === "either" ? fc.option(time) : fc.constant(null),
    inMs: named === "in" ? time : fc.constant(null),
    by: named === "by" ? fc.constantFrom("target", "rack.row") : fc.constant(null),
  }).map((one) => bare && one.windowMs === null && one.figure.length % 2 ? { ...one, figure: "" } : one);
});
const { condition } = fc.letrec<{ number: Expression; condition: Expression }>((tie) =>
  ({
    number: fc.oneof(
      { maxDepth: 4 },
      fc.record({
        type: fc.constant("number" as const),
        value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value === 0 ? 0 : value),
        unit: fc.constantFrom(...Object.keys(UNITS) as (keyof typeof UNITS)[]),
      }),
      fc.record({ type: fc.constant("figure" as const), name: figure }),
      fc.constant({ type: "age" as const }),
      call,
      fc.record({
        type: fc.constant("binary" as const),
        operator: fc.constantFrom("+", "-", "*", "/"),
        left: tie("number"),
        right: tie("number"),
      }),
    ),
    condition: fc.oneof(
      { maxDepth: 4 },
      fc.constant({ type: "absent" as const }),
      fc.record({
        type: fc.constant("binary" as const),
        operator: fc.constantFrom(">", ">=", "<", "<=", "==", "!="),
        left: tie("number"),
        right: tie("number"),
      }),
      fc.record({ type: fc.constant("not" as const), operand: tie("condition") }),
      fc.record({
        type: fc.constant("binary" as const),
        operator: fc.constantFrom("and", "or"),
        left: tie("condition"),
        right: tie("condition"),
      }),
    ),
  }) as never
);

describe("any condition", () => {
  test("printed and parsed again is the same", () => {
    fc.assert(fc.property(condition, (one) => {
      const text = printCondition(one);
      fc.pre(text.length <= 2_000);
      assert.deepEqual(parseCondition(text), structuredClone(one));
    }));
  });

  test("of random text is one, or a clear fault", () => {
    const words = fc.constantFrom(
      "avg",
      "(",
      ")",
      ",",
      "5m",
      ">",
      "and",
      "or",
      "not",
      "cpu_percent",
      "-",
      "absent",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(words).map((all) => all.join(" ")),
    );
    fc.assert(
      fc.property(text, (one) => {
        const said = wordOf(one);
        assert.match(said, /^(?:no fault$|character \d+: .)/s);
      }),
      { numRuns: 1_000 },
    );
  });
});
