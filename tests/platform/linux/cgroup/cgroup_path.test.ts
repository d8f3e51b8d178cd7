import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  ownCgroup,
  parseMembership,
  parseMount,
  v1Cgroup,
} from "../../../../platform/linux/cgroup/cgroup_path.ts";
import type { OwnCgroup } from "../../../../platform/linux/cgroup/cgroup_path.ts";

const V1 = "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpuacct";
const mount = (root: string, point: string) =>
  `41 31 0:38 ${root} ${point} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate`;

/** What a process finds whose /proc/self holds these two files. */
function find(cgroup: string | undefined, mountinfo: readonly string[]): OwnCgroup {
  return among(cgroup, mountinfo, ownCgroup);
}

function among<T>(cgroup: string | undefined, mountinfo: readonly string[], ask: (proc: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), "proctor-proc-"));
  try {
    mkdirSync(join(root, "self"));
    if (cgroup !== undefined) writeFileSync(join(root, "self/cgroup"), cgroup);
    writeFileSync(join(root, "self/mountinfo"), mountinfo.map((line) => `${line}\n`).join(""));
    return ask(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe("our own cgroup", () => {
  test("on a pure v2 host", () => {
    const found = find("0::/user.slice/session-1.scope\n", [mount("/", "/sys/fs/cgroup")]);
    assert.deepEqual(found, {
      directory: "/sys/fs/cgroup/user.slice/session-1.scope",
      mountPoint: "/sys/fs/cgroup",
    });
  });

  test("at the root of the hierarchy", () => {
    assert.deepEqual(find("0::/\n", [mount("/", "/sys/fs/cgroup")]), {
      directory: "/sys/fs/cgroup",
      mountPoint: "/sys/fs/cgroup",
    });
  });

  test("on a hybrid host, where the unified hierarchy stands beside the v1 controllers", () => {
    const membership =
      "9:name=systemd:/user.slice\n4:memory:/jobs/a\n1:cpu,cpuacct:/\n0::/user.slice/a.scope\n";
    const found = find(membership, [V1, mount("/", "/sys/fs/cgroup/unified"), V1]);
    assert.deepEqual(found, {
      directory: "/sys/fs/cgroup/unified/user.slice/a.scope",
      mountPoint: "/sys/fs/cgroup/unified",
    });
  });

  test("through a mount that shows only a part of the hierarchy", () => {
    const found = find("0::/docker/abc/inner\n", [mount("/docker/abc", "/sys/fs/cgroup")]);
    assert.deepEqual(found, { directory: "/sys/fs/cgroup/inner", mountPoint: "/sys/fs/cgroup" });
  });

  test("through the one mount of several that shows it", () => {
    const mounts = [mount("/docker/other", "/mnt/other"), mount("/docker/abc", "/mnt/abc")];
    assert.deepEqual(find("0::/docker/abc\n", mounts), { directory: "/mnt/abc", mountPoint: "/mnt/abc" });
  });

  test("below a mount point with a blank, which the kernel writes in octal", () => {
    const found = find("0::/a\n", [mount("/", "/mnt/my\\040cgroups\\134x")]);
    assert.deepEqual(found, { directory: "/mnt/my cgroups\\x/a", mountPoint: "/mnt/my cgroups\\x" });
  });

  test("in a cgroup whose name begins with two dots", () => {
    assert.deepEqual(find("0::/..hidden\n", [mount("/", "/sys/fs/cgroup")]), {
      directory: "/sys/fs/cgroup/..hidden",
      mountPoint: "/sys/fs/cgroup",
    });
  });
});

describe("there is a reason, not a wrong directory", () => {
  const reason = (found: OwnCgroup) => "reason" in found ? found.reason : JSON.stringify(found);

  test("when the kernel has no v2 hierarchy, or no cgroups at all", () => {
    assert.match(reason(find("4:memory:/a\n1:cpu:/a\n", [V1])), /no cgroup v2/);
    assert.match(reason(find(undefined, [])), /no cgroup v2/);
  });

  test("when it is not mounted", () => {
    assert.match(reason(find("0::/a\n", [V1])), /mounted/);
  });

  test("when the mounts show other parts of it", () => {
    assert.match(
      reason(find("0::/docker/abc\n", [mount("/docker/abcd", "/a"), mount("/docker/abc/x", "/b")])),
      /mounted/,
    );
  });

  test("when we are in a cgroup outside of our namespace, which the mount does not show", () => {
    assert.match(reason(find("0::/../..\n", [mount("/", "/sys/fs/cgroup")])), /mounted/);
    assert.match(reason(find("0::/../other\n", [mount("/", "/sys/fs/cgroup")])), /mounted/);
  });
});

test("the membership is the path in the line of hierarchy 0", () => {
  assert.equal(parseMembership("1:name=systemd:/x\n0::/a:b c\n"), "/a:b c");
  assert.equal(parseMembership("10::/x\n"), undefined);
  assert.equal(parseMembership(""), undefined);
});

test("lines of mountinfo that are cut or foreign are passed over", () => {
  assert.equal(parseMount("garbage\n\n41 31\n - cgroup2\n", "/"), undefined);
  assert.equal(parseMount("36 35 98:0 / /mnt rw - ext4 cgroup2 rw\n", "/"), undefined);
});

describe("our own cgroup in a hierarchy of cgroup v1", () => {
  const v1Mount = (root: string, point: string, controllers: string) =>
    `33 31 0:30 ${root} ${point} rw,relatime shared:9 - cgroup cgroup rw,${controllers}`;
  const findV1 = (controller: string, cgroup: string, mountinfo: readonly string[]) =>
    among(cgroup, mountinfo, (proc) => v1Cgroup(controller, "self", proc));
  const MEMBERSHIP = "9:name=systemd:/s\n4:memory:/jobs/a:b\n2:cpu,cpuacct:/fast\n0::/u\n";

  test("is told by the mount that has the controller, alone or among others", () => {
    const mounts = [
      v1Mount("/", "/sys/fs/cgroup/systemd", "xattr,name=systemd"),
      v1Mount("/", "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct"),
      v1Mount("/", "/sys/fs/cgroup/memory", "memory"),
      mount("/", "/sys/fs/cgroup/unified"),
    ];
    const at = (controller: string) => findV1(controller, MEMBERSHIP, mounts);
    assert.deepEqual(at("memory"), {
      directory: "/sys/fs/cgroup/memory/jobs/a:b",
      mountPoint: "/sys/fs/cgroup/memory",
    });
    assert.deepEqual(at("cpu"), {
      directory: "/sys/fs/cgroup/cpu,cpuacct/fast",
      mountPoint: "/sys/fs/cgroup/cpu,cpuacct",
    });
    // No part of a name is one.
    assert.equal(findV1("cpu", "4:cpuset:/a\n5:cpuacct:/b\n0::/\n", mounts), null);
    assert.equal(at("pids"), null);
  });

  test("is seen through the mount of a container", () => {
    const mounts = [v1Mount("/docker/abc", "/sys/fs/cgroup/memory", "memory")];
    assert.deepEqual(findV1("memory", "4:memory:/docker/abc/inner\n0::/\n", mounts), {
      directory: "/sys/fs/cgroup/memory/inner",
      mountPoint: "/sys/fs/cgroup/memory",
    });
  });

  test("has a reason where it is not mounted, or the mount shows another part", () => {
    for (
      const mounts of [
        [v1Mount("/", "/sys/fs/cgroup/cpuset", "cpuset"), mount("/", "/sys/fs/cgroup/unified")],
        [v1Mount("/docker/abc", "/sys/fs/cgroup/memory", "memory")],
      ]
    ) {
      const found = findV1("memory", MEMBERSHIP, mounts);
      assert.ok(found && "reason" in found);
      assert.match(found.reason, /no cgroup v1 file system is mounted that shows our own memory cgroup/);
    }
  });
});
