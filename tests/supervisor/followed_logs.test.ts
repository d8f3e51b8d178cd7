import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLine } from "../../supervisor/logs/log_line.ts";
import { shell, TestSupervisor } from "./support/supervisor.ts";

const LONG = { timeout: 60_000 };

/** The messages of a log as they come, and whether it has ended. */
function following(
  lines: AsyncIterable<LogLine>,
): { readonly seen: string[]; readonly ended: () => boolean } {
  const seen: string[] = [];
  let isOver = false;
  void (async () => {
    for await (const { message } of lines) seen.push(message);
    isOver = true;
  })();
  return { seen, ended: () => isOver };
}

test(
  "who follows one log goes on with the process that a reload puts in its place, until it is removed",
  LONG,
  async () => {
    const says = (word: string) => shell("a", `echo ${word}; exec sleep 300`);
    await using test = await TestSupervisor.start([says("one"), shell("b", "exec sleep 300")]);
    const { signal } = new AbortController();
    await test.until("it has written", () => test.log("a") !== "");
    const { seen, ended } = following(test.supervisor.logs("a", { follow: true }, signal));
    await test.until("the first line", () => seen.length === 1);
    for (const word of ["two", "three"]) {
      test.configure([says(word), shell("b", "exec sleep 300")]);
      assert.deepEqual((await test.supervisor.reload()).restarted, ["a"]);
      await test.until(word, () => seen.includes(word));
    }
    assert.deepEqual([seen, ended()], [["one", "two", "three"], false]);
    test.configure([shell("b", "exec sleep 300")]);
    await test.supervisor.reload();
    await test.until("it ends", ended);
  },
);

test("who follows one log is done when the supervisor is", LONG, async () => {
  await using test = await TestSupervisor.start([
    shell("a", "trap 'echo last; exit' TERM; echo first; sleep 300 & wait"),
  ]);
  const { signal } = new AbortController();
  const { seen, ended } = following(test.supervisor.logs("a", { follow: true }, signal));
  await test.until("the first line", () => seen.length === 1);
  await test.end();
  await test.until("it ends", ended);
  assert.deepEqual(seen, ["first", "last"]);
});
