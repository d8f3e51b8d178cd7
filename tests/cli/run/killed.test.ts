/* proctor itself is killed with -9: what it ran goes with it, on both rungs. */
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { noCgroup } from "../../support/linux.ts";
import { allPids, guards, read } from "../../group/support/traces.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, startProgram } from "../support/proctor.ts";
import { cgroupsOf, stateOf, until } from "../support/traces.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

/** Members of a run: what has its mark, which holds the PID of the proctor that made it. */
const membersOf = (proctor: number) =>
  allPids().filter((pid) =>
    read(pid, "environ").split("\0").some((entry) => entry.startsWith(`PROCTOR_GROUP=${proctor}-`))
  );

const isAlive = (pid: number) => !["Z", "X", undefined].includes(stateOf(pid));

async function killed(
  command: readonly string[],
  wrap: (command: readonly string[]) => string[],
  members: number,
) {
  await withDirectory(async (directory) => {
    chmodSync(directory, 0o777);
    const running = startProgram(
      wrap([BINARY, "run", "--records", `${directory}/records`, "--", ...command]),
      {
        input: "open",
      },
    );
    await running.ready();
    await until(() => membersOf(running.pid).length >= members, `${members} members`);
    const pids = membersOf(running.pid);
    await until(() => guards(running.pid).length === 1, "the guard has its name");
    const ours = guards(running.pid);
    running.kill("SIGKILL");
    await until(() => !pids.some(isAlive), "the members are gone", 20_000);
    await until(() => cgroupsOf(running.pid).length === 0, "the cgroup is gone");
    await until(() => !ours.some(isAlive), "the guard is gone");
    running.closeInput();
    assert.equal((await running.ended).signal, "SIGKILL");
  });
}

const IN_SESSION = ["sh", "-c", `setsid sleep 60 & echo '{"ready":true}'; wait`];

const same = (command: readonly string[]) => [...command];

describe("kill -9 of proctor ends what it runs", () => {
  test(
    "in a cgroup",
    { skip: noCgroup, timeout: 120_000 },
    () => killed([fixture("many_processes"), "5"], same, 6),
  );
  test(
    "in a cgroup, whatever it ignores",
    { skip: noCgroup, timeout: 120_000 },
    () => killed([fixture("ignore_sigterm"), "60"], same, 1),
  );
  test(
    "without a cgroup, as a user without rights",
    { skip: cannotDrop, timeout: 120_000 },
    () => killed([fixture("many_processes"), "5"], asNobody, 6),
  );
  test(
    "without a cgroup, in a session of its own",
    { skip: cannotDrop, timeout: 120_000 },
    () => killed(IN_SESSION, asNobody, 2),
  );
});
