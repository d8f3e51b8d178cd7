/* proctor watch end to end: what it tells of processes that others have started. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { profileMetrics, profiles } from "../../../core/measure/profile.ts";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import type { TaskMessage } from "../../../core/schema/task_message.ts";
import { fixture } from "../../support/fixture.ts";
import { asNobody, NOBODY_ENV, noOtherUser } from "../../support/linux.ts";
import { startFixture } from "../../support/live.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, start, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";

const FAST = ["--interval", "100ms", "--discover-interval", "100ms"];
let count = 0;
const uniqueName = () => `cli-${process.pid % 10_000}-${count++}`;

const parse = (line: string): TaskMessage => taskMessageSchema.strict().parse(JSON.parse(line));

/** The first message that a test accepts, as soon as it is there. */
async function message(agent: Running, accepts: (message: TaskMessage) => boolean): Promise<TaskMessage> {
  return parse(await agent.line((line) => accepts(parse(line))));
}

async function until(holds: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, `not within 30 s: ${what()}`);
    await sleep(10);
  }
}

describe("proctor watch", () => {
  test("follows a name: a task for each process, to its end", { timeout: 120_000 }, async () => {
    const name = uniqueName();
    await using one = await startFixture("odd_name", name);
    const agent = start(["watch", "--name", name, ...FAST]);
    const id = (pid: number) => `${name}-${pid}`;
    const first = await message(agent, ({ task_id }) => task_id === id(one.pid));
    assert.equal(first.process!.target, name);
    assert.ok(first.metrics.memory_bytes! > 1e5);
    await using two = await startFixture("odd_name", name);
    await message(agent, ({ task_id }) => task_id === id(two.pid));
    await one.release();
    const last = await message(agent, ({ task_id, state }) => task_id === id(one.pid) && state !== "running");
    assert.equal(last.state, "ended");
    agent.kill("SIGTERM");
    const { code, stdout, stderr } = await agent.ended;
    assert.equal(code, 0);
    const messages = stdout.toString().trimEnd().split("\n").map(parse);
    assert.equal(messages.findLast(({ task_id }) => task_id === id(two.pid))!.state, "stopped");
    assert.equal(
      messages.filter(({ state }) => state !== "running").length,
      2,
      "a last message of each, once",
    );
    assert.match(stderr, new RegExp(`proctor: ${id(two.pid)}: watching process ${two.pid}`));
  });

  for (
    const [flag, value, target] of [["--name", "sleeep", "sleeep"], ["--pid-file", "nofile.pid", "nofile"]]
  ) {
    test(`says that it waits for ${flag} ${value}`, { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const agent = start(["watch", flag, value, ...FAST], { cwd: directory });
        await until(() => agent.stderr.includes("\n"), () => agent.stderr);
        agent.kill("SIGINT");
        const { code, stderr } = await agent.ended;
        const line = `proctor: ${target}: no process matches at the moment; it is waited for\n`;
        assert.deepEqual([code, stderr], [0, line]);
      });
    });
  }

  test("follows a PID file over a restart, under one name", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/service.pid`;
      await using one = await startFixture("odd_name", "service-1");
      writeFileSync(file, `${one.pid}\n`);
      const agent = start(["watch", "--pid-file", file, ...FAST, "--quiet"]);
      await message(agent, ({ task_id }) => task_id === "service");
      await one.release();
      await message(agent, ({ state }) => state === "ended");
      await using two = await startFixture("odd_name", "service-2");
      writeFileSync(file, `${two.pid}\n`);
      const next = await message(agent, ({ process }) => process!.pid === two.pid);
      assert.deepEqual([next.task_id, next.process!.restart_count], ["service", 1]);
      assert.equal(next.aggregated.sample_count, 1);
      agent.kill("SIGINT");
      const { code, stderr } = await agent.ended;
      assert.deepEqual([code, stderr], [0, ""]);
    });
  });

  test("ends by itself when the process is the only one meant", { timeout: 120_000 }, async () => {
    const burning = startProgram([fixture("burn_cpu"), "2"]);
    const agent = await proctor(["watch", "--pid", String(burning.pid), ...FAST]);
    assert.equal(agent.code, 0, agent.stderr);
    const messages = agent.stdout.toString().trimEnd().split("\n").map(parse);
    assert.equal(messages.at(-1)!.state, "ended");
    assert.ok(messages.at(-1)!.metrics.cpu_seconds! > 0.1);
    await burning.ended;
  });

  test("shows with --check what would be watched, and watches nothing", { timeout: 120_000 }, async () => {
    const name = uniqueName();
    await using live = await startFixture("odd_name", name);
    await withDirectory(async (directory) => {
      const config = `${directory}/watch.yaml`;
      writeFileSync(
        config,
        `mqtt: mqtt://localhost:1\ndomain: d\nchannel: c\ntargets:\n  - name: ${name}\n    profile: intensive\n` +
          "  - id: other\n    name: nobody-is-called-so\n",
      );
      const { code, stdout, stderr } = await proctor(["watch", "--config", config, "--check"]);
      assert.deepEqual([code, stderr], [0, ""]);
      const text = stdout.toString();
      assert.match(text, new RegExp(`^${name} +intensive +1s +each +${name}-${live.pid} +${live.pid} `, "m"));
      assert.match(text, /^other +standard +10s +each +- +- +none at the moment$/m);
      assert.match(text, /Messages go to mqtt:\/\/localhost:1\./);
    });
  });

  test("reads its file anew on SIGHUP; a faulty one changes nothing", { timeout: 120_000 }, async () => {
    const [a, b] = [uniqueName(), uniqueName()];
    await using one = await startFixture("odd_name", a);
    await using two = await startFixture("odd_name", b);
    await withDirectory(async (directory) => {
      const config = `${directory}/watch.yaml`;
      const write = (...targets: string[]) =>
        writeFileSync(config, `interval: 100ms\ndiscover_interval: 100ms\ntargets:\n${targets.join("")}`);
      write(`  - name: ${a}\n`);
      const agent = start(["watch", "--config", config]);
      await message(agent, ({ process }) => process!.pid === one.pid);
      write(`  - name: ${a}\n    pott: 80\n`);
      agent.kill("SIGHUP");
      await until(() => agent.stderr.includes("everything goes on as before"), () => agent.stderr);
      assert.match(
        agent.stderr,
        /watch\.yaml:5:5: targets\.0\.pott: there is no such key; did you mean "port"\?/,
      );
      write(`  - name: ${a}\n`, `  - name: ${b}\n`);
      agent.kill("SIGHUP");
      await message(agent, ({ process }) => process!.pid === two.pid);
      write(`  - name: ${b}\n`);
      agent.kill("SIGHUP");
      await message(agent, ({ process, state }) => process!.pid === one.pid && state === "stopped");
      agent.kill("SIGTERM");
      const { code, stdout } = await agent.ended;
      assert.equal(code, 0);
      const messages = stdout.toString().trimEnd().split("\n").map(parse);
      const ends = messages.filter(({ state }) => state !== "running").map(({ process }) => process!.pid);
      assert.deepEqual(ends, [one.pid, two.pid], "each ended once: what has not changed went on");
      const counts = messages.filter(({ process }) => process!.pid === one.pid)
        .map(({ aggregated }) => aggregated.sample_count);
      assert.deepEqual(counts, counts.map((_, index) => index + 1), "without a gap");
    });
  });

  test("adds its records to a file that begins anew", { timeout: 120_000 }, async () => {
    const name = uniqueName();
    await using _live = await startFixture("odd_name", name);
    await withDirectory(async (directory) => {
      const file = `${directory}/tasks.jsonl`;
      const command = [
        "watch",
        "--name",
        name,
        "--interval",
        "20ms",
        "--records",
        file,
        "--records-max-size",
        "20K",
      ];
      for (let times = 0; times < 2; times++) {
        const agent = start([...command, "--records-keep", "50"]);
        await until(() => readdirSync(directory).length > 2 + 2 * times, () => agent.stderr);
        agent.kill("SIGTERM");
        assert.equal((await agent.ended).code, 0);
      }
      const files = readdirSync(directory).toSorted((x, y) =>
        Number(y.split(".")[2] ?? 0) - Number(x.split(".")[2] ?? 0)
      );
      const messages = files.flatMap((each) =>
        readFileSync(`${directory}/${each}`, "utf8").trimEnd().split("\n").map(parse)
      );
      const counts = messages.map(({ aggregated }) => aggregated.sample_count);
      const again = counts.lastIndexOf(1);
      assert.deepEqual(counts.slice(0, again), Array.from({ length: again }, (_, index) => index + 1));
      assert.deepEqual(
        counts.slice(again),
        Array.from({ length: counts.length - again }, (_, index) => index + 1),
      );
      assert.equal(messages.filter(({ state }) => state === "stopped").length, 2);
    });
  });

  test("says what exports nothing, and goes on", { timeout: 120_000 }, async () => {
    const agent = start(["watch", "--name", uniqueName(), "--profile", "minimal"]);
    await until(() => agent.stderr.includes("exports nothing"), () => agent.stderr);
    agent.kill("SIGTERM");
    const { code, stdout } = await agent.ended;
    assert.deepEqual([code, stdout.toString()], [0, ""]);
  });

  test("tells each profile's metrics and no others", { timeout: 120_000 }, async () => {
    const name = uniqueName();
    await using live = await startFixture("odd_name", name);
    await withDirectory(async (directory) => {
      const config = `${directory}/watch.yaml`;
      const told = Object.entries(profiles).filter(([, { enabled, export_to_mqtt }]) =>
        enabled && export_to_mqtt
      );
      assert.equal(told.length, 6);
      const silent = Object.keys(profiles).filter((profile) => !told.some(([one]) => one === profile));
      writeFileSync(
        config,
        "interval: 1h\ntargets:\n" +
          Object.keys(profiles).map((profile) =>
            `  - {id: ${profile}, name: ${name}, profile: ${profile}, interval: 1h}\n`
          ).join(""),
      );
      const agent = start(["watch", "--config", config]);
      await until(
        () => told.every(([profile]) => agent.stderr.includes(`${profile}-${live.pid}: watching`)),
        () => agent.stderr,
      );
      agent.kill("SIGTERM");
      const messages = (await agent.ended).stdout.toString().trimEnd().split("\n").map(parse);
      assert.deepEqual(
        messages.map(({ process }) => process!.target).toSorted(),
        told.map(([one]) => one).toSorted(),
      );
      for (const { process, metrics } of messages) {
        const expected = profileMetrics(profiles[process!.target as keyof typeof profiles]);
        assert.deepEqual(
          Object.keys(metrics).toSorted(),
          [...expected, "timestamp", "uptime_seconds", "process_count"].toSorted(),
          process!.target,
        );
      }
      assert.deepEqual(silent.toSorted(), ["disabled", "minimal"]);
    });
  });

  test(
    "says what another user's process keeps to itself",
    { skip: noOtherUser, timeout: 120_000 },
    async () => {
      const name = uniqueName();
      await using live = await startFixture("odd_name", name);
      const agent = startProgram(asNobody([BINARY, "watch", "--name", name, ...FAST]), {
        env: NOBODY_ENV,
        cwd: "/",
      });
      const { metrics } = await message(agent, () => true);
      assert.deepEqual([metrics.disk_read_bytes, metrics.io_read_bytes], [null, null]);
      assert.ok(metrics.memory_bytes! > 1e5);
      await until(() => agent.stderr.includes("may not be read"), () => agent.stderr);
      agent.kill("SIGTERM");
      const { code, stderr } = await agent.ended;
      assert.equal(code, 0);
      const line = `proctor: ${name}: disk and I/O of process ${live.pid} may not be read; that takes root`;
      assert.equal(stderr.split("\n").filter((one) => one.startsWith(line)).length, 1, stderr);
    },
  );

  test("leaves nothing behind when it is killed", { timeout: 120_000 }, async () => {
    const name = uniqueName();
    await using live = await startFixture("odd_name", name);
    await withDirectory(async (directory) => {
      mkdirSync(`${directory}/own`);
      const agent = start(["watch", "--name", name, ...FAST], { cwd: `${directory}/own` });
      await message(agent, () => true);
      agent.kill("SIGKILL");
      await agent.ended;
      assert.deepEqual(readdirSync(`${directory}/own`), []);
      assert.ok(existsSync(`/proc/${live.pid}`), "its targets go on");
      rmSync(`${directory}/own`, { recursive: true });
    });
  });
});
