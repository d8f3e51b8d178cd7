import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  forEachPid,
  parseCpuMax,
  parseCpuStat,
  parseIoStat,
  parseLimit,
  parseThrottling,
} from "../../../../platform/linux/cgroup/cgroup_files.ts";
import { bytes } from "../../../support/captured.ts";

function cpuStat(text: string) {
  const into = { cpuSeconds: -1, userSeconds: -1, systemSeconds: -1 };
  parseCpuStat(bytes(text), bytes(text).length, into);
  return into;
}

function pids(text: Uint8Array): number[] {
  const found: number[] = [];
  forEachPid(text, text.length, (pid) => found.push(pid));
  return found;
}

describe("what a quota came to", () => {
  const throttling = (text: string) => parseThrottling(bytes(text), bytes(text).length);

  test("is in microseconds in v2, and in nanoseconds in v1", () => {
    const v2 = "usage_usec 9\nnr_periods 6\nnr_throttled 5\nthrottled_usec 413059\nnr_bursts 0\n";
    assert.deepEqual(throttling(v2), { count: 5, seconds: 0.413059 });
    const v1 = "nr_periods 6\nnr_throttled 6\nthrottled_time 413059207\n";
    assert.deepEqual(throttling(v1), { count: 6, seconds: 0.413059207 });
  });

  test("is unknown without the controller, or where the file ends too soon", () => {
    for (const text of ["usage_usec 9\nuser_usec 4\nsystem_usec 5\n", "", "nr_thr", "throttled_usec "]) {
      assert.deepEqual(throttling(text), { count: NaN, seconds: NaN }, text);
    }
  });

  test("property: no text makes it fail", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      const { count, seconds } = throttling(`throttled_usec 7\n${text}`);
      assert.equal(seconds, 7e-6);
      assert.equal(typeof count, "number");
    }));
  });
});

describe("cpu.stat", () => {
  const seconds = { cpuSeconds: 435.857164, userSeconds: 241.768349, systemSeconds: 194.088815 };

  test("of a hierarchy without controllers", () => {
    const text = "usage_usec 435857164\nuser_usec 241768349\nsystem_usec 194088815\nnice_usec 12000\n";
    assert.deepEqual(cpuStat(text), seconds);
  });

  test("of a cgroup with the cpu controller", () => {
    const text =
      "usage_usec 435857164\nuser_usec 241768349\nsystem_usec 194088815\nnr_periods 3\nnr_throttled 1\n" +
      "throttled_usec 77\nnr_bursts 0\nburst_usec 0\n";
    assert.deepEqual(cpuStat(text), seconds);
  });

  test("that is empty or cut says nothing, rather than zero", () => {
    assert.deepEqual(cpuStat(""), { cpuSeconds: NaN, userSeconds: NaN, systemSeconds: NaN });
    const { cpuSeconds, systemSeconds } = cpuStat("usage_usec 1000000\n");
    assert.deepEqual([cpuSeconds, systemSeconds], [1, NaN]);
  });
});

describe("io.stat", () => {
  test("adds up the devices", () => {
    const text = "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n" +
      "8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n";
    assert.deepEqual(parseIoStat(text), { diskReadBytes: 91_889_664, diskWriteBytes: 613_781_504 });
  });

  test("that is empty means that nothing was read or written", () => {
    assert.deepEqual(parseIoStat(""), { diskReadBytes: 0, diskWriteBytes: 0 });
  });

  test("with a device that has nothing to say, as the kernel writes it", () => {
    assert.deepEqual(parseIoStat("254:0 \n8:0 rbytes=5 wbytes=6\n"), { diskReadBytes: 5, diskWriteBytes: 6 });
  });
});

describe("cgroup.procs", () => {
  test("one PID a line", () => {
    assert.deepEqual(pids(bytes("12\n7\n4194303\n")), [12, 7, 4_194_303]);
    assert.deepEqual(pids(bytes("")), []);
  });

  test("survives a visitor that parses other files meanwhile", () => {
    const seen: number[] = [];
    const text = bytes("12\n7\n13\n");
    forEachPid(text, text.length, (pid) => {
      seen.push(pid);
      pids(bytes("1 2 3"));
    });
    assert.deepEqual(seen, [12, 7, 13]);
  });

  test("property: every PID is visited", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 22 })), (list) => {
      assert.deepEqual(pids(bytes(list.map((pid) => `${pid}\n`).join(""))), list);
    }));
  });

  test("fuzz: any bytes come to an end", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (noise) => assert.ok(pids(noise).length <= noise.length),
      ),
    );
  });
});

test("cpu.max is a number of cores", () => {
  assert.equal(parseCpuMax("max 100000\n"), Infinity);
  assert.equal(parseCpuMax("max"), Infinity);
  assert.equal(parseCpuMax("150000 100000\n"), 1.5);
  assert.equal(parseCpuMax("50000\n"), 0.5);
});

test("a limit is bytes or none", () => {
  assert.equal(parseLimit("max\n"), Infinity);
  assert.equal(parseLimit("536870912\n"), 536_870_912);
  assert.equal(parseLimit("0\n"), 0);
});
