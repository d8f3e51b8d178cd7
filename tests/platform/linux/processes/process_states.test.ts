import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { linuxHost } from "../../../../platform/linux/machine/host_source.ts";
import { countProcesses, parseProcessState } from "../../../../platform/linux/processes/process_states.ts";
import { bytes, CAPTURED, captured } from "../../../support/captured.ts";
import { hostRoots } from "../../../support/hosts.ts";
import { startFixture } from "../../../support/live.ts";
import { processState } from "../../../support/linux.ts";

const parse = (text: Uint8Array) => parseProcessState(text, text.length);

describe("/proc/PID/stat", () => {
  test("of processes with any name gives state and threads", () => {
    for (const name of CAPTURED) {
      const stat = captured(name, "stat");
      const text = new TextDecoder("latin1").decode(stat);
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      assert.deepEqual(parse(stat), { state: fields[0], threads: Number(fields[17]) }, name);
    }
  });

  test("that is cut short is nothing", () => {
    for (const text of ["", "1", "1 (", "1 (x)", "1 (x) S", "1 (x) S 1 2 3"]) {
      assert.equal(parse(bytes(text)), null);
    }
  });

  test("fuzz: any bytes give a state or null", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (text) => {
      const found = parse(text);
      assert.ok(found === null || !Number.isNaN(found.threads));
    }));
  });
});

describe("processes by state", () => {
  test("of a captured machine", () => {
    const { proc } = hostRoots("storage_server");
    // PID 55 is cut short, as if it had ended while we looked.
    assert.deepEqual(countProcesses(proc), { running: 1, sleeping: 4, stopped: 2, zombie: 1, threads: 17 });
    assert.equal(linuxHost(hostRoots("storage_server")).processes()!.blocked, 5);
  });

  test("of this machine: a zombie and a stopped child appear, and go", { timeout: 120_000 }, async () => {
    const before = countProcesses("/proc")!;
    await using zombie = await startFixture("zombie_maker", "1");
    await using stopped = await startFixture("many_processes", "1", "-");
    process.kill(stopped.pid, "SIGSTOP");
    while (processState(stopped.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 2));
    const during = countProcesses("/proc")!;
    assert.ok(during.zombie >= 1 && during.stopped >= 1, JSON.stringify({ before, during }));
    const states = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((pid) =>
      processState(Number(pid))
    );
    const near = (count: number, letters: string) => {
      const truth = states.filter((state) => state !== undefined && letters.includes(state)).length;
      assert.ok(Math.abs(count - truth) <= 10, `${letters}: ${count} and ${truth}`);
    };
    near(during.zombie, "Z");
    near(during.stopped, "Tt");
    near(during.sleeping, "SDI");
    process.kill(stopped.pid, "SIGCONT");
    await zombie.release();
  });

  test("are null where there are none", () => {
    assert.equal(countProcesses("/no/such"), null);
    assert.equal(countProcesses(hostRoots("vm_no_swap").proc), null);
  });
});
