/* proctor watch among processes and files that others treat as they like. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { Mosquitto, noMosquitto, Subscriber } from "../../exporters/mqtt/support/mosquitto.ts";
import { startFixture } from "../../support/live.ts";
import { eventually } from "../../support/eventually.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor, start } from "../support/proctor.ts";

const FAST = ["--interval", "100ms", "--discover-interval", "100ms"];

for (const version of ["3.1.1", "5"]) {
  test(`a process of an odd name keeps no message of others from a broker of MQTT ${version}`, {
    skip: noMosquitto,
    timeout: 120_000,
  }, () =>
    withDirectory(async (directory) => {
      const harmless = `fine-${process.pid % 10_000}`;
      await using odd = await startFixture("odd_name", "wk\x07 r");
      await using fine = await startFixture("odd_name", harmless);
      await using broker = await Mosquitto.start(directory);
      await using subscriber = await Subscriber.start(broker.port, "#");
      const agent = start([
        ...["watch", "--pid", String(odd.pid), "--pid", String(fine.pid), ...FAST],
        ...["--task-id", "{name}-{pid}", "--topic", "t/{task_id}"],
        ...["--mqtt", `mqtt://127.0.0.1:${broker.port}`, "--mqtt-version", version],
      ]);
      const topics = [`t/wk_ r-${odd.pid}`, `t/${harmless}-${fine.pid}`];
      await subscriber.until(
        (arrived) => topics.every((wanted) => arrived.filter(({ topic }) => topic === wanted).length > 3),
        "messages of both",
      );
      agent.kill("SIGTERM");
      const { code, stderr } = await agent.ended;
      assert.equal(code, 0);
      assert.equal(stderr.match(/has characters that no topic may have/g)?.length, 1, stderr);
      assert.ok(!stderr.includes("\x07"));
    }));
}

test(
  "logrotate: records go on in a file of the same name, with a signal and without",
  { timeout: 120_000 },
  () =>
    withDirectory(async (directory) => {
      const path = `${directory}/tasks.jsonl`;
      const child = spawn("sleep", ["60"]);
      try {
        const agent = start(["watch", "--pid", String(child.pid), ...FAST, "--records", path]);
        const hasLines = (file: string) => existsSync(file) && readFileSync(file, "utf8").includes("\n");
        for (const [old, signal] of [[`${path}.1`, "SIGHUP"], [`${path}.2`, undefined]] as const) {
          await eventually(() => hasLines(path));
          renameSync(path, old);
          if (signal) agent.kill(signal);
        }
        await eventually(() => hasLines(path));
        agent.kill("SIGTERM");
        assert.equal((await agent.ended).code, 0);
        const numbers = [".1", ".2", ""].flatMap((suffix) =>
          readFileSync(path + suffix, "utf8").trimEnd().split("\n").map((line) =>
            JSON.parse(line).aggregated.sample_count
          )
        );
        assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other), "in order, and all whole");
      } finally {
        child.kill("SIGKILL");
      }
    }),
);

test("an expression that cannot be matched in bounded time is refused where it stands", async () => {
  const { code, stderr } = await proctor(["watch", "--command-line", "(a+)\\1"]);
  assert.equal(code, 125);
  assert.match(
    stderr,
    /^proctor: --command-line: "\(a\+\)\\1" cannot be matched in bounded time \(.*\); write it without .*\n$/,
  );
});
