import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fixture } from "../../support/fixture.ts";
import { lastJson, proctor, shell } from "../support/proctor.ts";
import { recorded } from "../support/records.ts";

interface Given {
  readonly argv: string[];
  readonly argv_hex: string[];
  readonly cmdline_hex: string;
}

describe("the command's arguments", () => {
  test("arrive as they were given", { timeout: 120_000 }, async () => {
    const word = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes("\0"));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
        const outcome = await proctor(["run", "--quiet", "--", fixture("print_context"), ...words]);
        const expected = words.map((text) => Buffer.from(text).toString("hex"));
        assert.deepEqual(lastJson<Given>(outcome).argv_hex, expected);
      }),
      { numRuns: 25 },
    );
  });

  test("that look like options are the command's", async () => {
    const words = ["--help", "--", "-q", "--timeout", "1s", "-V", "run", "", "--records=-"];
    const withDashes = await proctor(["run", "--quiet", "--", fixture("print_context"), ...words]);
    assert.deepEqual(lastJson<Given>(withDashes).argv, words);
    const without = await proctor(["run", "--quiet", fixture("print_context"), ...words]);
    assert.deepEqual(lastJson<Given>(without).argv, words);
  });

  test("keep bytes that are no UTF-8", async () => {
    const outcome = await shell(
      `$PROCTOR run --quiet -- "$0" "$(printf 'caf\\351')" "$(printf '\\377\\376\\200')" "$(printf 'ok\\303\\251')"`
        .replace("$0", fixture("print_context")),
    );
    assert.deepEqual(lastJson<Given>(outcome).argv_hex, ["636166e9", "fffe80", "6f6bc3a9"]);
  });

  test("keep bytes that are no UTF-8 beside options and without --", async () => {
    const outcome = await shell(
      `$PROCTOR run --name "$(printf '\\351')" --quiet ${fixture("print_context")} "$(printf '\\351')" plain`,
    );
    assert.deepEqual(lastJson<Given>(outcome).argv_hex, ["e9", "706c61696e"]);
  });

  test("a command whose path is not UTF-8 is found", async () => {
    const outcome = await shell(
      `d=$(mktemp -d); f="$d/$(printf 'caf\\351')"; printf '#!/bin/sh\\nexit 9\\n' >"$f"; chmod +x "$f"
       "$f"; echo $?; $PROCTOR run --quiet -- "$f"; echo $?; rm -r "$d"`,
    );
    assert.equal(outcome.stdout.toString(), "9\n9\n", outcome.stderr);
  });

  test("may be as long as the system allows", { timeout: 120_000 }, async () => {
    // One argument: at most 128 KiB (MAX_ARG_STRLEN); and many of them.
    const long = "x".repeat(131_071);
    const many = Array.from({ length: 5_000 }, (_, index) => `argument ${index}`);
    const outcome = await proctor(["run", "--quiet", "--", "sh", "-c", "echo $# ${#1}", "sh", long, ...many]);
    assert.equal(outcome.stdout.toString(), "5001 131071\n");
  });

  test("stand in the start record, one by one", async () => {
    const { start } = await recorded([], ["sh", "-c", "exit 0", "a b", "", "ü", "\x1b[31m"]);
    assert.deepEqual(start.command, ["sh", "-c", "exit 0", "a b", "", "ü", "\x1b[31m"]);
  });

  test("the command itself may have spaces and a dash", async () => {
    const script =
      `d=$(mktemp -d); printf '#!/bin/sh\\necho "$0"\\n' >"$d/-odd name ü"; chmod +x "$d/-odd name ü"
      cd "$d"; PATH="$d:$PATH" $PROCTOR run --quiet -- "-odd name ü"; $PROCTOR run --quiet -- "./-odd name ü"; rm -r "$d"`;
    const { stdout, stderr } = await shell(script);
    const [byName, byPath] = stdout.toString().trimEnd().split("\n");
    assert.match(byName, /\/-odd name ü$/, stderr);
    assert.match(byPath, /-odd name ü$/, stderr);
  });

  test("argv[0] is the word that was typed, not the file it was found at", async () => {
    const { stdout } = await proctor([
      "run",
      "--quiet",
      "--",
      "sh",
      "-c",
      "tr '\\0' ' ' </proc/$$/cmdline | cut -c1-5",
    ]);
    assert.equal(stdout.toString(), "sh -c\n");
  });

  test("a script below --cwd sees the same $0 as without us", async () => {
    const script = `d=$(mktemp -d); cd "$d"; printf '#!/bin/sh\\necho "$0"\\n' >s; chmod +x s
      ./s; $PROCTOR run --quiet -- ./s; cd /; rm -r "$d"`;
    const { stdout } = await shell(script);
    const [direct, watched] = stdout.toString().trimEnd().split("\n");
    assert.equal(watched, direct);
  });
});
