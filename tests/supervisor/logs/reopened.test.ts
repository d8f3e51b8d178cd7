/* Processes that open their own output anew (`echo > /dev/stderr` cuts a file off), and what moves it to us. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ProcessGroup } from "../../../group/process_group.ts";
import { collector, logService, messages, openLogs, runScript, startScript } from "../support/logs.ts";
import { wholeLog, withDirectory } from "../support/logs.ts";
import { killIfThere } from "../support/program.ts";
import { isAlive } from "../support/supervisor.ts";

const TIMEOUT = { timeout: 60_000 };
const isRoot = process.getuid?.() === 0;
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
const plain = { outputs: { combined: [{ type: "file", path: "{process_id}.log", format: "plain" }] } };

/** PIDs of those who move the output of a process. */
function movers(id: string): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const [word, of] = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      return word === "proctor-log" && of === id ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !holds();) {
    assert.ok(Date.now() < deadline, `${what}: it did not come about`);
    await pause(5);
  }
}

for (const mode of ["file", "pipe"]) {
  describe(`output that is opened anew, in mode ${mode}`, () => {
    test("loses no line", TIMEOUT, () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "short", { mode, ...plain });
        await runScript(logs, "for i in $(seq 20); do echo line > /dev/stderr; done");
        assert.deepEqual(await messages(logs), Array(20).fill("line"));
        const long = openLogs(service, "long", { mode, ...plain });
        await runScript(
          long,
          "seq 20000; echo x > /dev/stdout; i=0; while [ $i -le 1000 ]; do echo $i; i=$((i+1)); done",
        );
        assert.deepEqual(await messages(long), [...numbers(1, 20_000), "x", ...numbers(0, 1_000)]);
        await service.close();
      }));
  });
}

test("another user may open its output anew, and reaches nobody else's", {
  ...TIMEOUT,
  skip: !isRoot && "needs root",
}, () =>
  withDirectory(async (directory) => {
    const service = await logService(directory);
    const logs = openLogs(service, "nobody", plain);
    await using group = await ProcessGroup.create();
    const script = `id -u; echo out > /dev/stdout; echo error > /dev/stderr; ls ${directory}/spool-pipes`;
    const running = startScript(logs, group, script, { uid: 65_534, gid: 65_534 });
    await running.wait();
    await group.stop();
    await logs.ended();
    const lines = await messages(logs);
    assert.deepEqual(lines.filter((line) => ["65534", "out", "error"].includes(line)).length, 3);
    assert.match(lines.join("\n"), /Permission denied/);
    await service.close();
  }));

test(
  "whoever moves the output is killed again and again, and no byte is lost or doubled",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      const service = await logService(directory);
      const id = `moved-${process.pid}`;
      const logs = openLogs(service, id, plain);
      await using group = await ProcessGroup.create();
      const running = startScript(
        logs,
        group,
        "i=0; while [ $i -lt 40000 ]; do i=$((i+1)); echo $i; [ $((i % 500)) = 0 ] && sleep 0.03; done; :",
      );
      for (let kills = 0; kills < 4; kills++) {
        await until("somebody moves it", () => movers(id).length > 0 || running.exitStatus !== undefined);
        await pause(23 * kills);
        for (const pid of movers(id)) killIfThere(pid);
      }
      await running.wait();
      await group.stop();
      await logs.ended();
      assert.deepEqual(await messages(logs), numbers(1, 40_000));
      await until("nobody is left", () => movers(id).length === 0);
      await service.close();
    }),
);

test(
  "the last words of a process that ends while nobody collects are kept",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      const go = `${directory}/go`;
      // It lets go of what it was given: whoever reads is nobody but the mover.
      const script =
        `exec > /dev/stdout 2> /dev/stderr; echo first; until [ -e ${go} ]; do sleep 0.01; done; ` +
        "seq 50000; echo last";
      const first = collector(directory, script);
      const { pid } = JSON.parse(String((await once(first.stdout!, "data"))[0]));
      first.kill("SIGKILL");
      await once(first, "exit");
      writeFileSync(go, "");
      await until("it has ended", () => !isAlive(pid));
      const next = collector(directory);
      const left = once(next, "exit");
      next.stdin!.end();
      assert.deepEqual(await left, [0, null]);
      assert.deepEqual(
        wholeLog(`${directory}/logs/web.log`).toString().trimEnd().split("\n"),
        ["first", ...numbers(1, 50_000), "last"],
      );
    }),
);

test(
  "where a process can but write to the file itself, what it writes after cutting it off is kept",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      const service = await logService(directory, { pumped: false });
      const logs = openLogs(service, "web", plain);
      await using group = await ProcessGroup.create();
      const running = startScript(
        logs,
        group,
        `seq 1000; until [ -e ${directory}/go ]; do sleep 0.01; done; echo x > /dev/stdout; seq 3`,
      );
      for await (const { message } of logs.read({ follow: true }, new AbortController().signal)) {
        if (message === "1000") break;
      }
      writeFileSync(`${directory}/go`, "");
      await running.wait();
      await group.stop();
      await logs.ended();
      // "x" may be written over: a file that is cut off has nothing before its beginning.
      assert.deepEqual((await messages(logs)).filter((line) => line !== "x"), [
        ...numbers(1, 1_000),
        "1",
        "2",
        "3",
      ]);
      await service.close();
    }),
);

test("while the disk of the spool is full a process waits, and loses nothing", {
  ...TIMEOUT,
  skip: !isRoot && "needs root",
}, () =>
  withDirectory(async (directory) => {
    const disk = `${directory}/disk`;
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    try {
      const service = await logService(directory, { spoolDirectory: `${disk}/spool` });
      const logs = openLogs(service, "web", plain);
      assert.throws(() => writeFileSync(`${disk}/filler`, new Uint8Array(4_194_304)), { code: "ENOSPC" });
      await using group = await ProcessGroup.create();
      const running = startScript(logs, group, `seq 100000; touch ${directory}/through`);
      // As much as a pipe takes, and it stands still.
      await until("it waits", () =>
        statSync(`${disk}/spool/web.0.stdout`).blocks === 0 && isWaiting(running.pid));
      rmSync(`${disk}/filler`);
      await running.wait();
      await group.stop();
      await logs.ended();
      assert.ok(existsSync(`${directory}/through`));
      assert.deepEqual(await messages(logs), numbers(1, 100_000));
      await service.close();
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  }));

/** Whether a child of this process stands still at a full pipe (proc_pid_wchan(5)). */
function isWaiting(pid: number): boolean {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(
    Boolean,
  );
  return children.some((child) => /pipe/.test(readFileSync(`/proc/${child}/wchan`, "utf8")));
}
