/* One feed for trees and groups that overlap, or follow one another. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ProcessTree } from "../../group/process_tree.ts";
import { ProcessWatch } from "../../group/process_watch.ts";
import { SharedProcessEvents } from "../../group/shared_events.ts";
import { loadPlatform, openProcessEvents } from "../../platform/mod.ts";
import type { ProcessEventSink } from "../../platform/mod.ts";
import { runProgram, startProgram } from "../cli/support/proctor.ts";
import { eventually } from "../support/eventually.ts";
import { freshName, makeCgroup, noWorkloads, ownV2 } from "../support/workload_cgroups.ts";

const opened = await openProcessEvents({ isOfOthers: true, isOfGroups: true });
const noGroups = "drain" in opened
  ? opened.groupRoom === 0 && "needs programs in the kernel and cgroup v2"
  : opened.reason;
if ("drain" in opened) opened.close();
const CASE = { skip: noWorkloads || noGroups, timeout: 120_000 };

const ALL = { counters: true, io: true, switches: true, fileDescriptors: true };
const REQUEST = { wanted: ALL, marker: "", soleParent: false, guarded: false };

/** Starts a thread, if the kernel has io_uring, and then children. */
const THREAD = `perl -e 'my $p = pack "L30", 0, 0, 2; syscall(425, 8, $p); system "/bin/true" for 1 .. 2'`;

const entry = (directory: string) => `echo 0 > ${join(directory, "cgroup.procs")}`;
const placeOf = (pid: number | "self") => readFileSync(`/proc/${pid}/cgroup`, "utf8").match(/^0::(.*)$/m)![1];

function lent(events: SharedProcessEvents) {
  const feed = events.lend();
  assert.ok("drain" in feed);
  return feed;
}

