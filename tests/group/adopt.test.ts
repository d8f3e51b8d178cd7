/* Groups that outlive their owner, and are taken up by another. */
import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import type { SavedGroup } from "../../mod.ts";
import { endLeftovers } from "../../group/end_leftovers.ts";
import { assertNear } from "../support/expect.ts";
import { fixture } from "../support/fixture.ts";
import { lastLine, startOwner } from "./support/owner.ts";
import { RUNGS } from "./support/rungs.ts";
import type { Rung } from "./support/rungs.ts";
import { guards, holders, living, read, until } from "./support/traces.ts";

let words = 0;

/** A group whose owner has ended: what it saved, and the word by which its four processes are found. */
async function kept(rung: Rung, how: string): Promise<{ saved: SavedGroup; word: string }> {
  const word = `proctor-kept-${process.pid}-${++words}`;
  const owner = startOwner(rung.name, "keep", word, how);
  await owner.talks;
  // The shell and the three it starts, once each is what it will be: on the way others are between them. The
  // word is an argument of the owner's, too.
  await until(() => {
    const tree = alive(word).filter((pid) => pid !== owner.pid);
    return tree.length === 4 && tree.filter((pid) => read(pid, "cmdline").startsWith("perl\0")).length === 3;
  }, "the tree runs");
  if (how === "wait") owner.child.kill("SIGKILL");
  const ended = await owner.ended;
  return { saved: JSON.parse(ended.stdout.trim().split("\n")[0]), word };
}

const alive = (word: string) => living(holders(word));

/** Kill a tree, and wait until each has ended: one that exits has no command line any more, and is there still. */
async function killTree(word: string): Promise<void> {
  const pids = alive(word);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await until(() => living(pids).length === 0, "the tree is gone");
}

function cgroupsBeside(saved: SavedGroup): string[] {
  if (saved.directory === null) return [];
  return readdirSync(dirname(saved.directory)).filter((name) => saved.directory!.endsWith(`/${name}`));
}

