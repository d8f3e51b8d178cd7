import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { loadProcessDirectory } from "../../../../platform/mod.ts";
import { eventually } from "../../../support/eventually.ts";

const isLinux = process.platform === "linux";

describe("the directory of processes", () => {
  test("lists what /proc lists", { skip: !isLinux && "there is no /proc" }, async () => {
    const directory = await loadProcessDirectory();
    const before = new Set(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number));
    const listed = new Set(directory.pids());
    const after = new Set(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number));
    assert.ok(listed.has(process.pid));
    for (const pid of listed) assert.ok(before.has(pid) || after.has(pid) || pid > 0, `${pid} was made up`);
    for (const pid of before) assert.ok(listed.has(pid) || !after.has(pid), `${pid} is missing`);
    const again = [...directory.pids()];
    assert.equal(again.length, new Set(again).size, "nothing twice, nothing left of before");
  });

  test(
    "says whose a process is, and where it belongs",
    { skip: !isLinux && "there is no /proc" },
    async () => {
      const directory = await loadProcessDirectory();
      const child = spawn("sleep", ["100"], {
        env: { PATH: process.env.PATH, NOT_PROCTOR_GROUP: "x", PROCTOR_GROUP: "7-ab" },
      });
      try {
        // Its environment is there when it has come to its program.
        await eventually(() => directory.origin(child.pid!).group !== null);
        const { userName, cgroup, group } = directory.origin(child.pid!);
        assert.equal(userName, execFileSync("id", ["-un"], { encoding: "utf8" }).trim());
        assert.equal(cgroup, /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? null);
        assert.equal(group, "7-ab");
      } finally {
        child.kill("SIGKILL");
      }
      assert.deepEqual(directory.origin(4_194_304), {
        userName: null,
        cgroup: null,
        group: null,
        supervisedId: null,
      });
    },
  );

  test(
    "tells the CPU of a control group that is there",
    { skip: !isLinux && "there is no /proc" },
    async () => {
      const directory = await loadProcessDirectory();
      const own = directory.origin(process.pid).cgroup;
      if (own !== null) {
        const seconds = directory.cgroupCpuSeconds(own);
        assert.ok(Number.isNaN(seconds) || directory.cgroupCpuSeconds(own) >= seconds);
      }
      assert.ok(Number.isNaN(directory.cgroupCpuSeconds("/no/such/group")));
      directory.keepCgroups(new Set());
    },
  );
});
