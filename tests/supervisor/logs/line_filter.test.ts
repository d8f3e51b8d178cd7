import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ControlError } from "../../../supervisor/control.ts";
import { lineFilter } from "../../../supervisor/logs/line_filter.ts";
import type { LineRules } from "../../../supervisor/logs/line_filter.ts";
import { levelOf } from "../../../supervisor/logs/line_level.ts";
import type { LogLine } from "../../../supervisor/logs/log_line.ts";

describe("the level of a line", () => {
  test("is what it says of itself, in the ways that programs have", () => {
    const levels: Readonly<Record<string, readonly string[]>> = {
      trace: ['{"level":10,"msg":"x"}', "TRACE entering"],
      debug: [
        "2026-01-31 12:00:00,123 DEBUG app.db: SELECT 1",
        "<7>detail",
        '{"severity":"DEBUG"}',
        "[dbg] x",
      ],
      info: [
        "INFO:root:up",
        "level=info msg=up",
        "I0131 12:00:00.000000       1 main.go:1] up",
        "2026/01/31 12:00:00 [notice] 1#1: start worker processes",
        '{"time":1,"level":30,"msg":"ERROR in a text is none"}',
      ],
      warn: [
        "WARNING: low on disk",
        "2026-01-31T12:00:00Z  WARN proxy: slow",
        "warning: unused variable",
        "<4>careful",
        '{"level":"warn"}',
        "ts=1 level=warning msg=x",
      ],
      error: [
        "ERROR broken",
        "2026/01/31 12:00:00 [error] 7#7: *1 open() failed",
        "error: no such option",
        "Traceback (most recent call last):",
        "TypeError: x is not a function",
        "java.lang.IllegalStateException: closed",
        "E0131 12:00:00.000000       1 main.go:1] no",
        '{"levelname":"ERROR"}',
      ],
      fatal: ["FATAL:  password authentication failed", "panic: runtime error", '{"level":60}', "<2>dying"],
    };
    for (const [level, lines] of Object.entries(levels)) {
      for (const line of lines) assert.equal(levelOf(line), level, line);
    }
  });

  test("is none where a word only looks like one", () => {
    for (
      const line of [
        "",
        "GET /error/INFO.html 200",
        "no errors were found",
        "the information desk",
        "ERROR_CODE=0",
        '{"message":"no level"}',
        '{"level":"loud"}',
        '{"level":{"a":1}}',
        "{not JSON",
        "level=loud",
        "an error occurred, perhaps",
      ]
    ) assert.equal(levelOf(line), null, line);
  });
});

describe("a filter of lines", () => {
  const line = (message: string, more: Partial<LogLine> = {}): LogLine => ({
    timestamp: null,
    id: "a",
    stream: "stdout",
    message,
    ...more,
  });
  const kept = async (rules: LineRules, lines: readonly LogLine[]) => {
    const passes = (await lineFilter(rules))!();
    return lines.filter((one) => passes(one)).map(({ message }) => message);
  };

  test("finds a pattern, in colour or not, and lets through what proctor says", async () => {
    const lines = [
      line("GET /a 200"),
      line("\x1b[32mGET\x1b[0m /a 500"),
      line("get /b 200"),
      line("3 lines dropped", { notice: true }),
    ];
    assert.deepEqual(await kept({ grep: "^GET /a [0-9]+$" }, lines), [
      "GET /a 200",
      "\x1b[32mGET\x1b[0m /a 500",
      "3 lines dropped",
    ]);
    assert.equal((await kept({ grep: "^get", ignoreCase: true }, lines)).length, 4);
    assert.deepEqual(await kept({ grep: "a|b", level: "error" }, lines), ["3 lines dropped"]);
    assert.equal(await lineFilter({}), undefined);
  });

  test("takes what continues a line with it, in each stream for itself", async () => {
    const lines = [
      line("INFO fine"),
      line("  details of what is fine"),
      line("ERROR broken"),
      line("INFO fine", { stream: "stderr" }),
      line("    at main.js:1"),
      line("\tat main.js:2"),
      line("  fine, still", { stream: "stderr" }),
      line("nothing to do with it"),
      line("  nor this"),
    ];
    const expected = ["ERROR broken", "    at main.js:1", "\tat main.js:2"];
    assert.deepEqual(await kept({ level: "warn" }, lines), expected);
    // A line that is not found is not there; what it is says what goes on from it.
    assert.deepEqual(await kept({ level: "warn", grep: "main" }, lines), expected.slice(1));
  });

  test("matches in linear time what keeps other engines busy for years", async () => {
    const long = line("a".repeat(50_000) + "b");
    const startedMs = performance.now();
    assert.deepEqual(await kept({ grep: "^(a+)+$" }, [long]), []);
    assert.ok(performance.now() - startedMs < 20_000);
  });

  test("refuses in one line what is not a pattern, or cannot be matched so", async () => {
    for (
      const [grep, said] of [["(", /^grep: "\(" is not a regular/], [
        "(a)\\1",
        /cannot be matched in bounded/,
      ]] as const
    ) {
      await assert.rejects(lineFilter({ grep }), (error: Error) => {
        assert.ok(error instanceof ControlError && error.kind === "invalid");
        assert.match(error.message, said);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    }
  });
});
