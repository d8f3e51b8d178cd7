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

    test("has text in place of forms that only a shell knows", () => {
      const { words, foreign, leftOut } = lineOf("/a ${A:-x} <${B:+${HOME}}> ${A:=1 ${C");
      assert.equal(shellLine(words), `exec /a '\${A:-x}' '<\${B:+'"\${HOME}"'}>' '\${A:=1' '\${C'`);
      assert.deepEqual([foreign, leftOut], [["${A:-x}", "${B:+${HOME}"], []]);
      const [one] = importFile({
        name: "a.service",
        text: "[Service]\nExecStart=/a ${A:-x} $$B\nExecStop=/b ${C:-y}\n",
        hasEnvFile: false,
      }).processes;
      assert.deepEqual(one.fields.command, ["/a", "$${A:-x}", "$B"]);
      assert.deepEqual(one.fields.stop, ["/b", "$${C:-y}"]);
      assert.deepEqual(one.notes.map((note) => note.split("  ")[0]), [
        "ExecStart: ${A:-x}",
        "ExecStop: ${C:-y}",
      ]);
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

describe("variables of a unit", () => {
  const environmentIn = (...lines: string[]) => {
    const text = `[Service]\nExecStart=/a\n${lines.map((line) => `Environment=${line}\n`).join("")}`;
    const [{ fields, notes }] = importFile({ name: "a.service", text, hasEnvFile: false }).processes;
    return { env: fields.env, notes };
  };

  test("are assignments as systemd takes them apart, by quotes and escapes of C", () => {
    const { env, notes } = environmentIn(
      `"A=1 2" 'B=it\\'s' C="x y"z D=a\\sb E=\\x41\\101\\u00e9\\xc3\\xa9\\tt`,
      "F=;x; G=$A ${B:-c} H=100%% I=a#b",
      "J= C=last",
    );
    assert.deepEqual(env, {
      A: "1 2",
      B: "it's",
      C: "last",
      D: "a b",
      E: "AAéé\tt",
      F: ";x;",
      G: "$A",
      H: "100%",
      I: "a#b",
      J: "",
    });
    assert.deepEqual(notes, ["Environment: ${B:-c}  (it is not an assignment; systemd ignores it, too)"]);
    assert.deepEqual(environmentIn("A=1", "", "B=2").env, { B: "2" });
    assert.deepEqual(environmentIn("A=${X}y").env, { A: "$${X}y" });
  });

  test("are noted where systemd ignores them, or puts in what is not known here", () => {
    const cases: [string, object | undefined, string][] = [
      ['A=1 B="x', { A: "1" }, 'the quote (") is not closed; systemd ignores all from there on, too'],
      [
        "A=1 B=\\q C=2",
        { A: "1" },
        "\\q is not an escape that can be read here; systemd ignores all from there on, too",
      ],
      [
        "A=1 B=\\xff",
        { A: "1" },
        "\\x is not an escape that can be read here; systemd ignores all from there on, too",
      ],
      ["A=1 9B=2", { A: "1" }, "it is not an assignment; systemd ignores it, too"],
      ["A=1 ; B=2", { A: "1", B: "2" }, "it is not an assignment; systemd ignores it, too"],
      ["A=1 B=\\x01", { A: "1" }, "it is not an assignment; systemd ignores it, too"],
      ["A=%%h B=%%%n", { A: "%h", B: "%%n" }, "specifiers such as %i are not put in"],
      ["A=%5 B=1", { A: "%5", B: "1" }, ""],
    ];
    for (const [line, expected, why] of cases) {
      const { env, notes } = environmentIn(line);
      assert.deepEqual(env, expected, line);
      assert.deepEqual(notes.map((note) => /\((.*)\)$/.exec(note)![1]), why === "" ? [] : [why], line);
    }
  });

  test("whatever is in them become one variable each, and nothing is thrown", () => {
    fc.assert(fc.property(fc.array(plain), (values) => {
      const coded = (value: string) => value.replaceAll("%", "%%").replaceAll(/[ -~\n\t]/g, hex);
      const line = values.map((value, index) => `"V${index}=${coded(value)}"`).join(" ");
      const { env = {} } = environmentIn(line);
      const read = Object.values(env as object).map((value) => value.replaceAll("$${", () => "${"));
      assert.deepEqual(read, values);
    }));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (line) => {
      environmentIn(line.replaceAll(/[\r\n]/g, " "));
    }));
  });
});