describe("a feed that is shared", () => {
  test(
    "tells a tree of all that descends from it, though a group is told of it as well and left",
    CASE,
    async () => {
      await using cgroup = makeCgroup(ownV2(), freshName("overlap"));
      const platform = await loadPlatform();
      const child = `${entry(ownV2())}; /bin/true; ${THREAD}; exec sh -c "/bin/true; /bin/true; exit 0"`;
      const script = `${entry(cgroup.directory)}; echo ready; read go; sh -c '${
        child.replaceAll("'", `'\\''`)
      }'; echo done; read end`;
      const shell = startProgram(["sh", "-c", script], { input: "open" });
      await shell.line((line) => line === "ready");
      const events = await SharedProcessEvents.open();
      const ofTree = ProcessWatch.over(lent(events));
      const feed = lent(events);
      const ofGroup = ProcessWatch.over(feed);
      try {
        const tree = ProcessTree.observe(platform, shell.pid, REQUEST)!;
        ofTree.beginAmidst(tree);
        // After the tree, whose root it has, too.
        const places = [{ hierarchy: "", path: placeOf(shell.pid) }];
        assert.ok(feed.addGroup(places));
        ofGroup.beginAmidst(ProcessTree.observeCgroup(platform, places, REQUEST)!);
        shell.write("go\n");
        await shell.line((line) => line === "done");
        shell.closeInput();
        await shell.ended;
        const { table, account } = ofTree.finish(tree, NaN);
        assert.equal(account.quality, "exact");
        const counts = table.by_executable.map((row) => `${row.name} ${row.process_count}`);
        // Two shells, of which one is another by its last execution; each has started what it was to.
        assert.deepEqual(counts.sort(), ["perl 1", "sh 2", "true 5"]);
        assert.equal(table.by_executable.reduce((sum, row) => sum + row.unaccounted_count, 0), 0);
      } finally {
        ofTree.close();
        ofGroup.close();
        events.close();
      }
    },
  );

  test("counts who enters a group by an execution from there on", CASE, async () => {
    await using cgroup = makeCgroup(ownV2(), freshName("entering"));
    const own = placeOf("self").replace(/\/$/, "");
    const places = [{ hierarchy: "", path: cgroup.directory.replace(ownV2(), own) }];
    const platform = await loadPlatform();
    const shell = startProgram(["sh", "-c", `${entry(cgroup.directory)}; echo ready; read end`], {
      input: "open",
    });
    await shell.line((line) => line === "ready");
    const events = await SharedProcessEvents.open();
    const feed = lent(events);
    const watch = ProcessWatch.over(feed);
    try {
      assert.ok(feed.addGroup(places));
      const tree = ProcessTree.observeCgroup(platform, places, REQUEST)!;
      watch.beginAmidst(tree);
      // An execution does not set back the CPU clock of a process: 1 s before it, and 0.3 s after.
      const until = (seconds: number) => `use POSIX; 1 while POSIX::clock() < ${seconds} * 1e6`;
      const entering = `open my $f, ">", "${join(cgroup.directory, "cgroup.procs")}"; print $f 0; close $f`;
      await runProgram(["perl", "-e", `${until(1)}; ${entering}; exec "perl", "-e", '${until(1.3)}'`]);
      shell.closeInput();
      await shell.ended;
      const { table, account } = watch.finish(tree, NaN);
      assert.equal(account.quality, "exact");
      const perl = table.by_executable.find(({ name }) => name === "perl")!;
      assert.equal(perl.process_count, 1);
      assert.ok(perl.cpu_seconds! > 0.2 && perl.cpu_seconds! < 0.4, String(perl.cpu_seconds));
    } finally {
      watch.close();
      events.close();
    }
  });

  test("is taken from as often as a tree is busy, whosever look has taken its events", CASE, async () => {
    const tree = {
      member: () => undefined,
      heed() {},
      platform: { compileSoon() {} },
    } as unknown as ProcessTree;
    const events = await SharedProcessEvents.open();
    const [busy, other] = [0, 1].map(() => ProcessWatch.over(lent(events)));
    const shell = startProgram(["sh", "-c", "read go; /bin/true; echo done; read end"], { input: "open" });
    try {
      for (const watch of [busy, other]) watch.beginEmpty(tree);
      busy.start(shell.pid);
      const pauseMs = (watch: ProcessWatch) => {
        const now = performance.now();
        watch.tick(now, true);
        return Math.round(watch.sleepMs(now, false));
      };
      await eventually(() => pauseMs(busy) === 100);
      shell.write("go\n");
      await shell.line((line) => line === "done");
      // The birth at least has been told by now.
      other.catchUp();
      assert.equal(pauseMs(busy), 20);
    } finally {
      shell.closeInput();
      await shell.ended;
      busy.close();
      other.close();
      events.close();
    }
  });

  test("tells a group nothing that waits for the one that had its place before", CASE, async () => {
    await using before = makeCgroup(ownV2(), freshName("before"));
    await using after = makeCgroup(ownV2(), freshName("after"));
    const own = placeOf("self").replace(/\/$/, "");
    const places = (directory: string) => [{ hierarchy: "", path: directory.replace(ownV2(), own) }];
    const events = await SharedProcessEvents.open();
    const told: string[] = [];
    const sink: ProcessEventSink & { joined(pid: number): void } = {
      joined: (pid) => void told.push(`${pid} joined`),
      forked: (pid) => void told.push(`${pid} forked`),
      threadStarted() {},
      executed() {},
      leaving() {},
      exited() {},
      accounted() {},
    };
    const first = lent(events);
    try {
      assert.ok(first.addGroup(places(before.directory)));
      await runProgram(["sh", "-c", `${entry(before.directory)}; /bin/true; exec /bin/true`]);
      first.close();
      const second = lent(events);
      assert.ok(second.addGroup(places(after.directory)));
      second.drain(sink);
      assert.deepEqual(told, []);
      await runProgram(["sh", "-c", `${entry(after.directory)}; exec /bin/true`]);
      await eventually(() => second.drain(sink) >= 0 && told.length === 1);
      second.close();
    } finally {
      first.close();
      events.close();
    }
  });
});
