/* Two parsers read one table: what the small one takes, commander takes alike, and what it leaves is commander's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CommanderError } from "commander";
import { ATTACH } from "../../commands/run/attach.ts";
import { RUN } from "../../commands/run/run.ts";
import { commandOf } from "../../commands/options/commander_table.ts";
import type { OptionRow, VerbTable } from "../../commands/options/option_table.ts";
import { readPlainWords } from "../../commands/options/plain_words.ts";
import type { PlainWords } from "../../commands/options/plain_words.ts";
import { ProctorError } from "../../core/error.ts";

type Table = VerbTable<Record<string, unknown>>;
const VERBS = [RUN, ATTACH] as unknown as readonly Table[];

/** What commander makes of the words; undefined for help and faults. */
async function byCommander(verb: Table, args: readonly string[]): Promise<PlainWords | undefined> {
  let seen: PlainWords | undefined;
  const run = (words: readonly unknown[], flags: Record<string, unknown>) => {
    seen = { words, flags: { ...flags } };
    return Promise.resolve(0);
  };
  const silent = { writeOut: () => {}, writeErr: () => {} };
  const command = commandOf({ ...verb, run }, () => {}).exitOverride().configureOutput(silent);
  try {
    await command.parseAsync(args, { from: "user" });
  } catch (error) {
    assert.ok(error instanceof CommanderError || error instanceof ProctorError, String(error));
  }
  return seen;
}

const VALUES = [
  ["250ms", "1.5s", "2m", "0s", "1"],
  ["512M", "1.5G", "0M"],
  ["1", "100", "0.5", "-1", "007", "1e3"],
  ["cpu", "cpu,memory_bytes", ",", "bogus"],
  ["-", "fd:3", "fd:x", "handle:44", "0,1,5", "0,1,handle:44", "a.csv"],
  ["http://localhost:9090/metrics", "file:///x"],
  ["n=1,2", "n=1..4", "n=4..1..2", "A=b", "A=b=c", "__proto__=x", "=", "A"],
  ["json", "text", "none", "wait", "leave", "jsonl"],
  ["", "--", "--quiet", "-q", "-h", "standard", "x y", "ü"],
].flat();

const longOf = ({ flags }: OptionRow) => /--[\w-]+/.exec(flags)![0];

/** Words that look like those of a verb: options of its own with and without values, strangers, and arguments. */
function lines(verb: Table): fc.Arbitrary<string[]> {
  const value = fc.constantFrom(...VALUES);
  const option = fc.tuple(fc.constantFrom(...verb.options), fc.constantFrom(" ", "=", ""), value).map(
    ([row, between, text]) => {
      const long = longOf(row);
      return between === " " ? [long, text] : between === "=" ? [`${long}=${text}`] : [long];
    },
  );
  const strange = fc.constantFrom(
    ...[
      "-q",
      "-qq",
      "-qx",
      "-x",
      "-5",
      "--bogus",
      "--bogus=1",
      "--",
      "-",
      "--help",
      "-h",
      "--color",
      "--no-",
      "---",
    ],
  ).map((word) => [word]);
  const plain = fc.constantFrom("true", "4711", "0", "sleep", "").map((word) => [word]);
  const piece = fc.oneof({ arbitrary: option, weight: 5 }, { arbitrary: strange, weight: 1 }, {
    arbitrary: plain,
    weight: 2,
  });
  return fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.flat());
}

for (const verb of VERBS) {
  test(`${verb.name}: what is plain is what commander makes of it`, { timeout: 120_000 }, async () => {
    let [plainCount, leftCount] = [0, 0];
    await fc.assert(
      fc.asyncProperty(lines(verb), async (args) => {
        const plain = readPlainWords(verb, args);
        const full = await byCommander(verb, args);
        if (plain) assert.deepEqual(plain, full);
        else if (full) assert.ok(args.some((word) => /^-(q.|\d)/.test(word)), `left to commander: ${args}`);
        if (plain) plainCount++;
        else leftCount++;
      }),
      { numRuns: 2_000 },
    );
    assert.ok(plainCount > 20 && leftCount > 200, `${plainCount} plain, ${leftCount} left`);
  });

  test(`${verb.name}: every option is read alone, with a value that is right`, async () => {
    const argument = verb.name === "run" ? "true" : "4711";
    for (const row of verb.options) {
      const texts = row.flags.includes("<")
        ? [...row.choices ?? [], ...VALUES.filter((text) => text !== "")]
        : [null];
      let readable = 0;
      for (const text of texts) {
        const args = [longOf(row), ...text === null ? [] : [text], argument];
        const plain = readPlainWords(verb, args);
        assert.deepEqual(plain, await byCommander(verb, args), args.join(" "));
        if (plain) readable++;
      }
      assert.ok(readable > 0, row.flags);
    }
  });
}
