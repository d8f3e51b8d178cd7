/* What a look at a busy tree asks the kernel for, and that nothing is lost by asking for less. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Raw } from "../../core/measure/raw.ts";
import { countClocks } from "../support/count_clocks.ts";
import { fixture } from "../support/fixture.ts";
import { ALL, makeGroup, startIn } from "../support/group.ts";
import type { Running } from "../support/group.ts";
import { noCgroup, processState } from "../support/linux.ts";
import { start } from "../support/live.ts";

const LAGGING = { ...ALL, mayLag: true };
const MEMBERS = 100;
/** By then no member is young any more. */
const OLD_MS = 1_100;

/** The reading system calls of this process so far (`syscr`, proc_pid_io(5)). */
const reads = () => Number(/^syscr: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

async function busy(wanted: typeof LAGGING, look: (running: Running) => Promise<void>): Promise<void> {
  const group = await makeGroup("cgroup", wanted);
  try {
    using running = startIn(group, [fixture("busy_processes"), `${MEMBERS}`, "30", "0.0001", "0.02"]);
    await running.until(() => group.members.length === MEMBERS + 1);
    await running.until(() => running.output().length > 0);
    await running.sleep(OLD_MS);
    await look(running);
    group.kill();
    await running.until(() => group.members.length === 0);
  } finally {
    group.release();
  }
}

/** The median of what looks read that are a tenth of a second apart by the clock they are given. */
async function readsPerLook({ group, sleep }: Running): Promise<number> {
  const counts: number[] = [];
  let now = performance.now();
  for (let tick = 0; tick < 15; tick++) {
    await sleep(100);
    const before = reads();
    group.refresh(now += 100);
    counts.push(reads() - before);
  }
  // Where accounts were lost counters are of the moment: then this test says nothing.
  assert.deepEqual(
    [group.lostCount, group.mayHaveLost, group.hadLeavers],
    [0, false, false],
    counts.join(" "),
  );
  return counts.sort((a, b) => a - b)[7];
}

describe("a hundred busy members", () => {
  test("cost one read each where counters may lag, and more where they may not", {
    skip: noCgroup,
    timeout: 120_000,
  }, async () => {
    let [lagging, whole] = [NaN, NaN];
    await busy(LAGGING, async (running) => void (lagging = await readsPerLook(running)));
    await busy({ ...LAGGING, mayLag: false }, async (running) => void (whole = await readsPerLook(running)));
    // The look itself, and who is new, cost a few.
    assert.ok(lagging <= MEMBERS + 40, `${lagging} reads`);
    assert.ok(whole >= 1.8 * MEMBERS, `${whole} reads where counters are of the moment`);
  });

  test("are known by their counters of a second ago, and no older", {
    skip: noCgroup,
    timeout: 120_000,
  }, async () => {
    await busy(LAGGING, async ({ group, sleep }) => {
      let laggingLooks = 0;
      let now = performance.now();
      const seenAt = new Map(group.members.map(({ pid }) => [pid, now]));
      for (let tick = 0; tick < 25; tick++) {
        await sleep(50);
        group.refresh(now += 100);
        for (const { pid, lags } of group.members) {
          if (lags) laggingLooks++;
          else seenAt.set(pid, now);
          assert.ok(now - seenAt.get(pid)! <= 1_000, `${pid} lags for ${now - seenAt.get(pid)!} ms`);
        }
      }
      assert.ok(laggingLooks > 5 * MEMBERS, `only ${laggingLooks} looks were brief ones`);
    });
  });

  test(
    "tell a zombie among them in the look after its end",
    { skip: noCgroup, timeout: 120_000 },
    async () => {
      await busy(LAGGING, async ({ group, sleep, pid: root }) => {
        // So that it is not waited for. Until the signal has been heeded, it may be.
        process.kill(root, "SIGSTOP");
        while (processState(root) !== "T") await sleep(5);
        const victim = group.members.find(({ pid }) => pid !== root)!;
        for (let tick = 0; tick < 3; tick++) {
          await sleep(30);
          group.refresh(performance.now());
        }
        process.kill(victim.pid, "SIGKILL");
        while (processState(victim.pid) !== "Z") await sleep(5);
        group.refresh(performance.now());
        assert.equal(victim.isZombie, true);
        assert.equal(victim.row[Raw.memoryBytes], 0);
        process.kill(root, "SIGCONT");
      });
    },
  );
});

/** Forks and waits, over and over, for so many seconds; says before how many it has forked. */
const FORKER = `use Time::HiRes "time"; my $end = time + shift; $| = 1; print "{}\\n";
  while (time < $end) { my $p = fork; exit 0 unless defined $p && $p; waitpid $p, 0 }`;

for (const rung of ["cgroup", "subreaper"] as const) {
  test(`other programs that fork cost no look at each of their processes (${rung})`, {
    skip: rung === "cgroup" && noCgroup,
    timeout: 120_000,
  }, async () => {
    const lastPid = () => Number(readFileSync("/proc/loadavg", "utf8").trim().split(" ").at(-1));
    // The forker is a child of ours, too, and none of the tree.
    const group = await makeGroup(rung, LAGGING, false);
    try {
      using running = startIn(group, ["perl", "-e", "alarm 60; 1 while 1"]);
      await running.until(() => group.members.length === 1);
      await using forker = await start("perl", ["-e", FORKER, "100"]);
      assert.ok(forker.pid > 0);
      let looks = 0;
      for (let tick = 0; tick < 40 && looks < 5; tick++) {
        group.refresh(performance.now());
        const before = lastPid();
        while (lastPid() - before < 100 && lastPid() >= before) await running.sleep(2);
        // Where PIDs have wrapped around, or all are looked for, another look tells.
        if (lastPid() < before || lastPid() - before > 4_000) continue;
        const [, count] = countClocks(() => group.refresh(performance.now()));
        // Ours, and on the rung without a list each living newborn is asked whose it is.
        if (count <= 40) looks++;
      }
      assert.ok(looks >= 5, `only ${looks} looks asked for less than 40 clocks`);
      process.kill(running.pid, "SIGKILL");
      await running.until(() => group.members.length === 0);
    } finally {
      group.release();
    }
  });
}
