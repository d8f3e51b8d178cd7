/* What the guard finds when the owner was killed with -9, and what it cannot find. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import { ownCgroup } from "../../platform/linux/cgroup/cgroup_path.ts";
import { startOwner } from "./support/owner.ts";
import { RUNGS } from "./support/rungs.ts";
import type { Rung } from "./support/rungs.ts";
import { cgroupsOf, describeProcesses, guards, holders, living, read, until } from "./support/traces.ts";

let words = 0;

/** Run a shell script that prints a line when it is ready, as the owner's only command, and kill the owner. */
async function killOwner(
  rung: Rung,
  script: string,
  members: number,
  before: (owner: number, word: string) => Promise<void> = () => Promise.resolve(),
): Promise<{ pid: number; word: string }> {
  const word = `proctor-killed-${process.pid}-${++words}`;
  const owner = startOwner(rung.name, "run", word, script);
  await owner.talks;
  await until(() => hold(word, owner.pid).length >= members, `${members} members`);
  await before(owner.pid, word);
  owner.child.kill("SIGKILL");
  assert.equal((await owner.ended).signal, "SIGKILL");
  return { pid: owner.pid, word };
}

const hold = (word: string, owner: number) => living(holders(word)).filter((pid) => pid !== owner);

async function nothingIsLeft(
  rung: Rung,
  script: string,
  members: number,
  before?: (owner: number) => Promise<void>,
): Promise<void> {
  const { pid, word } = await killOwner(rung, script, members, before);
  const left = () => describeProcesses([...hold(word, pid), ...guards(pid)]);
  await until(() => hold(word, pid).length === 0, "the members are gone", left);
  await until(() => cgroupsOf(pid).length === 0, "the cgroup is gone", left);
  await until(() => guards(pid).length === 0, "the guard is gone", left);
}

/** Kill the guard of an owner, and wait for the one that takes its place. */
async function killGuard(owner: number): Promise<void> {
  const standing = () => living(guards(owner));
  await until(() => standing().length === 1, "a guard");
  const [killed] = standing();
  process.kill(killed, "SIGKILL");
  // One look, not two: between them the killed one may go.
  await until(() => {
    const [other, ...more] = standing();
    return other !== undefined && other !== killed && more.length === 0;
  }, "another guard");
}

const SLEEPER = `perl -e 'sleep 300' $0`;
const ready = (script: string) => `${script} echo ready; wait; sleep 300; : `;

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`after kill -9 of the owner on the rung ${rung.name}`, () => {
    test(
      "children are gone",
      { skip, timeout: 120_000 },
      () => nothingIsLeft(rung, ready(`${SLEEPER} & ${SLEEPER} &`), 3),
    );

    test(
      "children are gone, though its guard was killed before, and the one after that, too",
      { skip, timeout: 120_000 },
      () =>
        nothingIsLeft(rung, ready(`${SLEEPER} & setsid ${SLEEPER} &`), 3, async (owner) => {
          for (let time = 0; time < 3; time++) await killGuard(owner);
        }),
    );

    test(
      "those in sessions of their own are gone",
      { skip, timeout: 120_000 },
      () => nothingIsLeft(rung, ready(`setsid ${SLEEPER} & setsid ${SLEEPER} &`), 3),
    );

    test(
      "those that have double-forked are gone",
      { skip, timeout: 120_000 },
      () => nothingIsLeft(rung, ready(`(setsid ${SLEEPER} &) ; (${SLEEPER} &) ;`), 3),
    );

    test("those that ignore every signal they can are gone", { skip, timeout: 120_000 }, () =>
      nothingIsLeft(
        rung,
        ready(`perl -e '$SIG{$_} = "IGNORE" for qw(TERM INT HUP QUIT PIPE); sleep 300' $0 &`),
        2,
      ));

    test(
      "those that are stopped are gone",
      { skip, timeout: 120_000 },
      () => nothingIsLeft(rung, ready(`perl -e 'kill STOP => $$; sleep 300' $0 &`), 2),
    );

    test("those that fork all the time are gone", { skip, timeout: 120_000 }, () =>
      nothingIsLeft(
        rung,
        ready(`perl -e 'for (1 .. 2000) { select undef, undef, undef, 0.01; exit if fork }' $0 &`),
        2,
      ));

    test(
      "those without our mark in their environment, in a session that has one, are gone",
      {
        skip,
        timeout: 120_000,
      },
      () =>
        nothingIsLeft(rung, ready(`setsid sh -c 'env -i ${SLEEPER.replaceAll("'", '"')} & wait' $0 &`), 3),
    );

    test(
      "those who run in a working directory of their own, as children of init, are gone",
      {
        skip,
        timeout: 120_000,
      },
      () => nothingIsLeft(rung, ready(`(cd / && setsid sh -c '${SLEEPER.replaceAll("'", '"')} &' $0) ;`), 2),
    );
  });
}

const [cgroup, subreaper] = RUNGS;

test("a cgroup holds those, too, that have left session and environment", {
  skip: cgroup.skip,
  timeout: 120_000,
}, () => nothingIsLeft(cgroup, ready(`(env -i setsid ${SLEEPER} &) ;`), 2));

test("a subreaper's guard does not find those that have left session and environment", {
  timeout: 120_000,
}, async () => {
  const script = ready(`(env -i setsid ${SLEEPER} &) ;`);
  // On its way there it carries our mark still.
  const hasLeft = (owner: number, word: string) =>
    until(() => hold(word, owner).some((one) => read(one, "cmdline").startsWith("perl\0")), "it has left");
  const { pid, word } = await killOwner(subreaper, script, 2, hasLeft);
  // The guard goes when it finds no more: whoever is left then, it has not found.
  await until(() => guards(pid).length === 0, "the guard is gone");
  await until(() => hold(word, pid).length <= 1, "the others are gone");
  const left = hold(word, pid);
  left.forEach((one) => process.kill(one, "SIGKILL"));
  assert.equal(left.length, 1);
});

test("a member's own cgroup below ours goes with the next group that is made", {
  skip: cgroup.skip,
  timeout: 120_000,
}, async () => {
  const own = ownCgroup();
  assert.ok("directory" in own);
  const word = `proctor-killed-${process.pid}-below`;
  const owner = startOwner("cgroup", "run", word, ready(`${SLEEPER} &`));
  await owner.talks;
  const [name] = cgroupsOf(owner.pid);
  const below = join(own.directory, name, "below");
  mkdirSync(below);
  const members = hold(word, owner.pid);
  for (const pid of members) writeFileSync(join(below, "cgroup.procs"), `${pid}`);
  owner.child.kill("SIGKILL");
  await owner.ended;
  // By their PIDs: as long as they exit, they are in their cgroup.
  await until(() => living(members).length === 0, "the members are gone");
  await (await ProcessGroup.create())[Symbol.asyncDispose]();
  assert.equal(existsSync(below), false);
  assert.deepEqual(cgroupsOf(owner.pid), []);
});
