/* The clocks of many processes, read in one call, tell who has run since its last look, and who is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LinuxProcessClocks } from "../../../../platform/linux/processes/process_clocks.ts";
import { LinuxProcessReader } from "../../../../platform/linux/processes/process_reader.ts";
import { eventually } from "../../../support/eventually.ts";
import { processState } from "../../../support/linux.ts";
import { start } from "../../../support/live.ts";
import type { Live } from "../../../support/live.ts";

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const ECHO = `$| = 1; print "{}\\n"; print "{}\\n" while <STDIN>`;

function open({ pid }: Live): LinuxProcessReader {
  return LinuxProcessReader.open(pid, ALL)!;
}

/** It waits for us and does not run. */
async function atRest(reader: LinuxProcessReader): Promise<void> {
  await eventually(() => {
    const before = reader.cpuSeconds;
    reader.look(false);
    return processState(reader.pid) === "S" && reader.cpuSeconds === before;
  });
}

test(
  "who has run is told, and who has not; the same ones again and others",
  { timeout: 120_000 },
  async () => {
    await using first = await start("perl", ["-e", ECHO]);
    await using second = await start("perl", ["-e", ECHO]);
    const readers = [open(first), open(second)];
    const clocks = new LinuxProcessClocks();
    const ran = (of: readonly LinuxProcessReader[]) => {
      clocks.read(of);
      return of.map((_, index) => clocks.hasRun(index));
    };
    try {
      for (const reader of readers) await atRest(reader);
      assert.deepEqual(ran(readers), [false, false]);
      second.process.stdin!.write("\n");
      await second.next();
      assert.deepEqual(ran(readers), [false, true]);
      assert.deepEqual(ran(readers.toReversed()), [true, false]);
      assert.deepEqual(ran([readers[1]]), [true]);
      await atRest(readers[1]);
      assert.deepEqual(ran(readers), [false, false]);
      assert.deepEqual(ran([]), []);
      first.process.kill("SIGKILL");
      await eventually(() => ran(readers)[0]);
      await eventually(() => processState(readers[0].pid) === undefined);
      assert.deepEqual(ran(readers), [true, false]);
    } finally {
      for (const reader of readers) reader.close();
      clocks.close();
    }
  },
);
