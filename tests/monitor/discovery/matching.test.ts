import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { Discovery } from "../../../monitor/discovery/discovery.ts";
import type { ProcessQuery } from "../../../monitor/discovery/process_query.ts";
import { cgroupPlace, parseCgroupMounts } from "../../../platform/linux/cgroup/cgroup_place.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { eventually } from "../../support/eventually.ts";
import { noCgroup } from "../../support/linux.ts";
import { mountOf, noV1 } from "../../support/v1.ts";
import { ownCgroup } from "../../../platform/linux/cgroup/cgroup_path.ts";

/** Run a command while something is looked at; it is ended by its number. */
async function running(
  command: readonly string[],
  use: (pid: number) => Promise<void>,
): Promise<void> {
  const child = spawn(command[0], command.slice(1), { stdio: ["pipe", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    await new Promise((resolve, reject) => child.once("spawn", resolve as () => void).once("error", reject));
    await use(child.pid!);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

async function finds(query: ProcessQuery, pid: number): Promise<boolean> {
  const [{ processes }] = (await Discovery.create([query])).look();
  return processes.some((found) => found.pid === pid);
}

const noPython = spawnSync("python3", ["-c", "1"]).status !== 0 && "needs python3";
/** As setproctitle does: the title, and NULs up to the end of the arguments (proc_pid_stat(5), fields 48 and 49). */
const SET_TITLE = `
import ctypes, sys
start, end = map(int, open("/proc/self/stat").read().rsplit(")", 1)[1].split()[45:47])
title = sys.argv[1].encode()
ctypes.memset(start, 0, end - start)
ctypes.memmove(start, title, len(title))
sys.stdin.readline()
`;
const READS = "read line";

describe("a process is found by its name", () => {
  test(
    "whole, where the kernel has cut it to fifteen bytes",
    { timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        for (
          const [name, comm] of [["cert-renewal-agent", "cert-renewal-ag"], [
            "dienst-für-zertifikate",
            "dienst-für-zer",
          ]]
        ) {
          const script = join(directory, name);
          writeFileSync(script, `#!/bin/sh -e\n${READS}`);
          chmodSync(script, 0o755);
          await running([script, "argument"], async (pid) => {
            await eventually(() => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith(comm));
            assert.ok(await finds({ name }, pid), name);
            assert.ok(!await finds({ name: `${name}x` }, pid));
            assert.ok(!await finds({ name: "argument" }, pid));
          });
        }
      }),
  );

  test(
    "as its script, whatever interpreter has it",
    { timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        const script = join(directory, "backup.sh");
        writeFileSync(script, READS);
        await running(["/bin/sh", "-e", script, "other.sh"], async (pid) => {
          await eventually(async () => await finds({ name: "backup.sh" }, pid), 10_000);
          assert.ok(!await finds({ name: "other.sh" }, pid));
        });
        // What is only looked at by a program is not its name, nor is the text of a script.
        await running(["tail", "-f", script], async (pid) => {
          await eventually(async () => await finds({ name: "tail" }, pid), 10_000);
          assert.ok(!await finds({ name: "backup.sh" }, pid));
        });
        await running(["/bin/sh", "-c", `${READS}; true`, "backup.sh"], async (pid) => {
          await eventually(async () => await finds({ commandLine: /read line/ }, pid), 10_000);
          assert.ok(!await finds({ name: "backup.sh" }, pid));
        });
      }),
  );
});

test("a title that is filled up with NULs ends where its text does", {
  skip: noPython,
  timeout: 120_000,
}, async () => {
  const title = `mydaemon-${process.pid}: master`;
  await running(["python3", "-c", SET_TITLE, title], async (pid) => {
    await eventually(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(`${title}\0\0`));
    assert.ok(await finds({ commandLine: new RegExp(`^${title}$`) }, pid));
    const [{ processes: [found] }] = (await Discovery.create([{ pid }])).look();
    assert.deepEqual(found.arguments(), [title]);
  });
});

describe("an expression over arguments", () => {
  test("takes no more time than the arguments are long", { timeout: 120_000 }, async () => {
    const word = "a".repeat(100_000);
    await running(["/bin/sh", "-c", `${READS}; true`, "sh", `${word}b`], async (pid) => {
      const startMs = performance.now();
      assert.ok(!await finds({ commandLine: /(a+)+$/ }, pid));
      assert.ok(!await finds({ commandLine: /(a|aa)*c$/ }, pid));
      assert.ok(await finds({ commandLine: /(a+)+b$/ }, pid));
      assert.ok(performance.now() - startMs < 15_000);
    });
  });

  test("that could not is refused, and it is told what to write", async () => {
    for (const commandLine of [/(a)\1/, /(?=x)y/, /(?<!x)y/]) {
      await assert.rejects(Discovery.create([{ commandLine }]), {
        name: "ProctorError",
        message: /^commandLine: ".*" cannot be matched in bounded time .*; write it without backreferences/,
      });
    }
  });

  test("means what it means to JavaScript", { timeout: 120_000 }, async () => {
    await running(["/bin/sh", "-c", `${READS}; true`, "sh", "Grün 17"], async (pid) => {
      for (const found of [/grün/i, /Gr\u00fcn \d+$/, /^\/bin\/sh -c/, /(?<colour>Gr.n)/, /[^]Grün/]) {
        assert.ok(await finds({ commandLine: found }, pid), String(found));
      }
      assert.ok(!await finds({ commandLine: /grün/ }, pid));
    });
  });
});

describe("a cgroup", () => {
  test("of v2 and of v1 is found by its directory", { skip: noV1, timeout: 120_000 }, async () => {
    const own = ownCgroup();
    assert.ok("mountPoint" in own);
    for (const mount of [mountOf("memory"), own.mountPoint]) {
      const name = `proctor-test-${process.pid}`;
      const directory = join(mount, name);
      mkdirSync(directory);
      try {
        await running(["sleep", "60"], async (pid) => {
          assert.ok(!await finds({ cgroup: directory }, pid));
          writeFileSync(join(directory, "cgroup.procs"), String(pid));
          assert.ok(await finds({ cgroup: directory }, pid), directory);
          assert.ok(await finds({ cgroup: `/${name}` }, pid));
          assert.ok(await finds({ cgroup: mount }, pid));
          // The same path in another hierarchy is another cgroup.
          assert.ok(!await finds({ cgroup: join(mountOf("pids"), name) }, pid));
        });
      } finally {
        await eventually(() => readFileSync(join(directory, "cgroup.procs"), "utf8") === "");
        rmdirSync(directory);
      }
    }
  });

  test("of a pure v2 host is found by its directory", { skip: noCgroup, timeout: 120_000 }, async () => {
    const own = ownCgroup();
    assert.ok("directory" in own);
    await running(["sleep", "60"], async (pid) => assert.ok(await finds({ cgroup: own.directory }, pid)));
  });

  test("is seen through what is mounted: joined controllers, and a part of a hierarchy", () => {
    const table = [
      "1 0 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
      "2 0 0:2 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "3 0 0:3 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
      "4 0 0:4 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ].join("\n");
    const mounts = parseCgroupMounts(table, ["cpu,cpuacct", "memory", "name=systemd", ""]);
    const at = (path: string) =>
      Object.values(cgroupPlace(
        `/no${path}`,
        mounts.map((mount) => ({
          ...mount,
          point: `/no${mount.point}`,
        })),
      )).join(" ");
    assert.equal(at("/sys/fs/cgroup/cpu,cpuacct/x/y/"), "cpu,cpuacct /x/y");
    assert.equal(at("/sys/fs/cgroup/memory"), "memory /docker/abc");
    assert.equal(at("/sys/fs/cgroup/memory/x"), "memory /docker/abc/x");
    assert.equal(at("/sys/fs/cgroup/systemd/x.slice"), "name=systemd /x.slice");
    assert.equal(at("/sys/fs/cgroup/unified/x"), " /x");
    assert.deepEqual(cgroupPlace("/system.slice/", mounts), { hierarchy: null, path: "/system.slice" });
  });
});