/** A directory that looks like a group's; whoever writes to its files writes elsewhere. */
function forgedCgroup(name: string): Disposable & { forged: string; written: () => string } {
  const directory = mkdtempSync(join(tmpdir(), "proctor-forged-"));
  const [forged, target] = [join(directory, name), join(directory, "target")];
  mkdirSync(forged);
  writeFileSync(target, "");
  for (const file of ["cgroup.kill", "cgroup.freeze", "cgroup.procs"]) {
    symlinkSync(target, join(forged, file));
  }
  writeFileSync(join(forged, "cgroup.events"), "populated 1\n");
  return {
    forged,
    written: () => readFileSync(target, "utf8"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

const refused = (saved: unknown, message: RegExp, kind: string) =>
  assert.rejects(
    () => ProcessGroup.adopt(saved as SavedGroup),
    (error: Error & { kind?: string }) => error.kind === kind && message.test(error.message),
  );

for (const rung of RUNGS) {
  const { skip } = rung;
  const options = { ...rung.options, onOwnerDeath: "keep" } as const;

  describe(`a group to be kept on the rung ${rung.name}`, () => {
    test(
      "lives on when its owner ends, however, and is adopted whole",
      { skip, timeout: 120_000 },
      async () => {
        for (const how of ["wait", "exit", "throw", "end", "detach"]) {
          const { saved, word } = await kept(rung, how);
          assert.equal(alive(word).length, 4, how);
          assert.equal(saved.mechanism, rung.mechanism);
          const group = await ProcessGroup.adopt(saved);
          assert.deepEqual(group.processes.map(({ pid }) => pid), saved.processes.map(({ pid }) => pid));
          assert.equal(group.stats().activeProcessCount, 4, how);
          const report = await group.stop({ graceMs: 5_000 });
          assert.equal(report.membersBefore, 4);
          assert.equal(report.membersAfter, 0);
          await group[Symbol.asyncDispose]();
          assert.deepEqual(alive(word), []);
          assert.deepEqual(cgroupsBeside(saved), []);
        }
      },
    );

    test(
      "is refused when a process is another by now, and left alone",
      { skip, timeout: 120_000 },
      async () => {
        const { saved, word } = await kept(rung, "wait");
        const [root] = saved.processes;
        const stranger = { ...saved, processes: [{ ...root, birth: root.birth - 1 }] };
        await refused(stranger, /cannot be adopted: its processes have ended \(PID \d+\)$/, "system");
        await refused({ ...saved, boot_id: "another" }, /the machine has been rebooted/, "system");
        await refused({ ...saved, processes: [] }, /none was saved/, "system");
        if (saved.directory !== null) {
          // Whoever holds a directory may kill all that is in it.
          const above = { ...saved, directory: dirname(saved.directory) };
          await refused(above, /is not a cgroup of the group/, "system");
          using forgery = forgedCgroup(basename(saved.directory));
          const { forged, written } = forgery;
          await refused({ ...saved, directory: forged }, /not in a file system of cgroup v2$/, "system");
          await endLeftovers({ ...saved, directory: forged, marker: "PROCTOR_GROUP=forged" });
          assert.equal(written(), "");
          await refused({ ...saved, marker: "PROCTOR_GROUP=forged" }, /it carries another mark$/, "system");
        } else {
          await refused({ ...saved, marker: "PROCTOR_GROUP=forged" }, /its processes have ended/, "system");
        }
        await refused({ ...saved, marker: "USER=root" }, /not a saved group: marker/, "usage");
        assert.equal(alive(word).length, 4);
        await using group = await ProcessGroup.adopt(saved);
        assert.equal(group.stats().activeProcessCount, 4);
      },
    );

    test("is refused when it has ended", { skip, timeout: 120_000 }, async () => {
      const { saved, word } = await kept(rung, "exit");
      await killTree(word);
      await refused(saved, /its processes have ended/, "system");
      // The next group that is made tidies up.
      await using _next = await ProcessGroup.create(rung.options);
      assert.deepEqual(cgroupsBeside(saved), []);
    });

    test("its end is noticed, though nobody can tell how", { skip, timeout: 120_000 }, async () => {
      const { saved, word } = await kept(rung, "wait");
      // Not by us: we are an ancestor of what was kept, and would be told.
      const owner = startOwner(rung.name, "adopt", JSON.stringify(saved));
      await owner.talks;
      await killTree(word);
      const lines = (await owner.ended).stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(lines[1], { outcome: "unknown", exitCode: null, signal: null });
      assert.equal(lines[2], 0);
      await until(() => cgroupsBeside(saved).length === 0, "the cgroup is gone");
    });

    test("its end is told to an ancestor", { skip, timeout: 120_000 }, async () => {
      // As long as a group is open, what loses its parent below us comes to us.
      await using _open = await ProcessGroup.create();
      const { saved, word } = await kept(rung, "wait");
      await using group = await ProcessGroup.adopt(saved);
      const waiting = group.processes[0].wait();
      await killTree(word);
      assert.deepEqual(await waiting, { outcome: "signaled", exitCode: null, signal: "SIGKILL" });
    });

    test("can be started in by the one who has adopted it", { skip, timeout: 120_000 }, async () => {
      const { saved } = await kept(rung, "wait");
      await using group = await ProcessGroup.adopt(saved);
      const { exitCode } = await group.output(["sh", "-c", "exit 5"]);
      assert.equal(exitCode, 5);
      assert.equal(group.stats().activeProcessCount, 4);
    });

    test("goes from hand to hand, and is killed with the last if that is wanted", {
      skip,
      timeout: 120_000,
    }, async () => {
      const { saved, word } = await kept(rung, "wait");
      const passed = (await ProcessGroup.adopt(saved)).detach();
      assert.deepEqual(passed.processes, saved.processes);
      const owner = startOwner(rung.name, "adopt", JSON.stringify(passed));
      await owner.talks;
      assert.equal(alive(word).length, 4);
      owner.child.kill("SIGKILL");
      assert.deepEqual(lastLine(await owner.ended), saved.processes.map(({ pid }) => pid));
      await until(() => alive(word).length === 0, "the tree is gone");
      await until(() => cgroupsBeside(saved).length === 0, "the cgroup is gone");
    });

    test("goes on with the bill where it was saved", { skip, timeout: 120_000 }, async () => {
      const first = await ProcessGroup.create(options);
      // The one that sleeps says so itself: until then its start is still being billed.
      const sleeper = `perl -e '$| = 1; print "done\\n"; sleep 60'`;
      const script = `"$0" 0.3 >/dev/null; ${sleeper} & wait`;
      const running = first.start(["sh", "-c", script, fixture("burn_cpu")], {
        stdout: "pipe",
        stdin: "null",
      });
      await running.stdout!.getReader().read();
      first.start(["true"]);
      await until(() => first.stats().activeProcessCount === 2, "true has ended");
      await first.pause();
      const before = first.stats();
      await using second = await ProcessGroup.adopt(first.detach());
      const after = second.stats();
      assertNear(after.totalCpuTimeSeconds!, before.totalCpuTimeSeconds!, 0.01, 0.01, "CPU");
      assertNear(after.minorFaults!, before.minorFaults!, 0.01, 5, "faults");
    });

    test("has no guard, and is ended by whoever disposes of it", { skip, timeout: 120_000 }, async () => {
      const before = guards(process.pid).length;
      const word = `proctor-kept-${process.pid}-${++words}`;
      {
        await using group = await ProcessGroup.create(options);
        group.start(["perl", "-e", "sleep 300", word]);
        assert.equal(guards(process.pid).length, before);
      }
      assert.deepEqual(alive(word), []);
    });
  });
}

describe("what is not a saved group", () => {
  for (
    const value of [null, 5, [], {}, { version: 2 }, {
      version: 1,
      mechanism: "cgroup",
      directory: "relative",
    }]
  ) {
    test(`${JSON.stringify(value)} is refused`, () =>
      refused(value, /^this is not a saved group: /, "usage"));
  }

  test("a group that ends with its owner cannot be saved", { timeout: 120_000 }, async () => {
    await using group = await ProcessGroup.create();
    for (const attempt of [() => group.save(), () => group.detach()]) {
      assert.throws(attempt, /onOwnerDeath: "keep"/);
    }
  });

  test("nobody knows a third way to die", () =>
    assert.rejects(
      () => ProcessGroup.create({ onOwnerDeath: "both" as "keep" }),
      /onOwnerDeath: "both" is not right; it is "kill" or "keep"/,
    ));
});
