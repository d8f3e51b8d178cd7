import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import type { SelfCost } from "../../commands/doctor/self_cost.ts";
import { eventually } from "../support/eventually.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import type { Usage } from "../support/fixture.ts";
import { BINARY, runProgram, startProgram } from "./support/proctor.ts";
import { SOURCE } from "./support/runtimes.ts";

/** The kernel counts resident pages by processor and adds them up now and then: two readings differ by so much. */
const COUNTING_SLACK_BYTES = 1_048_576;
const WAYS = [{ title: "the binary", command: [BINARY] }, SOURCE];

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const threadsOf = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  } catch {
    return [];
  }
};

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((one) => one.isDirectory()).map(({ name }) =>
      name
    );
  } catch {
    return [];
  }
}

const childrenOf = (pid: number): number[] =>
  threadsOf(pid).flatMap((path) => read(`${path}/children`).split(" ")).filter(Boolean).map(Number);

const descendantsOf = (pid: number): number[] =>
  childrenOf(pid).flatMap((one) => [one, ...descendantsOf(one)]);

/** The children that watch for as long as their input is open. */
const watchers = (pid: number): number[] =>
  childrenOf(pid).filter((one) => read(`/proc/${one}/cmdline`).includes("\0json\0"));

/** A figure of CPU is told in milliseconds. */
const ROUNDING_SECONDS = 0.0005;

/** What the kernel says of a process at a moment. */
interface Seen {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly switches: number;
  readonly memoryBytes: number;
  readonly peakBytes: number;
}

function see(pid: number): Seen | undefined {
  const status = read(`/proc/${pid}/status`);
  const field = (text: string, name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1]);
  const threads = threadsOf(pid);
  const sum = (of: (path: string) => number) => threads.reduce((total, path) => total + of(path), 0);
  const seen = {
    ms: performance.now(),
    cpuSeconds: sum((path) => Number(read(`${path}/schedstat`).split(" ")[0])) / 1e9,
    switches: sum((path) => field(read(`${path}/status`), "voluntary_ctxt_switches")),
    memoryBytes: field(status, "VmRSS") * 1_024,
    peakBytes: field(status, "VmHWM") * 1_024,
  };
  return Object.values(seen).some(Number.isNaN) ? undefined : seen;
}

const isAlive = (pid: number) =>
  !/^State:\s+Z/m.test(read(`/proc/${pid}/status`)) && existsSync(`/proc/${pid}`);

/** The cgroups of runs below a directory; those of others come and go meanwhile. */
function cgroupsOf(pids: readonly number[], directory = "/sys/fs/cgroup"): string[] {
  const named = new RegExp(`^proctor-(${pids.join("|")})-`);
  return directoriesIn(directory).flatMap((name) => {
    const path = `${directory}/${name}`;
    return named.test(name) ? [path] : cgroupsOf(pids, path);
  });
}

