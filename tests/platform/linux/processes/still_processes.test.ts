/* Of many processes one call tells which stand still: have not run since their last look, and have the same memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Raw } from "../../../../core/measure/raw.ts";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { LinuxStillProcesses } from "../../../../platform/linux/processes/still_processes.ts";
import { eventually } from "../../../support/eventually.ts";
import { processState } from "../../../support/linux.ts";
import { start } from "../../../support/live.ts";
import type { Live } from "../../../support/live.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const ECHO = `$| = 1; print "{}\\n"; print "{}\\n" while <STDIN>`;

function open({ pid }: Live): LinuxProcessReader {
  return LinuxProcessReader.open(pid, ALL)!;
}

/** It waits for us, and its memory was read as often as it takes for that to be read by what is held open. */
async function atRest(reader: LinuxProcessReader): Promise<void> {
  await eventually(() => {
    const before = reader.cpuSeconds;
    for (let look = 0; look < 3; look++) reader.look(true);
    return processState(reader.pid) === "S" && reader.cpuSeconds === before;
  });
}

test(
  "who stands still is told; who has run, has other memory or is gone is not",
  { timeout: 120_000 },
  async () => {
    await using first = await start("perl", ["-e", ECHO]);
    await using second = await start("perl", ["-e", ECHO]);
    const readers = [open(first), open(second)];
    const processes = LinuxStillProcesses.open()!;
    const still = (of: readonly LinuxProcessReader[]) => {
      processes.read(of);
      return of.map((_, index) => processes.isStill(index));
    };
    try {
      assert.deepEqual(still(readers), [false, false], "nothing is held open yet");
      for (const reader of readers) await atRest(reader);
      assert.deepEqual(still(readers), [true, true]);
      assert.deepEqual(still([]), []);
      second.process.stdin!.write("\n");
      await second.next();
      assert.deepEqual(still(readers), [true, false]);
      assert.deepEqual(still(readers.toReversed()), [false, true]);
      await atRest(readers[1]);
      assert.deepEqual(still(readers), [true, true]);
      readers[0].row[Raw.memoryBytes] += 4_096;
      assert.deepEqual(still(readers), [false, true], "its memory was another at the last look");
      await atRest(readers[0]);
      assert.deepEqual(still(readers), [true, true]);
      first.process.kill("SIGKILL");
      await eventually(() => processState(readers[0].pid) === undefined);
      assert.deepEqual(still(readers), [false, true]);
      readers[1].close();
      assert.deepEqual(still(readers), [false, false]);
    } finally {
      for (const reader of readers) reader.close();
      processes.close();
    }
  },
);
