import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seriesCommands } from "../../../../commands/run/series/series_commands.ts";
import { listOption } from "../../../../commands/run/series/parameters.ts";

const made = (flags: Parameters<typeof seriesCommands>[2], words: string[] = []) =>
  seriesCommands(words, words.map((word) => new TextEncoder().encode(word)), flags);

describe("the commands of a series", () => {
  test("are split into words without a shell", () => {
    const [one, two] = made({ command: ["gcc -o 'a b' x.c", 'echo "1 2"'] });
    assert.deepEqual(one.words, ["gcc", "-o", "a b", "x.c"]);
    assert.deepEqual([two.words, two.label], [["echo", "1 2"], "echo 1 2"]);
  });

  test("what only a shell could do is refused", () => {
    for (const text of ["a | b", "a && b", "a > b", "echo $HOME", "ls *.c", "'a", ""]) {
      assert.throws(() => made({ command: [text] }), /^ProctorError: --command: /, text);
    }
    assert.throws(() => made({ prepare: ["sync; x"] }, ["true"]), /--prepare: ";" is for a shell/);
  });

  test("a value stays in its word, whatever is in it", () => {
    const all = made({ parameterList: listOption("f=a b,$(reboot)"), prepare: ["touch {f}"] }, [
      "cat",
      "{f}",
    ]);
    assert.deepEqual(all.map(({ words }) => words), [["cat", "a b"], ["cat", "$(reboot)"]]);
    assert.deepEqual(all.map(({ prepare }) => prepare), [["touch", "a b"], ["touch", "$(reboot)"]]);
    assert.throws(() => made({ parameterList: listOption("f=1,2") }, ["true"]), /no command has \{f\} in it/);
  });

  test("a helper is for all, or there is one for each", () => {
    const all = made({ command: ["a", "b"], prepare: ["sync"], setup: ["one", "two"] });
    assert.deepEqual(all.map(({ prepare, setup }) => [prepare, setup]), [
      [["sync"], ["one"]],
      [["sync"], ["two"]],
    ]);
    assert.throws(
      () => made({ command: ["a", "b", "c"], setup: ["one", "two"] }),
      /there are 2 for 3 commands/,
    );
  });

  test("have names, and alike ones are told apart", () => {
    const all = made({
      command: ["a", "a", "{n}"],
      commandName: ["first"],
      parameterList: listOption("n=a,b"),
    });
    // Each command with each value, in this order.
    const labels = ["first", "first (2)", "a", "a (2)", "a (3)", "b"];
    assert.deepEqual(all.map(({ label }) => label), labels);
    assert.throws(() => made({ commandName: ["x", "y"] }, ["true"]), /2 names for 1 command/);
  });

  test("the one behind the options keeps its bytes", () => {
    const raw = [new Uint8Array([0xff, 0x61])];
    assert.equal(seriesCommands(["�a"], raw, {})[0].words, raw);
  });
});
