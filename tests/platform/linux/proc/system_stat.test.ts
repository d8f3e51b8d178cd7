import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { linuxHost } from "../../../../platform/linux/machine/host_source.ts";
import {
  countCpuLines,
  parseBlocked,
  parseBootTimeMs,
  parseCoreTimes,
  parseCpuTimes,
} from "../../../../platform/linux/proc/system_stat.ts";
import { bytes } from "../../../support/captured.ts";
import { assertNear } from "../../../support/expect.ts";
import { hostFile } from "../../../support/hosts.ts";

const of = <T>(parse: (bytes: Uint8Array, length: number) => T, text: string) =>
  parse(bytes(text), bytes(text).length);

describe("/proc/stat", () => {
  test("of a small machine", () => {
    const stat = hostFile("vm_no_swap", "stat");
    const [user, nice, system, idle, iowait, irq, softirq, steal, guest, guestNice] = stat.split("\n")[0]
      .split(/\s+/).slice(1).map((ticks) => Number(ticks) / 100);
    assert.ok(user > 0 && idle > 0);
    assert.deepEqual(of(parseCpuTimes, stat), {
      user,
      nice,
      system,
      idle,
      iowait,
      irq,
      softirq,
      steal,
      guest,
      guestNice,
    });
    assert.equal(of(countCpuLines, stat), 2);
  });

  test("of 128 CPUs and a line of four thousand interrupts", () => {
    const stat = hostFile("storage_server", "stat");
    const times = of(parseCpuTimes, stat)!;
    // 128 CPUs of 1000000 + 10i ticks: 128 · 1000000 + 10 · (127 · 128 / 2).
    assert.equal(times.user, 1_280_812.8);
    assert.equal(times.guest, 8_960);
    assert.equal(of(countCpuLines, stat), 128);
    const cores = of(parseCoreTimes, stat)!;
    assert.equal(cores.length, 128);
    assert.deepEqual([cores[0].user, cores[127].user], [10_000, 10_012.7]);
    assert.equal(of(parseBootTimeMs, stat), 1_700_000_000_000);
    assert.equal(of(parseBlocked, stat), 5);
  });

  test("of a kernel that knows no guests, which has none", () => {
    const times = of(parseCpuTimes, "cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\n")!;
    assert.equal(times.steal, 0.08);
    assert.equal(times.guest, 0);
  });

  test("that is cut short or something else is nothing", () => {
    for (const text of ["", "cpu", "cpu  1 2 3\ncpu0 4 5 6 7 8 9\n", "intr 1 2 3 4 5 6 7 8 9\n"]) {
      assert.equal(of(parseCpuTimes, text), null, text);
      // No CPU has a line of its own, or it is cut short.
      assert.deepEqual(of(parseCoreTimes, text) ?? [], []);
      assert.equal(of(parseBootTimeMs, text), null);
      assert.equal(of(parseBlocked, text), null);
    }
  });

  test("fuzz: any bytes give times or null, and never NaN", () => {
    const anyText = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.constantFrom("cpu ", "cpu0", " 12", "\n", "-3", "btime 7", " ")).map((words) =>
        bytes(words.join(""))
      ),
    );
    fc.assert(fc.property(anyText, (text) => {
      const times = parseCpuTimes(text, text.length);
      if (times) { for (const value of Object.values(times)) assert.ok(!Number.isNaN(value)); }
      assert.ok(countCpuLines(text, text.length) >= 0);
    }));
  });

  test("property: what a line says is what is read, whatever is behind it", () => {
    const ticks = fc.integer({ min: 0, max: 2 ** 45 });
    const line = fc.array(ticks, { minLength: 8, maxLength: 12 });
    const rest = fc.constantFrom("", "\n", "\ncpu0 1 2", "\nintr 9");
    fc.assert(fc.property(line, rest, (numbers, end) => {
      const text = bytes(`cpu  ${numbers.join(" ")}${end}`);
      const times = parseCpuTimes(text, text.length);
      const expected = [...numbers, 0, 0].slice(0, 10).map((number) => number / 100);
      assert.deepEqual(times && Object.values(times), expected);
    }));
  });

  test("property: a line with fewer numbers than eight is none", () => {
    const line = fc.array(fc.nat(), { maxLength: 7 });
    fc.assert(fc.property(line, (numbers) => {
      assert.equal(of(parseCpuTimes, `cpu  ${numbers.join(" ")}\ncpu0 1 2 3 4 5 6 7 8 9`), null);
    }));
  });
});

const noPsutil = spawnSync("/usr/bin/python3", ["-c", "import psutil"]).status !== 0 &&
  "needs python3-psutil";

test("the times of this machine are those that another program sees", { skip: noPsutil }, () => {
  const print = "import psutil, json; print(json.dumps(psutil.cpu_times()._asdict()))";
  const before = linuxHost().cpuTimes()!;
  const psutil = JSON.parse(execFileSync("/usr/bin/python3", ["-c", print], { encoding: "utf8" }));
  const after = linuxHost().cpuTimes()!;
  for (const mode of ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"] as const) {
    // iowait may go backwards by a tick or two.
    assert.ok(before[mode]! - 0.05 <= psutil[mode] && psutil[mode] <= after[mode]! + 0.05, mode);
  }
  assertNear(after.user, psutil.user, 0.2, 1);
});
