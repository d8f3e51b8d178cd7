/* Where the ladder has fewer rungs, or something is missing that others rely on: the next best is taken, and told. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { ROOT } from "../../support/fixture.ts";
import { mountOf, noV1 } from "../../support/v1.ts";
import { BINARY } from "../support/proctor.ts";
import { asNobody } from "../support/unprivileged.ts";

const cannotMount = spawnSync("unshare", ["-m", "true"]).status !== 0 &&
  "needs root and unshare (package util-linux), to mount what others have";

interface Examination {
  readonly containment: { mechanism: string; reason: string | null };
  readonly findings: { topic: string; ok: boolean; detail: string; advice: string | null }[];
}

/** Run a script where mounts are our own, then the binary. */
function among(
  mounts: string,
  command: readonly string[],
): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["-m", "--propagation", "private", "sh", "-c", `{ ${mounts}; } && exec "$@"`, "sh", ...command],
    { encoding: "utf8" },
  );
  return { code: status, stdout, stderr };
}

function doctor(mounts: string, wrap = (command: readonly string[]) => [...command]): Examination {
  const { code, stdout, stderr } = among(mounts, wrap([BINARY, "doctor", "--json"]));
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const finding = ({ findings }: Examination, topic: string) => findings.find((one) => one.topic === topic)!;

/** Where cgroup v2 is mounted. */
const cgroups = readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter((line) =>
  / - cgroup2 /.test(line)
)
  .map((line) => line.split(" ")[4]);
const everywhere = (command: string) => cgroups.map((mount) => `${command} ${mount}`).join(" && ");

describe("with a cgroup file system that is read-only, as in most containers", { timeout: 120_000 }, () => {
  const mounts = everywhere("mount -o remount,bind,ro");

  test("the doctor says so, and how to get more", { skip: cannotMount }, () => {
    const found = doctor(mounts);
    assert.equal(found.containment.mechanism, "subreaper");
    assert.match(found.containment.reason!, /no cgroup can be made in \S+: the file system is read-only/);
    const { ok, advice } = finding(found, "containment");
    assert.equal(ok, false);
    assert.match(advice!, /in a container: with a writable \/sys\/fs\/cgroup/);
  });

  test("a run stands on the rung below", { skip: cannotMount }, () => {
    const { code, stdout } = among(mounts, [BINARY, "run", "--records", "-", "--", "sh", "-c", "exit 4"]);
    assert.equal(code, 4);
    assert.equal(JSON.parse(stdout.split("\n")[0]).containment.mechanism, "subreaper");
  });

  test("a limit is refused", { skip: cannotMount }, () => {
    const { code, stdout, stderr } = among(mounts, [
      BINARY,
      "run",
      "--limit-cpu",
      "1",
      "--",
      "echo",
      "started",
    ]);
    assert.deepEqual([code, stdout], [125, ""]);
    assert.match(stderr, /^proctor: a limit on CPU cannot be enforced: [^\n]+\n$/);
  });
});

describe("with hierarchies of cgroup v1 that are read-only or missing, beside a cgroup v2 of ours", {
  timeout: 120_000,
}, () => {
  const memory = noV1 ? "" : mountOf("memory");
  const refused = (mounts: string, ...options: string[]) => {
    const { code, stdout, stderr } = among(mounts, [BINARY, "run", ...options, "--", "echo", "started"]);
    assert.deepEqual([code, stdout], [125, ""]);
    return stderr;
  };

  test("what stands on them is refused, with the reason", { skip: noV1 || cannotMount }, () => {
    const readOnly = `mount -o remount,bind,ro ${memory}`;
    assert.match(
      refused(readOnly, "--limit-memory", "1G"),
      /^proctor: a limit on memory cannot be enforced: no group can be made in \S+: the file system is read-only; for one, [^\n]+in a container: with a writable [^\n]+\n$/,
    );
    assert.match(
      refused(readOnly, "--exact-peak"),
      /^proctor: an exact peak of memory cannot be had: no group can/,
    );
    assert.match(
      refused(`umount -l ${memory}`, "--limit-memory", "1G"),
      /^proctor: a limit on memory cannot be enforced: cgroup v2 lacks the controller here, and no cgroup v1 file/,
    );
  });

  test("what stands on the others is not", { skip: noV1 || cannotMount }, () => {
    const command = [BINARY, "run", "--limit-processes", "50", "--", "echo", "started"];
    const { code, stdout } = among(`umount -l ${memory}`, command);
    assert.deepEqual([code, stdout], [0, "started\n"]);
  });

  test("the doctor tells which serve, and which do not", { skip: noV1 || cannotMount }, () => {
    const whole = finding(doctor("true"), "controllers");
    assert.match(whole.detail, /^memory, cpu, pids of cgroup v1 serve [^;]+; no io: cgroup v2 lacks/);
    assert.match(whole.advice!, /^for storage traffic /);
    const part = finding(doctor(`mount -o remount,bind,ro ${memory}`), "controllers");
    assert.match(part.detail, /^cpu, pids of cgroup v1 serve [^;]+; no memory: no group can be made in /);
    assert.match(part.advice!, /^for memory as the kernel counts it, and for limits: /);
    assert.equal(part.ok, false);
  });
});

test("without cgroup v2 at all the doctor says so", { skip: cannotMount, timeout: 120_000 }, () => {
  const found = doctor(everywhere("umount -l"));
  assert.equal(found.containment.mechanism, "subreaper");
  assert.match(found.containment.reason!, /no cgroup v2 file system is mounted/);
  assert.match(finding(found, "containment").advice!, /mount cgroup v2/);
});

describe("with hidepid", { timeout: 120_000 }, () => {
  const mounts = "mount -t proc -o hidepid=2 proc /proc";

  test("the doctor says what cannot be seen", { skip: cannotMount }, () => {
    const { ok, detail, advice } = finding(doctor(mounts, asNobody), "/proc");
    assert.equal(ok, false);
    assert.match(detail, /hidepid is set/);
    assert.match(advice!, /gid=/);
  });

  test("a tree of one's own is seen whole", { skip: cannotMount }, () => {
    const script = "sleep 3 & sleep 3 & wait";
    const command = [BINARY, "run", "--interval", "20ms", "--records", "-", "--", "sh", "-c", script];
    const { code, stdout, stderr } = among(mounts, asNobody(command));
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout.trim().split("\n").at(-1)!).peak_process_count, 3);
  });
});

test("no shell is needed", { skip: cannotMount, timeout: 120_000 }, () => {
  // Nothing can execute it any more: whoever tried would fail.
  const script = "mount --bind /dev/null $(readlink -f /bin/sh)";
  const { code, stdout, stderr } = among(script, [BINARY, "run", "--", process.execPath, "--version"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\d+\.\d+/);
  assert.match(stderr, /exit code 0/);
});

test("an address space that is too small is told", { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = spawnSync("sh", [
    "-c",
    `ulimit -v 2000000; exec "${BINARY}" run -- echo ran`,
  ], {
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout], [125, ""]);
  assert.match(stderr, /^proctor: the runtime may not reserve the addresses [^\n]*ulimit -v[^\n]*\n$/);
});

test("the launcher of the sources tells of a missing /proc", { skip: cannotMount, timeout: 120_000 }, () => {
  const { code, stderr } = among("umount -l /proc", [`${ROOT}/scripts/proctor`, "run", "--", "true"]);
  assert.equal(code, 125);
  assert.match(stderr, /^proctor: \/proc is missing[^\n]+\n$/);
});
