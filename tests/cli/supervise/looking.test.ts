import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BINARY, proctor, start } from "../support/proctor.ts";
import { shellProcess, withSupervised } from "../support/supervise.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";

const TIMEOUT = { timeout: 90_000 };
const COUNTING = (word: string) => `i=0; while :; do i=$((i+1)); echo "${word} $i"; sleep 0.05; done`;
const ALWAYS = { policy: "always", max_retries: "unlimited", retry_delay: "10ms" };

/** An entry whose process is restarted, however it ends, or by other rules. */
function restarted(id: string, script: string, restart: object = ALWAYS): Record<string, unknown> {
  const { management, ...rest } = shellProcess(id, script);
  const { control } = management as { control: object };
  return { ...rest, management: { control: { ...control, restart } } };
}

describe("processes that are looked at by proctor ctl", () => {
  test(
    "have their ids in top, and what runs inside of them in a group of its own has not",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        one.configure([shellProcess("shop", `"${BINARY}" run --quiet -- sleep 1003`)]);
        await one.start();
        const look = async () => {
          const { stdout } = await proctor(["top", "--json", "-n", "1", "--filter", "1003"]);
          const { processes } = JSON.parse(stdout.toString()) as {
            processes: { name: string; supervised_id: string | null; parent_pid: number }[];
          };
          return processes.find(({ name }) => name === "sleep");
        };
        let inner = await look();
        while (!inner) inner = await look();
        assert.equal(inner.supervised_id, null);
        const { stdout } = await proctor([
          "top",
          "-b",
          "-n",
          "1",
          "--view",
          "groups",
          String(one.running.pid),
        ]);
        assert.match(stdout.toString(), /^ +\d+ procs? .* ▾ shop$/m);
      }),
  );

  test(
    "write into one log, of which a follower misses nothing, and that takes in who is added",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        one.configure([shellProcess("a", COUNTING("INFO a")), shellProcess("b", COUNTING("ERROR b"))]);
        await one.start();
        const follow = start([
          "ctl",
          "--state-dir",
          one.state,
          "logs",
          "-f",
          "--json",
          "--grep",
          "^(INFO|ERROR)",
        ]);
        await follow.line((line) => line.includes("INFO a 9"));
        assert.equal((await one.ctl("add", "c", "--", "/bin/sh", "-c", COUNTING("INFO c"))).code, 0);
        await follow.line((line) => line.includes("INFO c 5"));
        follow.kill("SIGTERM");
        const seen = (await follow.ended).stdout.toString().trimEnd().split("\n").map((line) =>
          JSON.parse(line)
        );
        for (const id of ["a", "b", "c"]) {
          const numbers = seen.filter((line) => line.id === id).map(({ message }) =>
            Number(message.split(" ")[2])
          );
          assert.ok(numbers.length >= 3, `${id}: ${numbers}`);
          assert.deepEqual(
            numbers,
            numbers.map((_, index) => numbers[0] + index),
            "each line once, in order",
          );
        }
        const errors = await one.ctl("logs", "--level", "error", "--plain", "-n", "4");
        assert.match(errors.stdout.toString(), /^(b \| ERROR b \d+\n){4}$/);
        const lines = (await one.ctl("logs", "a", "b", "--json")).stdout.toString().trimEnd().split("\n");
        const times = lines.map((line) => JSON.parse(line).timestamp);
        assert.deepEqual(times, times.toSorted());
        assert.deepEqual([...new Set(lines.map((line) => JSON.parse(line).id))].toSorted(), ["a", "b"]);
      }),
  );

  test("are waited for, whatever happens first", TIMEOUT, () =>
    withSupervised(async (one) => {
      const ready = `${one.directory}/ready`;
      const check = { type: "exec", exec: { command: ["test", "-e", ready] } };
      const checked = shellProcess("checked", "sleep 1000") as { management: Record<string, unknown> };
      checked.management.health_check = {
        ...check,
        run_options: { enabled: true, interval: "50ms", timeout: "5s" },
      };
      one.configure([
        checked,
        shellProcess("job", "sleep 0.3"),
        shellProcess("off", "sleep 1000", { enabled: false }),
        restarted("again", "sleep 1000"),
        restarted("broken", "sleep 0.2; exit 3", {
          policy: "on-failure",
          max_retries: 1,
          retry_delay: "10ms",
        }),
      ]);
      await one.start();
      const until = async (state: string, ...ids: string[]) => await one.ctl("wait", ...ids, "--for", state);
      const exited = await until("exited", "job");
      assert.deepEqual([exited.code, exited.stderr], [0, ""]);
      assert.match(exited.stdout.toString(), /^job: stopped: it ended with exit code 0\n$/);
      assert.equal((await until("stopped", "off", "job")).code, 0);
      assert.equal((await until("ready", "again")).code, 0);
      const never = await until("healthy", "again");
      assert.deepEqual([never.code, never.stderr], [
        1,
        "proctor: again: it has no health check, and is never healthy; --for ready takes it as it is\n",
      ]);
      // What is not yet is waited for; a file makes it so.
      const healthy = until("healthy", "checked");
      await one.ctl("add", "touch", "--", "/bin/sh", "-c", `touch "${ready}"; sleep 1000`);
      assert.deepEqual([(await healthy).code, (await healthy).stderr], [0, ""]);
      // One that is restarted at once has exited, too.
      const ended = until("exited", "again");
      const signalled = async () => (await one.ctl("signal", "KILL", "again")).code;
      while (!await Promise.race([ended.then(() => true), signalled().then(() => false)]));
      assert.equal((await ended).code, 0);
      const removed = one.ctl("wait", "off", "--for", "running", "--timeout", "60s");
      const remove = async () => {
        while ((await one.ctl("status", "off")).code === 0) await one.ctl("remove", "off");
      };
      const [{ code, stderr }] = await Promise.all([removed, remove()]);
      assert.equal(code, 1);
      assert.match(stderr, /^proctor: (?:off: it was removed: it was removed|there is no process "off")\n$/);
      const kinds = (await one.ctl("events", "again", "--type", "signalled", "--json")).stdout.toString()
        .trim();
      assert.match(JSON.parse(kinds.split("\n")[0]).reason, /^SIGKILL to its main process, by hand$/);
      const broken = await until("running", "broken");
      assert.equal(broken.code, 1);
      assert.match(broken.stderr, /^proctor: broken: it has failed: [^\n]+\n$/);
    }));

  test("tell of themselves on one screen, and of their latest sample in words", {
    ...TIMEOUT,
    skip: noTerminals,
  }, () =>
    withSupervised(async (one) => {
      const profile = {
        enabled: true,
        interval: "100ms",
        collect_cpu: true,
        collect_memory: true,
        collect_threads: true,
        collect_disk_io: false,
      };
      one.configure([
        shellProcess("db", "sleep 1000"),
        { ...restarted("web", "echo a; sleep 1000"), depends_on: ["db"], monitoring_profile: profile },
      ]);
      await one.start();
      await one.ctl("wait", "web", "--for", "running");
      for (let times = 0; times < 4; times++) await one.ctl("restart", "web");
      const words = [BINARY, "ctl", "--state-dir", one.state, "describe", "web"];
      const { transcript } = await onTerminal(words, [["expect", "in --json"]]);
      const lines = transcript.trimEnd().split("\r\n");
      assert.ok(lines.length <= 23, `${lines.length} lines\n${transcript}`);
      for (const line of lines) assert.ok([...line].length <= 80, line);
      for (
        const line of [
          /^state +running/,
          /^restarts +4$/,
          /^uses +(CPU .*, )?memory .*, \d process/,
          /^depends on +db$/,
          /^command +\/bin\/sh -c echo a; sleep 1000$/,
          /^latest events$/,
          /starting → running \(pid \d+\)$/,
        ]
      ) assert.ok(lines.some((one) => line.test(one)), `${line}\n${transcript}`);
      const described = JSON.parse((await one.ctl("describe", "web", "--json")).stdout.toString());
      assert.ok(described.definition.management, "the whole definition");
      let sampled = await one.ctl("metrics", "web");
      while (sampled.code !== 0) sampled = await one.ctl("metrics", "web");
      const text = sampled.stdout.toString();
      for (const line of [/^id +web$/m, /^CPU +\S+%$/m, /^memory +\S+ [KM]iB$/m, /^threads +\d+$/m]) {
        assert.match(text, line);
      }
      assert.ok(!/disk/.test(text), "what is not collected is not told");
      assert.equal((await one.ctl("metrics", "none")).stderr, 'proctor: there is no process "none"\n');
    }));
});
