import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ProcessIndex } from "../../../../platform/linux/processes/process_index.ts";
import { LinuxProcessLookup } from "../../../../platform/linux/processes/process_lookup.ts";
import { start, startFixture } from "../../../support/live.ts";

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
const birthOf = (pid: number) => new LinuxProcessLookup().find(pid)!.birth;

/** Leads off a session, whose leader ends; the orphan lives until stdin does. */
const LEAVER = `
use POSIX; $| = 1;
pipe(my $r, my $w);
my $leader = fork();
if (!$leader) {
  POSIX::setsid();
  my $orphan = fork();
  if (!$orphan) { close $w; <STDIN>; exit }
  syswrite($w, $orphan); exit;
}
close $w; waitpid($leader, 0);
print qq({"leader":$leader,"orphan":) . <$r> . "}\\n";
<STDIN>;
`;

/** Has a child that does nothing, and lives until stdin does. */
const ORPHANING = `
$| = 1;
my $orphan = fork();
if (!$orphan) { open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; sleep 300; exit }
print qq({"orphan":$orphan}\n);
<STDIN>;
`;

/** The PIDs of all who descend from a process, as the index knows them. */
function descendants(index: ProcessIndex, pid: number, birth = birthOf(pid)): number[] {
  const found = new Map([[pid, birth]]);
  for (const [parent, born] of found) {
    for (const kin of index.kinOf(parent, born)) found.set(kin.pid, kin.birth);
  }
  found.delete(pid);
  return [...found.keys()].toSorted((a, b) => a - b);
}

describe("the index of all processes", () => {
  test("knows a whole tree that was there before it", async () => {
    await using tree = await startFixture("fork_tree", "2", "3", "-");
    const index = new ProcessIndex();
    index.update(false);
    const expected = tree.ready.pids.filter((pid: number) => pid !== tree.pid);
    assert.equal(expected.length, 12);
    assert.deepEqual(descendants(index, tree.pid), expected.toSorted((a: number, b: number) => a - b));
  });

  test("takes in what is new without a search", async () => {
    const index = new ProcessIndex();
    index.update(false);
    const { version } = index;
    const before = new Set(pids());
    await using tree = await startFixture("fork_tree", "1", "4", "-");
    await sleep(10);
    index.update(false);
    assert.ok(index.version > version);
    // Other tests' processes come, too.
    const newcomers = pids().filter((pid) => !before.has(pid)).length;
    assert.ok(index.version < version + 200 + newcomers, "not everybody was read again");
    assert.equal(descendants(index, tree.pid).length, 4);
    const news = new Set(index.newSince(version)!.map(({ pid }) => pid));
    assert.deepEqual(tree.ready.pids.filter((pid: number) => !news.has(pid)), []);
    assert.deepEqual(index.newSince(index.version), []);
    assert.equal(index.newSince(-1), undefined);
  });

  test("takes a search of all for no news of those that are there", { timeout: 120_000 }, async () => {
    await using tree = await startFixture("fork_tree", "1", "4", "-");
    const index = new ProcessIndex();
    index.update(true);
    const { version } = index;
    await sleep(1_100); // Older than that, all are searched for again.
    index.update(true);
    const news = index.newSince(version)!.map(({ pid }) => pid);
    assert.deepEqual(news.filter((pid) => tree.ready.pids.includes(pid)), []);
    assert.equal(descendants(index, tree.pid).length, 4);
  });

  test("finds who has left the tree by his session", async () => {
    const index = new ProcessIndex();
    index.update(true);
    await using root = await start("perl", ["-e", LEAVER]);
    index.update(true);
    // The leader has gone at once, and may never have been seen; its number is that of the session all the same.
    const kin = [...index.kinOf(root.ready.leader, 0)].map(({ pid }) => pid);
    assert.deepEqual(kin, [root.ready.orphan]);
    await root.release();
  });

  test("finds an orphan that has not run with whoever has taken it in", { timeout: 120_000 }, async () => {
    await using parent = await start("perl", ["-e", ORPHANING]);
    const { orphan } = parent.ready;
    const index = new ProcessIndex();
    index.update(true);
    assert.ok(descendants(index, parent.pid).includes(orphan));
    await parent.release();
    await sleep(1_100); // Older than that, all are searched for again.
    index.update(true);
    const adopter = new LinuxProcessLookup().find(orphan)!.parentPid;
    assert.notEqual(adopter, parent.pid);
    const kin = [...index.kinOf(adopter, 0)].map(({ pid }) => pid);
    process.kill(orphan, "SIGKILL");
    assert.ok(kin.includes(orphan));
  });

  test("gives a process no kin that is older than itself", async () => {
    await using tree = await startFixture("fork_tree", "1", "2", "-");
    const index = new ProcessIndex();
    index.update(true);
    assert.equal(descendants(index, tree.pid).length, 2);
    assert.deepEqual(descendants(index, tree.pid, birthOf(tree.pid) + 1_000_000), []);
  });
});
