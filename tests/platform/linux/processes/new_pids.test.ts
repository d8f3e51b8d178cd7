/* Which processes have come since: the answer is that of /proc itself, however much has been forked in between. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { lastPid } from "../../../../platform/linux/proc/proc_loadavg.ts";
import { processesBetween } from "../../../../platform/linux/processes/new_pids.ts";
import { countClocks } from "../../../support/count_clocks.ts";
import { start, startFixture } from "../../../support/live.ts";

const listed = () => readdirSync("/proc").map(Number).filter((pid) => pid > 0);
const wrap = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"));

/** Whether a PID was given out after one and up to another, where they wrap around. */
const isBetween = (pid: number, before: number, last: number) =>
  before <= last ? pid > before && pid <= last : pid > before || pid <= last;

/** Uses up PIDs, its children ended and waited for. */
const FORK =
  `my $n = shift; for (1..$n) { my $p = fork; exit 0 unless $p; waitpid $p, 0 } $| = 1; print "{}\\n"; <STDIN>`;

test("the living and zombies are found behind many PIDs that are nobody's, without a look at each", {
  timeout: 120_000,
}, async () => {
  const before = lastPid();
  await using zombies = await startFixture("zombie_maker", "3");
  await using forker = await start("perl", ["-e", FORK, "600"]);
  await using last = await startFixture("alloc_mb", "1", "-");
  const newest = lastPid();
  const known = listed();
  const [found, clocks] = countClocks(() => processesBetween(before, newest));
  assert.ok(found, "too many PIDs were given out meanwhile");
  for (const pid of [zombies.pid, ...zombies.ready.pids, forker.pid, last.pid]) {
    assert.ok(found.includes(pid), `${pid} was not found`);
  }
  assert.ok(found.every((pid) => isBetween(pid, before, newest)), `${found} from ${before} to ${newest}`);
  assert.equal(clocks, 0);
  // Others come and go between the two lists: whoever was there before and still is must be in it.
  const there = new Set(listed());
  const expected = known.filter((pid) => there.has(pid) && isBetween(pid, before, newest));
  assert.deepEqual(expected.filter((pid) => !found.includes(pid)), []);
});

test("a few are tried one by one, with the same result", { timeout: 120_000 }, async () => {
  await using live = await startFixture("zombie_maker", "2");
  const [one, two] = live.ready.pids;
  for (const pid of [live.pid, one, two]) assert.deepEqual(processesBetween(pid - 1, pid), [pid]);
  assert.equal(processesBetween(live.pid - 1, two)?.includes(one), one > live.pid && one <= two);
});

test("where PIDs wrap around, those on both sides are found", { timeout: 120_000 }, () => {
  // As if the numbers from shortly before the end up to our own had been given out: too many, but for a low number.
  const found = processesBetween(wrap - 5, 60);
  assert.ok(found);
  assert.ok(found.includes(1), "the first process");
  assert.ok(found.every((pid) => isBetween(pid, wrap - 5, 60)), String(found));
  const there = new Set(listed());
  assert.ok(found.every((pid) => there.has(pid)), String(found));
});

test("too many are not looked for, and nobody came where no PID was given out", () => {
  assert.equal(processesBetween(100, 99), undefined);
  assert.equal(processesBetween(NaN, 99), undefined);
  assert.deepEqual(processesBetween(process.pid, process.pid), []);
});
