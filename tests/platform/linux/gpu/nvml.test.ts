/* NVML against a library that we have compiled, by programs of their own: it is loaded once in a process. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { FakeNvml, noFakeNvml } from "../../../support/fake_nvml.ts";
import { runtimeCommand } from "../../../support/linux.ts";

const CASE = { skip: noFakeNvml, timeout: 120_000 };
const GIB = 2 ** 30;

interface Asked {
  state: string | null;
  obstacle: string | null;
  deviceCount: number;
  seen: number;
  last: {
    pid: number;
    device: { id: string; name: string };
    percent: number | null;
    memoryBytes: number | null;
  }[];
  longestMs: number;
  hasWaited: boolean;
  unanswered: boolean;
}

function ask(env: Record<string, string>, answers = 1, mostMs = 20_000): Asked {
  const [command, ...args] = runtimeCommand("ask_nvml.ts");
  const { stdout, stderr, status } = spawnSync(command, [...args, `${answers}`, `${mostMs}`], {
    env,
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** `pid: percent memory` of each, in order. */
function told({ last }: Asked): string[] {
  return last.map(({ pid, percent, memoryBytes }) => `${pid}: ${percent} ${memoryBytes}`).sort();
}

describe("NVML tells", () => {
  test("memory and use of each process on each device", CASE, () => {
    using fake = new FakeNvml([
      `device ${16 * GIB}`,
      `process 10 ${GIB} compute`,
      `process 11 ${2 * GIB} graphics`,
      "busy 10 40",
      `device ${8 * GIB}`,
      `process 10 ${3 * GIB} compute`,
      "busy 10 7",
    ]);
    const asked = ask(fake.env);
    assert.deepEqual([asked.state, asked.obstacle, asked.deviceCount], ["ready", null, 2]);
    assert.deepEqual(
      asked.last.map((
        { pid, device, percent, memoryBytes },
      ) => [pid, device.id, device.name, percent, memoryBytes]),
      [
        [10, "GPU-fake-0", "Fake GPU 0", 40, GIB],
        [11, "GPU-fake-0", "Fake GPU 0", 0, 2 * GIB],
        [10, "GPU-fake-1", "Fake GPU 1", 7, 3 * GIB],
      ],
    );
  });

  test("of who computes and draws once, of parts of a device all", CASE, () => {
    using fake = new FakeNvml([
      `device ${16 * GIB}`,
      `process 10 ${GIB} compute`,
      `process 10 ${GIB} graphics`,
      `process 11 ${GIB} compute 1`,
      `process 11 ${2 * GIB} compute 2`,
    ]);
    assert.deepEqual(told(ask(fake.env)), [`10: 0 ${GIB}`, `11: 0 ${3 * GIB}`]);
  });

  test("nothing where it leaves rubbish: more than the device has, all ones, 4000 %, PID 0", CASE, () => {
    using fake = new FakeNvml([
      `device ${GIB}`,
      "process 10 18446744073709551615 compute",
      `process 11 ${2 * GIB} compute`,
      "process 0 4096 compute",
      "process 12 4096 compute",
      "busy 10 4000",
      "busy 12 101",
      "busy 0 50",
    ]);
    assert.deepEqual(told(ask(fake.env)), ["10: 0 null", "11: 0 null", "12: 0 4096"]);
  });

  test("more processes than there was room for, at the next answer", CASE, () => {
    const pids = Array.from({ length: 400 }, (_, index) => 100 + index);
    using fake = new FakeNvml([
      `device ${GIB}`,
      ...pids.map((pid) => `process ${pid} 4096 compute`),
      ...pids.map((pid) => `busy ${pid} 1`),
    ]);
    assert.deepEqual(told(ask(fake.env, 2)), pids.map((pid) => `${pid}: 1 4096`).sort());
  });

  test("the use by its newer function, where the older says that it does not", CASE, () => {
    using fake = new FakeNvml([`device ${GIB}`, "utilization 3", "process 10 4096 compute", "busy 10 60"]);
    assert.deepEqual(told(ask(fake.env, 2)), ["10: 60 4096"]);
  });

  test("no use where it has neither, and memory all the same", CASE, () => {
    const lines = [`device ${GIB}`, "utilization 3", "process 10 4096 compute", "busy 10 60"];
    using fake = new FakeNvml(lines, "WITHOUT_INFOS");
    assert.deepEqual(told(ask(fake.env, 2)), ["10: null 4096"]);
  });

  test("the same by entries of its first version", CASE, () => {
    const lines = [`device ${GIB}`, "process 10 4096 compute", "process 11 8192 compute", "busy 11 3"];
    using fake = new FakeNvml(lines, "OLD_ENTRIES", "WITHOUT_INFOS");
    assert.deepEqual(told(ask(fake.env)), ["10: 0 4096", "11: 3 8192"]);
  });
});

describe("this thread goes on", () => {
  test("while NVML takes its time to start", CASE, () => {
    using fake = new FakeNvml(["init 0 1500", `device ${GIB}`, "process 10 4096 compute"]);
    const { seen, longestMs } = ask(fake.env);
    assert.equal(seen, 1);
    assert.ok(longestMs < 750, `${longestMs} ms`);
  });

  test("while a driver does not answer, and what it said before is told no longer", CASE, () => {
    using fake = new FakeNvml(["ask 60000", `device ${GIB}`, "process 10 4096 compute"]);
    const { seen, longestMs, hasWaited, unanswered } = ask(fake.env, 1, 5_000);
    assert.deepEqual([seen, hasWaited, unanswered], [0, true, true]);
    assert.ok(longestMs < 2_500, `${longestMs} ms`);
  });
});

describe("there is no NVML", () => {
  test("where its driver is not loaded", CASE, () => {
    using fake = new FakeNvml(["init 9 0"]);
    const { state, obstacle } = ask(fake.env);
    assert.deepEqual([state, obstacle], ["failed", "NVML: the driver is not loaded"]);
  });

  test("where it has no device", CASE, () => {
    using fake = new FakeNvml(["init 0 0"]);
    assert.deepEqual(ask(fake.env).obstacle, "NVML: no GPU answers");
  });

  test("where there is no library", CASE, () => {
    using fake = new FakeNvml([]);
    const { state, obstacle } = ask({ ...fake.env, LD_LIBRARY_PATH: "" });
    assert.deepEqual([state, obstacle], ["absent", "there is no libnvidia-ml.so.1"]);
  });
});
