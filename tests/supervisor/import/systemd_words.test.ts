import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { plainWords, shellLine, systemdWords } from "../../../supervisor/import/systemd_words.ts";
import { importFile } from "../../../supervisor/import/import_file.ts";

const ENVIRONMENT = { A: "a  *\tb", HOME: "/root; id", EMPTY: "", QUOTE: `it's "$A" \\` };
const NAMES = [...Object.keys(ENVIRONMENT), "UNSET"] as const;
const valueOf = (name: string) => (ENVIRONMENT as Record<string, string>)[name] ?? "";

function lineOf(text: string, options?: { hasVariables: boolean }) {
  const line = systemdWords(text, options);
  if ("why" in line) throw new Error(line.why);
  return line;
}

/** A word as it may be written in a unit, and what systemd makes of it. */
interface Sample {
  readonly written: string;
  readonly words: readonly string[];
}

const hex = (sign: string) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`;
const doubled = (text: string) => text.replaceAll("%", "%%").replaceAll("$", () => "$$");
const plain = fc.string({ unit: fc.constantFrom(..."abA1 *?;&|<>()`'\"\\$%{}[]~#!=\n\t-é"), maxLength: 8 });
const variable = fc.constantFrom(...NAMES);
/** A part of a word, quoted by one of the ways that there are. */
const piece: fc.Arbitrary<Sample> = fc.oneof(
  fc.tuple(plain, fc.constantFrom("'", '"')).map(([text, quote]) => ({
    written: quote + doubled(text).replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`)
      .replaceAll("\n", "\\n") +
      quote,
    words: [text],
  })),
  plain.map((text) => ({ written: `"${doubled(text).replaceAll(/[ -~\n\t]/g, hex)}"`, words: [text] })),
  variable.map((name) => ({ written: `\${${name}}`, words: [valueOf(name)] })),
);
const word: fc.Arbitrary<Sample> = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => ({
    written: pieces.map(({ written }) => written).join(""),
    words: [pieces.flatMap(({ words }) => words).join("")],
  })),
  // Quotes in a value are the one thing that differs; a comment says so.
  fc.constantFrom("A", "HOME", "EMPTY", "UNSET").map((name) => ({
    written: `$${name}`,
    words: valueOf(name).split(/\s+/).filter((one) => one !== ""),
  })),
);

const PRINT = `for one do printf '%s\\0' "$one"; done`;

const SHELL = { skip: process.platform === "win32" && "it has no POSIX shell", timeout: 120_000 };

describe(
  "a command line of systemd",
  () => {
    test("gives a program the words that systemd gives it, by way of a shell", SHELL, () => {
      fc.assert(
        fc.property(fc.array(word, { maxLength: 5 }), (list) => {
          const program = `/bin/sh -c '${doubled(PRINT).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}' x`;
          const line = `${program} ${list.map(({ written }) => written).join(" ")}`;
          const printed = execFileSync("/bin/sh", ["-c", shellLine(lineOf(line).words)], {
            env: ENVIRONMENT,
            cwd: "/",
            encoding: "utf8",
          });
          assert.deepEqual(printed.split("\0").slice(0, -1), list.flatMap(({ words }) => words), line);
        }),
        { numRuns: 150 },
      );
    });

    test("is text but for its variables", () => {
      const { words } = lineOf('/usr/bin/printf "<%%s>\\n" *.service a;id $$5 ${HOME}');
      assert.equal(shellLine(words), `exec /usr/bin/printf '<%s>\n' '*.service' 'a;id' '$5' "\${HOME}"`);
      assert.deepEqual(plainWords(lineOf("/a b$C \\s $$D '' \\x41\\101\\u00e9\\q").words), [
        "/a",
        "b$C",
        " ",
        "$D",
        "",
        "AAé\\q",
      ]);
      assert.deepEqual(plainWords(lineOf("/a $A ${B}", { hasVariables: false }).words), ["/a", "$A", "${B}"]);
      const cut = lineOf("/a \\; x; ';' ; /b $C");
      assert.deepEqual([plainWords(cut.words), cut.further], [["/a", ";", "x;", ";"], "/b $C"]);
      assert.deepEqual(lineOf("/a $5 $A/b ${5}x").leftOut, ["$5", "$A/b"]);
      assert.deepEqual(plainWords(lineOf("/a $5 $A/b ${5}x").words), ["/a", "x"]);
      for (const bad of ["/a 'b", '/a "', "/a \\"]) assert.ok("why" in systemdWords(bad), bad);
    });

    test("is noted where it differs", () => {
      const [one] = importFile({
        name: "a.service",
        text: "[Service]\nExecStart=/a $B $5 ; /c\nExecStop=/bin/kill -HUP %%x '*'\n",
        hasEnvFile: false,
      }).processes;
      assert.deepEqual(one.fields.command, "set -f; exec /a $B");
      assert.deepEqual(one.fields.stop, ["/bin/kill", "-HUP", "%x", "*"]);
      assert.deepEqual(one.notes.map((note) => note.split("  ")[0]), [
        "ExecStart: /c",
        "ExecStart: $5",
        "ExecStart: $B",
      ]);
    });
  },
);
