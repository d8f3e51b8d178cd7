import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { shellWords } from "../../core/shell_words.ts";

const words = (text: string) => {
  const found = shellWords([{ text }]);
  return "why" in found ? found.why : found.map((word) => word.text);
};

/** What a POSIX shell makes of the same words. */
function wordsOfShell(lines: readonly string[]): string[][] {
  const script = lines.map((line) => `printf '%s\\0' ${line}; printf '\\1'`).join("\n");
  const told = execFileSync("sh", ["-c", script], { encoding: "utf8" });
  return told.split("\x01").slice(0, -1).map((one) => one.split("\0").slice(0, -1));
}

const noShell = spawnSync("sh", ["-c", "true"]).status !== 0 && "needs sh";

describe("shellWords", () => {
  test("parts as a POSIX shell does", { skip: noShell, timeout: 120_000 }, () => {
    const lines = [
      "a b  c\td",
      `'it''s' "one word" two\\ words`,
      `"a \\"quoted\\" \\$ \\\\ \\n" b\\c`,
      `'' "" a''b`,
      `--x="a b"'c d'e`,
      `a\\\nb "c\\\nd"`,
      `'$HOME "x" | ; \\'`,
      `x=1 a#b "#"`,
    ];
    assert.deepEqual(lines.map(words), wordsOfShell(lines));
  });

  test("gives back whatever was quoted", { timeout: 60_000 }, () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (list) => {
        const line = list.map((one) => `'${one.replaceAll("'", "'\\''")}'`).join(" ");
        assert.deepEqual(words(line), list);
      }),
    );
  });

  test("refuses what only a shell can do, and says what", () => {
    for (const sign of ["|", "&", ";", "<", ">", "(", "`"]) {
      assert.match(String(words(`a ${sign} b`)), new RegExp(`^"\\${sign}" is for a shell`), sign);
      assert.deepEqual(words(`a '${sign}'`), ["a", sign]);
    }
    assert.match(String(words("echo $HOME")), /^"\$HOME" is for a shell/);
    assert.match(String(words('echo "$(date)"')), /^"\$\(" is for a shell/);
    assert.match(String(words("echo `date`")), /is for a shell/);
    assert.match(String(words("echo 'a")), /the quote \('\) is not closed/);
    assert.match(String(words("echo a\\")), /ends in a backslash/);
    for (const pattern of ["ls *.c", "ls a?", "ls [ab]", "cd ~/x", "a #b"]) {
      assert.match(String(words(pattern)), /^"[*?[~#]" is for a shell to expand; in quotes/, pattern);
    }
    assert.deepEqual(words("a '*' \"~\" \\# b~ c#"), ["a", "*", "~", "#", "b~", "c#"]);
    assert.match(String(words("./migrate\n./server")), /^it is more than one line/);
    assert.deepEqual(words("\n./server --x\n \n"), ["./server", "--x"]);
    assert.deepEqual(words("a\u00a0b\u2003c"), ["a\u00a0b\u2003c"]);
    assert.deepEqual(words("costs 5$ a$"), ["costs", "5$", "a$"]);
  });

  test("leaves the value of a variable in one word, and keeps how it was written", () => {
    const parts = [
      { text: "run --name=" },
      { text: "a 'b | c", written: "${NAME}" },
      { text: " '" },
      { text: "x y", written: "${X}" },
      { text: "' z" },
    ];
    assert.deepEqual(shellWords(parts), [
      { text: "run" },
      { text: "--name=a 'b | c", written: "--name=${NAME}" },
      { text: "x y", written: "${X}" },
      { text: "z" },
    ]);
  });
});
