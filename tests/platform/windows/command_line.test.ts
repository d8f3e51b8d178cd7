import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  batchCommandLine,
  commandLine,
  LONGEST_COMMAND_LINE,
  splitCommandLine,
} from "../../../platform/windows/text/command_line.ts";

/** What is likely to be taken wrong: quotes, backslashes, blanks, and what cmd.exe reads. */
const awkward = fc.string({
  unit: fc.constantFrom('"', "\\", " ", "\t", "a", "é", "&", "^", "|", "\u{1f600}"),
});
const anyWord = fc.oneof(awkward, fc.string().filter((word) => !word.includes("\0")));
const programName = fc.oneof(awkward, fc.string()).filter((word) => !/["\0]/.test(word));

describe("a command line", () => {
  test("is taken apart into the arguments it was made from", () => {
    fc.assert(fc.property(programName, fc.array(anyWord), (program, args) => {
      assert.deepEqual(splitCommandLine(commandLine([program, ...args])), [program, ...args]);
    }));
  });

  // From the reference of the C runtime ("Parsing C++ command-line arguments").
  const documented: readonly (readonly [line: string, args: readonly string[]])[] = [
    [String.raw`p "a b c" d e`, ["a b c", "d", "e"]],
    [String.raw`p "ab\"c" "\\" d`, ['ab"c', "\\", "d"]],
    [String.raw`p a\\\b d"e f"g h`, [String.raw`a\\\b`, "de fg", "h"]],
    [String.raw`p a\\\"b c d`, [String.raw`a\"b`, "c", "d"]],
    [String.raw`p a\\\\"b c" d e`, [String.raw`a\\b c`, "d", "e"]],
    [String.raw`p a"b"" c d`, ['ab" c d']],
  ];
  for (const [line, args] of documented) {
    test(`is taken apart as documented: ${line}`, () => {
      assert.deepEqual(splitCommandLine(line), ["p", ...args]);
    });
  }

  test("has a program whose backslashes mean nothing", () => {
    assert.equal(commandLine(["C:\\with blank\\"]), '"C:\\with blank\\"');
    assert.deepEqual(splitCommandLine('"C:\\with blank\\" x'), ["C:\\with blank\\", "x"]);
  });

  test("is refused where it cannot be written", () => {
    assert.throws(() => commandLine(['a"b']), /holds a quote/);
    const fits = ["p", "x".repeat(LONGEST_COMMAND_LINE - 3)];
    assert.equal(commandLine(fits).length, LONGEST_COMMAND_LINE - 1);
    assert.throws(() => commandLine([...fits, ""]), /takes 32766/);
  });
});

/** What cmd.exe sees of a line as outside of quotes; each quote toggles. */
function outsideQuotes(line: string): string {
  return line.split('"').filter((_, index) => index % 2 === 0).join("");
}

describe("the line by which cmd.exe runs a batch file", () => {
  const begin = 'cmd.exe /d /e:ON /v:OFF /s /c "';
  const safe = anyWord.filter((word) => !/[%\r\n]/.test(word));
  const inner = (line: string) => {
    assert.ok(line.startsWith(begin) && line.endsWith('"'), line);
    return line.slice(begin.length, -1);
  };

  test("has arguments that a program behind the batch file gets as they were", () => {
    fc.assert(fc.property(fc.array(safe), (args) => {
      assert.deepEqual(splitCommandLine(inner(batchCommandLine("C:\\x y\\b.bat", args))), [
        "C:\\x y\\b.bat",
        ...args,
      ]);
    }));
  });

  test("has nothing outside of quotes that means anything to it", () => {
    fc.assert(fc.property(fc.array(safe), (args) => {
      assert.match(outsideQuotes(inner(batchCommandLine("b.cmd", args))), /^ *$/);
    }));
  });

  for (const word of ["%PATH%", "100%", "a\nb", "a\r"]) {
    test(`is refused with ${JSON.stringify(word)}`, () => {
      assert.throws(() => batchCommandLine("b.bat", [word]), /percent sign|line break/);
      assert.throws(() => batchCommandLine(`${word}.bat`, []), /percent sign|line break/);
    });
  }
});