describe("proctor doctor --self", () => {
  for (const { title, command } of WAYS) {
    test(`says of its runs what the kernel says of them (${title})`, { timeout: 90_000 }, async () => {
      const doctor = startProgram([...command, "doctor", "--self", "--json"]);
      const seen = new Map<number, Seen[]>();
      let isRunning = true;
      const ended = doctor.ended.finally(() => isRunning = false);
      await eventually(() => {
        for (const pid of watchers(doctor.pid)) {
          const one = see(pid);
          if (one) seen.set(pid, [...seen.get(pid) ?? [], one]);
        }
        return !isRunning;
      }, 80_000);
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      const cost = JSON.parse(stdout.toString()) as SelfCost;
      assert.deepEqual(cost.watching.map(({ interval }) => interval), ["default", "100ms", "1s"]);
      assert.equal(cost.starts.length, 5);
      const delays = cost.starts.map((one) => one.with_proctor_ms - one.without_proctor_ms).sort((a, b) =>
        a - b
      );
      assertNear(cost.start_delay_ms, delays[2], 0, 0.002, "the median of delays");
      assert.ok(cost.start_delay_ms > 1 && cost.start_delay_ms < 10_000, `${cost.start_delay_ms} ms`);
      for (const one of cost.watching) {
        const looks = seen.get(one.pid)!;
        // Its CPU tells which looks were within the span, however seldom there was time for one: neither at its start,
        // nor at its end.
        const untilThen = one.cpu_seconds_before! + one.cpu_seconds!;
        const within = looks.filter(({ cpuSeconds }) =>
          cpuSeconds >= one.cpu_seconds_before! - ROUNDING_SECONDS &&
          cpuSeconds <= untilThen + ROUNDING_SECONDS
        );
        const [first, last] = [within[0], within.at(-1)!];
        const passed = (last.ms - first.ms) / 1_000;
        assert.ok(passed > 0.5, `${within.length} looks in ${passed} s`);
        assertNear(one.measured_seconds, 2, 0.5, 0.01, "the span");
        assertNear(one.cpu_percent!, 100 * one.cpu_seconds! / one.measured_seconds, 0, 0.001, "percent");
        assertNear(untilThen, last.cpuSeconds, 0.1, 0.03, "CPU");
        const percent = 100 * (last.cpuSeconds - first.cpuSeconds) / passed;
        assertNear(one.cpu_percent!, percent, 0.5, 0.5, "CPU of the span");
        const rate = (last.switches - first.switches) / passed;
        assertNear(one.wake_ups_per_second!, rate, 0.4, 3, "wake-ups");
        // Its end needs more again.
        const memory = looks.map(({ memoryBytes }) => memoryBytes);
        const isSeen = memory.some((bytes) => Math.abs(bytes - one.memory_bytes!) <= COUNTING_SLACK_BYTES);
        assert.ok(isSeen, `${one.memory_bytes}, seen were ${memory}`);
        assertNear(one.peak_memory_bytes!, last.peakBytes, 0, COUNTING_SLACK_BYTES, "peak");
        const { monitor, sample_count, wall_seconds } = one.summary;
        assert.ok(monitor.cpu_seconds >= untilThen, `${monitor.cpu_seconds}, before the end ${untilThen}`);
        assert.ok(monitor.tick_count! >= sample_count && monitor.wake_up_count! >= monitor.tick_count!);
        assert.ok(wall_seconds >= 3.5, `${wall_seconds}`);
      }
      const [, often, seldom] = cost.watching;
      assert.ok(often.summary.monitor.tick_count! > seldom.summary.monitor.tick_count!);
    });
  }

  test("the CPU of its runs is in what getrusage says of all", { timeout: 90_000 }, async () => {
    const { stdout, stderr, code } = await runProgram([
      fixture("usage_of"),
      BINARY,
      "doctor",
      "--self",
      "--json",
    ]);
    assert.equal(code, 0, stderr);
    const text = stdout.toString();
    const end = text.lastIndexOf("\n{");
    const cost = JSON.parse(text.slice(0, end)) as SelfCost;
    const truth = JSON.parse(text.slice(end)) as Usage;
    const own = cost.watching.reduce((sum, { summary }) => sum + summary.monitor.cpu_seconds, 0);
    assert.ok(own < truth.cpu_seconds, `${own} s of ${truth.cpu_seconds}`);
    // Twelve starts and doctor itself are the rest.
    assert.ok(own > truth.cpu_seconds / 20, `${own} s of ${truth.cpu_seconds}`);
    const peak = Math.max(...cost.watching.map(({ peak_memory_bytes }) => peak_memory_bytes!));
    assert.ok(peak <= truth.max_rss_bytes + 8 * 2 ** 20, `${peak} above ${truth.max_rss_bytes}`);
  });

  test("is a table for people, of 80 columns at most", { timeout: 90_000 }, async () => {
    // A setting of the user's own is not what is measured.
    const env = { PROCTOR_ENABLE_MONITORING: "false", PROCTOR_METRICS_INTERVAL: "nonsense" };
    const { stdout, stderr, code } = await runProgram([BINARY, "doctor", "--self"], { env });
    assert.equal(code, 0, stderr);
    const lines = stdout.toString().trimEnd().split("\n");
    for (const line of lines) assert.ok(line.length <= 80 && line === line.trimEnd(), line);
    assert.match(lines[0], /^proctor \S+ watches an idle process for \d\.\d s:$/);
    const row = (title: string, cell: string) => new RegExp(`^${title}(?: +${cell}){3}$`);
    const expected = [
      /^INTERVAL +default +100ms +1s$/,
      row("CPU of a core", "\\d+\\.\\d{3}%"),
      row("wake-ups a second", "(?:\\d+\\.\\d|–)"),
      row("resident memory", "[\\d.]+ MiB"),
      row("at its peak", "[\\d.]+ MiB"),
      row("CPU before, start included", "[\\d.]+m?s"),
      row("ticks of the whole run", "\\d+"),
      row("late", "\\d+"),
      row("missed", "\\d+"),
    ];
    expected.forEach((pattern, index) => assert.match(lines[index + 2], pattern));
    assert.match(lines[12], /^A command begins -?\d+\.\d ms later than without proctor \(median of 5\)\.$/);
  });

  for (const { title, command } of WAYS) {
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGKILL", null]] as const) {
      test(`${signal} ends it at once and leaves nothing (${title})`, { timeout: 90_000 }, async () => {
        const doctor = startProgram([...command, "doctor", "--self"]);
        const known = new Set<number>();
        // With all three and what they run.
        await eventually(() => {
          for (const pid of descendantsOf(doctor.pid)) known.add(pid);
          const running = watchers(doctor.pid);
          return running.length === 3 && running.every((pid) => descendantsOf(pid).length > 0);
        }, 60_000);
        for (const pid of descendantsOf(doctor.pid)) known.add(pid);
        const begun = performance.now();
        process.kill(doctor.pid, signal);
        const outcome = await doctor.ended;
        assert.ok(performance.now() - begun < 5_000, `${performance.now() - begun} ms`);
        assert.deepEqual([outcome.code, outcome.stdout.toString(), outcome.stderr], [code, "", ""]);
        const pids = [doctor.pid, ...known];
        const left = () => pids.filter(isAlive);
        // A run's guard ends after it; and what SIGKILL has left alone by itself, since its input has.
        await eventually(() => left().length === 0, 10_000, () => `${left()} are left`);
        await eventually(() => cgroupsOf(pids).length === 0, 10_000, () => cgroupsOf(pids).join());
      });
    }
  }

  test("says in one line what it lacks", { timeout: 120_000 }, async () => {
    const { stdout, stderr, code } = await runProgram([BINARY, "doctor", "--self"], {
      env: { PATH: "/nowhere" },
    });
    assert.deepEqual([code, stdout.toString()], [125, ""]);
    assert.match(stderr, /^proctor: doctor --self: .*sh.*\n$/);
  });
});
