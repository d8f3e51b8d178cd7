/* Counters on each CPU that is online: CPUs that come later are told. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { createContainer } from "../../../../platform/linux/cgroup/containment.ts";
import { CgroupRung, onlineCpus } from "../../../../platform/linux/perf/cgroup_rung.ts";
import { howToCount, whyNotCounted } from "../../../../platform/linux/perf/perf_refusal.ts";
import { parseCpuList } from "../../../../platform/linux/proc/cpu_list.ts";
import { withDirectory } from "../../../cli/support/directory.ts";
import { noCgroup } from "../../../support/linux.ts";
import { noPerf, perfDescriptors } from "../../../support/perf.ts";

const CASE = { skip: noCgroup || noPerf, timeout: 120_000 };
const REQUEST = {
  wanted: { counters: true, io: false, switches: false, fileDescriptors: false },
  marker: "PROCTOR_GROUP=test-of-cpus",
  soleParent: false,
  guarded: false,
};

/** What the rung does with the CPUs that it is told of, in turn; the last stay. */
function withOnline(lists: readonly number[][], use: (rung: CgroupRung) => void): void {
  const container = createContainer(REQUEST);
  try {
    let asked = 0;
    const rung = CgroupRung.open(container.directory!, () => lists[Math.min(asked++, lists.length - 1)]);
    assert.ok(typeof rung !== "number", `errno ${rung}`);
    try {
      use(rung);
    } finally {
      rung.close();
    }
  } finally {
    container.release();
  }
}

test("a CPU that comes online meanwhile is told, and stays told", CASE, () => {
  withOnline([[0], [0], [0, 5, 6], [0]], (rung) => {
    rung.read();
    assert.equal(rung.gap, null);
    rung.read();
    assert.equal(rung.gap, "CPU 5, 6 came online in the meantime, and is not counted");
    rung.read();
    assert.notEqual(rung.gap, null);
  });
});

test("a CPU that there is not refuses all of it, and nothing is left open", CASE, () => {
  const container = createContainer(REQUEST);
  try {
    const before = perfDescriptors(process.pid);
    assert.equal(CgroupRung.open(container.directory!, () => [0, 1_000_000]), 22); // EINVAL
    assert.equal(perfDescriptors(process.pid), before);
  } finally {
    container.release();
  }
});

test("what is no cgroup is refused, and nothing is left open", CASE, () => {
  const before = perfDescriptors(process.pid);
  assert.equal(CgroupRung.open("/tmp"), 9); // EBADF
  assert.equal(CgroupRung.open("/nowhere"), 2); // ENOENT
  assert.equal(perfDescriptors(process.pid), before);
});

test("CPUs are those of /sys/devices/system/cpu/online", async () => {
  assert.deepEqual(parseCpuList("0-3,8,10-11\n"), [0, 1, 2, 3, 8, 10, 11]);
  assert.equal(parseCpuList("3-0"), null);
  await withDirectory((sys) => {
    mkdirSync(join(sys, "devices/system/cpu"), { recursive: true });
    writeFileSync(join(sys, "devices/system/cpu/online"), "0,2-3\n");
    assert.deepEqual(onlineCpus(sys), [0, 2, 3]);
  });
});

test("a refusal names the setting, what it lets, and for whom", async () => {
  await withDirectory((proc) => {
    mkdirSync(join(proc, "sys/kernel"), { recursive: true });
    const refusal = (level: string, what: Parameters<typeof whyNotCounted>[1]) => {
      writeFileSync(join(proc, "sys/kernel/perf_event_paranoid"), `${level}\n`);
      return whyNotCounted(13, what, proc);
    };
    assert.match(
      refusal("1", "everybody"),
      /^kernel\.perf_event_paranoid is 1, .* CAP_PERFMON count more than/,
    );
    assert.match(refusal("2", "process"), /^kernel\.perf_event_paranoid is 2, .* user mode alone$/);
    for (const what of ["everybody", "process", "user_mode"] as const) {
      assert.match(
        refusal("3", what),
        /^kernel\.perf_event_paranoid is 3, .* only root count anything$/,
      );
    }
    assert.match(howToCount(proc), /^run as root, or sysctl kernel\.perf_event_paranoid=1 /);
    refusal("2", "process");
    assert.match(howToCount(proc), /setcap cap_perfmon\+ep/);
  });
  assert.match(whyNotCounted(1, "process"), /seccomp/);
  assert.match(whyNotCounted(38, "process"), /no perf events/);
  assert.match(whyNotCounted(24, "everybody"), /ulimit -n/);
});
