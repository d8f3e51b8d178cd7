/* A brief look tells CPU and memory, and still sees at once who has ended, is a zombie, or is another by now. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { Raw } from "../../../../core/measure/raw.ts";
import { Look } from "../../../../platform/contract/processes.ts";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { eventually } from "../../../support/eventually.ts";
import { assertNear } from "../../../support/expect.ts";
import { fixture } from "../../../support/fixture.ts";
import { NEXT_PID, noChosenPid, processState } from "../../../support/linux.ts";
import { start, startFixture } from "../../../support/live.ts";
import type { Live } from "../../../support/live.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const MB = 1_048_576;

/** For each line it gets, it takes so many megabytes more, has written as much, and says so. */
const STEPS = `use lib shift; use Fixture; my @held; $| = 1; print_json({}); open my $null, ">", "/dev/null";
  while (my $n = <STDIN>) { push @held, "x" x ($n * 1048576); syswrite $null, $held[-1]; print_json({}) }`;

/** Look until a look is a brief one: what that needs is opened by the first, and the process has to have run. */
async function lookBriefly(reader: LinuxProcessReader): Promise<void> {
  await eventually(() => reader.look(false, true) === Look.moved && reader.lags);
}

async function step(live: Live, megabytes: number): Promise<void> {
  live.process.stdin!.write(`${megabytes}\n`);
  await live.next();
}

test("CPU and memory are of now, faults and I/O of the last full look, until the next", {
  timeout: 120_000,
}, async () => {
  await using live = await start("perl", ["-e", STEPS, fixture("lib")]);
  const reader = LinuxProcessReader.open(live.pid, ALL)!;
  try {
    for (let round = 0; round < 3; round++) {
      await step(live, 1);
      reader.look(false, true);
    }
    assert.equal(reader.lags, true);
    assert.equal(reader.look(false), Look.moved);
    assert.equal(reader.lags, false);
    const before = reader.row.slice();
    await step(live, 32);
    assert.equal(reader.look(false, true), Look.moved);
    const brief = reader.row.slice();
    assert.equal(reader.lags, true);
    assert.ok(brief[Raw.cpuSeconds] > before[Raw.cpuSeconds]);
    assertNear(brief[Raw.memoryBytes] - before[Raw.memoryBytes], 32 * MB, 0.1, 2 * MB, "memory");
    assert.equal(brief[Raw.minorFaults], before[Raw.minorFaults]);
    assert.equal(brief[Raw.ioWriteBytes], before[Raw.ioWriteBytes]);
    // It waits for us and does not run: what is behind is read all the same, once.
    await eventually(() => processState(live.pid) === "S");
    reader.look(false);
    assert.equal(reader.lags, false);
    assertNear(reader.row[Raw.ioWriteBytes] - before[Raw.ioWriteBytes], 32 * MB, 0, 4_096, "written");
    assert.ok(reader.row[Raw.minorFaults] >= before[Raw.minorFaults] + 1_000, "faults");
    for (const briefly of [true, false]) assert.equal(reader.look(false, briefly), Look.unmoved);
  } finally {
    reader.close();
  }
});

test("whoever has become a zombie is one in the next look, and gone in the one after it was waited for", {
  timeout: 120_000,
}, async () => {
  // The child works until it is told to end; its parent waits for it when it is told to.
  const program =
    `$| = 1; my $p = fork; if (!$p) { alarm 50; 1 while 1 } print "$p\\n"; <STDIN>; waitpid $p, 0; print "0\\n"; <STDIN>`;
  await using live = await start("perl", ["-e", program]);
  const pid: number = live.ready;
  const reader = LinuxProcessReader.open(pid, ALL)!;
  try {
    await lookBriefly(reader);
    assert.equal(reader.isZombie, false);
    process.kill(pid, "SIGTERM");
    await eventually(() => processState(pid) === "Z");
    assert.equal(reader.look(false, true), Look.moved);
    assert.equal(reader.isZombie, true);
    assert.equal(reader.row[Raw.memoryBytes], 0);
    assert.equal(reader.lags, false);
    live.process.stdin!.write("\n");
    await live.next();
    assert.equal(reader.look(false, true), Look.gone);
  } finally {
    reader.close();
  }
});

test("another program is another name in the next look", { timeout: 120_000 }, async () => {
  const program =
    `$| = 1; print "{}\\n"; my $end; alarm 50; $SIG{USR1} = sub { $end = 1 }; 1 until $end; exec "sleep", "60"`;
  await using live = await start("perl", ["-e", program]);
  const reader = LinuxProcessReader.open(live.pid, ALL)!;
  try {
    await lookBriefly(reader);
    assert.equal(reader.name, "perl");
    process.kill(live.pid, "SIGUSR1");
    await eventually(() => readFileSync(`/proc/${live.pid}/comm`, "utf8") === "sleep\n");
    reader.look(false, true);
    assert.equal(reader.name, "sleep");
    assert.deepEqual(reader.args, ["sleep", "60"]);
  } finally {
    reader.close();
  }
});

/** A busy process with this very PID; others on the machine may be faster now and then. */
function startAs(pid: number): ChildProcess {
  for (let attempt = 0; attempt < 200; attempt++) {
    writeFileSync(NEXT_PID, String(pid - 1));
    const child = spawn("perl", ["-e", "alarm 50; 1 while 1"], { stdio: "ignore" });
    if (child.pid === pid) return child;
    child.kill("SIGKILL");
  }
  throw new Error(`PID ${pid} could not be had again`);
}

for (const hasLooked of [false, true]) {
  test(
    `a PID that was used again is nobody's in the next look, ${hasLooked ? "after" : "before"} a brief one`,
    { skip: noChosenPid, timeout: 120_000 },
    async () => {
      await using live = await start("perl", ["-e", STEPS, fixture("lib")]);
      const reader = LinuxProcessReader.open(live.pid, ALL)!;
      if (hasLooked) {
        for (let round = 0; round < 3; round++) {
          await step(live, 1);
          reader.look(false, true);
        }
        assert.equal(reader.lags, true);
      }
      await live.release();
      const stranger = startAs(live.pid);
      try {
        // It has used more CPU than the one before, so that the clock alone would not tell.
        const other = await eventually(() => {
          const fresh = LinuxProcessReader.open(live.pid, ALL);
          fresh?.close();
          return fresh !== null && fresh.cpuSeconds > reader.cpuSeconds && fresh;
        });
        assert.notEqual(other.birth, reader.birth);
        assert.equal(reader.look(false, true), Look.gone);
        assert.equal(reader.look(false, true), Look.gone);
      } finally {
        reader.close();
        stranger.kill("SIGKILL");
      }
    },
  );
}

test(
  "where no descriptor is left to keep it open, each look is a full one",
  { timeout: 120_000 },
  async () => {
    await using live = await startFixture("busy_processes", "1", "-", "0.001", "0.001");
    const [pid] = live.ready.pids;
    const { KeptFile } = await import("../../../../platform/linux/proc/kept_file.ts");
    const held: { close(): void }[] = [];
    // As many as may be kept open are.
    for (
      let file = new KeptFile("/proc/self/stat");
      file.read() && file.isOpen;
      file = new KeptFile(file.path)
    ) {
      held.push(file);
    }
    try {
      assert.ok(held.length > 0);
      const reader = LinuxProcessReader.open(pid, ALL)!;
      for (let round = 0; round < 10; round++) {
        assert.notEqual(reader.look(false, true), Look.gone);
        assert.equal(reader.lags, false);
      }
      reader.close();
    } finally {
      for (const file of held) file.close();
    }
  },
);
