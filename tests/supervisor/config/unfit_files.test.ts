import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findProcesses } from "../../../monitor/discovery/discovery.ts";
import { makeFifo } from "../../support/fifo.ts";
import { scratch } from "../support/files.ts";
import { SupervisorProgram } from "../support/program.ts";
import { isAlive, shell, TestSupervisor } from "../support/supervisor.ts";

const BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" +
  Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${Array(10).fill(`*a${level}`).join(",")}]\n`,
  ).join("");
const entry = (control: string) =>
  `managed_processes: [ { id: a, management: { control: { executable: sleep, arguments: [1000], ${control} } } } ]`;

describe("a live supervisor", () => {
  test("survives whatever its configuration becomes", { timeout: 120_000 }, async () => {
    await using program = new SupervisorProgram();
    const path = (name: string) => join(program.files.path, name);
    const configuration = path("proctor.yaml");
    makeFifo(path("fifo"));
    writeFileSync(path("binary"), Uint8Array.of(1, 0, 2, 0xff));
    program.files.write("proctor.yaml", entry("environment: { A: 1 }"));
    await program.start();
    const pid = await program.until("it runs", async () => (await program.status())[0]?.pid);
    const become: readonly (readonly [make: () => void, told: RegExp])[] = [
      [() => writeFileSync(configuration, BOMB), /:7:10: that is 1,111,111 values, aliases written out/],
      [() => writeFileSync(configuration, "[".repeat(1_000_000)), /nested more than 50 deep/],
      [
        () => writeFileSync(configuration, entry("env_file: fifo")),
        /env_file\.0: "fifo": it is a pipe \(FIFO\)/,
      ],
      [() => writeFileSync(configuration, entry("env_file: /dev/zero")), /"\/dev\/zero": it is a device/],
      [() => writeFileSync(configuration, entry("env_file: binary")), /"binary": it is not text/],
      [
        () => writeFileSync(configuration, `include: fifo`),
        /\/fifo: it is a pipe \(FIFO\); name a regular file/,
      ],
      [() => writeFileSync(configuration, `include: .`), /it is a directory; name a file/],
      [() => {
        rmSync(configuration);
        makeFifo(configuration);
      }, /proctor\.yaml: it is a pipe \(FIFO\); name a regular file/],
    ];
    for (const [make, told] of become) {
      make();
      program.forget();
      program.signal("SIGHUP");
      await program.until(String(told), () => told.test(program.stderr));
      const [status] = await program.status();
      assert.deepEqual([status.pid, status.state, isAlive(pid)], [pid, "running", true]);
    }
    rmSync(configuration);
    program.files.write("proctor.yaml", entry("environment: { A: 2 }"));
    program.signal("SIGHUP");
    await program.until("the next good one is taken", async () => {
      const [status] = await program.status();
      return status.state === "running" && status.pid !== pid;
    });
  });

  test(
    "waits for no state that is not a file, and forgets no process that was added",
    { timeout: 60_000 },
    async () => {
      await using supervisor = await TestSupervisor.start([shell("a", "exec sleep 1000")]);
      await supervisor.reaches("a", "running");
      await supervisor.end();
      for (const name of ["proctor/a.json", "proctor/b.json"]) {
        rmSync(join(supervisor.base, name), { force: true });
        makeFifo(join(supervisor.base, name));
      }
      const added = makeFifo(join(supervisor.base, "added_processes.json"));
      await assert.rejects(
        supervisor.begin(),
        /added at run time cannot be read .*: it is not a regular file; mend it/,
      );
      rmSync(added);
      await supervisor.begin();
      await supervisor.reaches("a", "running");
    },
  );
});

describe("a PID file", () => {
  test("that is a FIFO, a device or endless holds nobody up", { timeout: 120_000 }, async () => {
    using files = scratch();
    const fifo = makeFifo(join(files.path, "fifo"));
    const large = files.write("large", `${process.pid}${" ".repeat(100_000)}`);
    for (
      const [pidFile, told] of [[fifo, /it is a pipe/], ["/dev/zero", /it is a device/], [
        large,
        /larger than/,
      ]] as const
    ) {
      const [found] = await findProcesses([{ pidFile }]);
      assert.deepEqual(found.processes, []);
      assert.match(found.problems.join(), told);
    }
    const [own] = await findProcesses([{ pidFile: files.write("pid", `${process.ppid}\n`) }]);
    assert.deepEqual(own.processes.map(({ pid }) => pid), [process.ppid]);
  });

  test("of an unmanaged process may be one, and the supervisor lives", { timeout: 60_000 }, async () => {
    using files = scratch();
    const pidFile = makeFifo(join(files.path, "fifo"));
    await using supervisor = await TestSupervisor.start([
      {
        id: "other",
        type: "unmanaged",
        management: { discovery: { method: "pid_file", pid_file: pidFile, check_interval: "50ms" } },
      },
      shell("a", "exec sleep 1000"),
    ]);
    await supervisor.reaches("a", "running");
    rmSync(pidFile);
    writeFileSync(pidFile, `${supervisor.supervisor.get("a").pid}\n`);
    await supervisor.reaches("other", "running");
  });
});
