import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../../config/fault.ts";
import { parseEnvFile } from "../../../supervisor/config/env_file.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { scratch } from "../support/files.ts";

const OUTSIDE: Record<string, string> = { HOST: "h1", EMPTY: "" };

function parse(text: string): { values: Record<string, string>; faults: string[] } {
  const faults: string[] = [];
  const found = parseEnvFile(
    text,
    (name) => OUTSIDE[name],
    (line, message) => faults.push(`${line}: ${message}`),
  );
  return { values: Object.fromEntries(found), faults };
}

describe("env_file, by the rules of docker compose", () => {
  const VALUES: readonly (readonly [line: string, value: string])[] = [
    ["A=abc#def", "abc#def"],
    ["A=abc #def", "abc"],
    ["A=abc\t# def", "abc"],
    ["A= # nothing", ""],
    ["A=#x", "#x"],
    ["A=", ""],
    ["A = x ", "x"],
    ["A: x", "x"],
    ["A:b=c", "b=c"],
    ["A=b=c", "b=c"],
    ["  export A=x", "x"],
    ["export\tA=x", "x"],
    ["A=it's", "it's"],
    ['A=say "x"', 'say "x"'],
    ["A=a\\nb", "a\\nb"],
    ["A=0123", "0123"],
    ["A=x\r", "x"],
    ["A='a #b'", "a #b"],
    ["A='a' # b", "a"],
    ["A='$HOST ${HOST} \\n'", "$HOST ${HOST} \\n"],
    ["A='it\\'s'", "it's"],
    ['A="a # b"', "a # b"],
    ['A="a\\nb\\t\\"c\\" \\\\ \\$HOST \\q"', 'a\nb\t"c" \\ $HOST \\q'],
    ['A="one\ntwo # three\n"', "one\ntwo # three\n"],
    ["A='one\ntwo'", "one\ntwo"],
    ['A="\\0101"', "A"],
    ["A=$HOST:${HOST}", "h1:h1"],
    ['A="<$HOST>"', "<h1>"],
    ["A=5$$", "5$"],
    ["A=${NONE:-d}-${NONE-e}", "d-e"],
    ["A=${EMPTY:-d}-${EMPTY-e}-", "d--"],
    ["A=${HOST:+set}${NONE:+set}${EMPTY+there}", "setthere"],
    ["A=${NONE:-${HOST}/${NONE:-x}}", "h1/x"],
    ["A=${HOST:-${NONE}}", "h1"],
    ["B=1\nA=$B$B", "11"],
    ["A=1\nA=2", "2"],
    ["HOST=own\nA=$HOST", "h1"],
  ];
  for (const [line, value] of VALUES) {
    test(JSON.stringify(line), () => {
      const { values, faults } = parse(`# a comment\n\n   # another\n${line}\nAFTER=ok\n`);
      assert.deepEqual(faults, []);
      assert.equal(values.A, value);
      assert.equal(values.AFTER, "ok", "the line behind it is understood, too");
    });
  }

  test("a name alone is taken from the environment", () => {
    assert.deepEqual(parse("HOST\nEMPTY"), { values: { HOST: "h1", EMPTY: "" }, faults: [] });
  });

  const FAULTS: readonly (readonly [text: string, fault: RegExp])[] = [
    ["A=1\nno equals\nB=2", /^2: it is not NAME=value/],
    ["A=1\nMISSING\nB=2", /^2: there is no "=", and the environment has no such variable; write NAME=value$/],
    ["A='1\n2'\nMISSING", /^3: /],
    ["=x", /^1: there is no name before the value/],
    ["\n\nA B=x", /^3: it is not NAME=value/],
    ["A=x$", /^1: a "\$" begins a variable/],
    ["A=${HOST", /^1: "\$\{" begins a variable|^1: the brace/],
    ["A=${HOST:-x", /^1: the brace of a "\$\{" is not closed$/],
    ["A=1\nB=$NONE", /^2: the variable NONE is not set; set it, write \$\{NONE:-default\}, or \$\$/],
    ["A=${NONE:?say so}", /^1: the variable NONE is not set: say so$/],
    ["A='x' y", /^1: something stands behind the closing quote/],
    ["A=1\nB='x\ny", /^2: the ' is not closed$/],
    ["A=" + "${N:-".repeat(5_000), /^1: references are nested more than 20 deep$/],
  ];
  for (const [text, fault] of FAULTS) {
    test(`${JSON.stringify(text.slice(0, 40))} is a fault with its line`, () => {
      const { faults } = parse(text);
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0], fault);
    });
  }

  test("no fault tells what may be secret", () => {
    const { faults } = parse("hunter2 hunter2\nA='hunter2' hunter2\nB=\"hunter2\nC=hunter2");
    assert.equal(faults.length, 3);
    assert.ok(!faults.join().includes("hunter2"), faults.join());
  });

  test("what is between single quotes is kept, and any text is read in no time", () => {
    const quoted = fc.string({ unit: "binary" }).filter((text) => !/['\\\r]/.test(text));
    fc.assert(fc.property(quoted, (text) => assert.equal(parse(`A='${text}'`).values.A, text)));
    const anything = fc.string({
      unit: fc.constantFrom(..."A=:'\"\\$ {}-#\n\t\rx".split("")),
      maxLength: 60,
    });
    fc.assert(fc.property(anything, (text) => {
      const lines = text.split("\n").length;
      for (const fault of parse(text).faults) assert.ok(Number(fault.split(":")[0]) <= lines, fault);
    }));
  });
});

describe("env_file of a process", () => {
  const CONFIG = `
managed_processes:
  - { id: a, management: { control: { executable: x, env_file: [one.env, two.env], environment: { C: own } } } }
`;

  test("a later file goes before an earlier one, environment before both", () => {
    using files = scratch();
    files.write("one.env", "A=1\nB=1\nC=1\n");
    files.write("two.env", "B=2$A\n");
    const { definitions: [{ launch }] } = loadConfig(files.write("proctor.yaml", CONFIG), { variables: {} });
    assert.deepEqual(launch?.environment, { A: "1", B: "21", C: "own" });
  });

  test("a fault stands at its own line of that file", () => {
    using files = scratch();
    files.write("one.env", "A=1\n\noops, no value\n");
    files.write("two.env", "B=2\n");
    assert.throws(() => loadConfig(files.write("proctor.yaml", CONFIG), { variables: {} }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.lines.length, 1);
      assert.match(error.lines[0], /\/one\.env:3:1: it is not NAME=value/);
      return true;
    });
  });
});
