/* stop, signal, pause and resume. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fixture } from "../support/fixture.ts";
import { processState } from "../support/linux.ts";
import { ProcessGroup } from "../../mod.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import { talk } from "./support/streams.ts";
import { allPids, holders, parentOf, until } from "./support/traces.ts";

const QUIET = { stdin: "null", stdout: "null" } as const;

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`stop on the rung ${rung.name}`, () => {
    test("of nothing is over at once", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        const { elapsedSeconds, ...report } = await group.stop({ graceMs: 60_000 });
        assert.deepEqual(report, { membersBefore: 0, membersAfter: 0, signalled: [], killed: false });
        assert.ok(elapsedSeconds < 10);
      }));

    test(
      "ends when the members have ended by themselves",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await using graceful = talk(group, [fixture("graceful_sigterm"), "7"]);
          await graceful.next();
          const { elapsedSeconds, ...report } = await group.stop({ graceMs: 60_000 });
          const { pid } = graceful.process;
          const signalled = [{ pid, name: "graceful_sigter", signals: ["SIGTERM"] }];
          assert.deepEqual(report, { membersBefore: 1, membersAfter: 0, signalled, killed: false });
          assert.ok(elapsedSeconds < 15);
          assert.deepEqual(await graceful.next(), { stopping: true, signal: "TERM" });
          assert.deepEqual((await graceful.process.wait()).exitCode, 7);
          assert.equal((await group.output(["echo", "again"])).exitCode, 0, "the group can be used again");
        }),
    );

    test(
      "begins with the signal asked for",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await using running = talk(group, [fixture("on_signal"), "INT", "9"]);
          await running.next();
          const { killed } = await group.stop({ graceMs: 15_000, signal: "SIGINT" });
          assert.equal((await running.next()).deliveries, 1);
          assert.deepEqual([killed, (await running.process.wait()).exitCode], [false, 9]);
        }),
    );

    test(
      "kills what ignores the signal, when the grace is over",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await using stubborn = talk(group, [fixture("ignore_sigterm"), "60"]);
          await stubborn.next();
          const { elapsedSeconds, ...report } = await group.stop({ graceMs: 300 });
          const { pid } = stubborn.process;
          const signalled = [{ pid, name: "ignore_sigterm", signals: ["SIGTERM", "SIGKILL"] }];
          assert.deepEqual(report, { membersBefore: 1, membersAfter: 0, signalled, killed: true });
          assert.ok(elapsedSeconds >= 0.3 && elapsedSeconds < 15, `${elapsedSeconds}`);
          assert.equal((await stubborn.process.wait()).signal, "SIGKILL");
        }),
    );

    test(
      "ends what forks while it is being stopped",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const name = `proctor-forks-${process.pid}-${rung.name}`;
          // Each generation lives 20 ms and starts the next; SIGTERM is ignored. Bounded, should it get away.
          const script =
            '$SIG{TERM} = "IGNORE"; for (1 .. 1000) { select undef, undef, undef, 0.02; exit if fork }';
          group.start(["perl", "-e", script, name], QUIET);
          await until(() => group.stats().totalProcessCount > 3, "the third generation");
          const { killed, membersAfter } = await group.stop({ graceMs: 100 });
          assert.deepEqual([killed, membersAfter, holders(name)], [true, 0, []]);
        }),
    );

    test(
      "lets the clean-up commands of a trap run within the grace",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const script =
            `trap 'sleep 0.3; echo "[1]"; exit 3' TERM; echo "[0]"; while :; do sleep 0.05; done`;
          await using shell = talk(group, ["sh", "-c", script]);
          assert.deepEqual(await shell.next(), [0]);
          const { killed, elapsedSeconds } = await group.stop({ graceMs: 60_000 });
          assert.deepEqual(await shell.next(), [1], "it was cleaned up");
          assert.deepEqual([(await shell.process.wait()).exitCode, killed], [3, false]);
          assert.ok(elapsedSeconds >= 0.3 && elapsedSeconds < 15, `${elapsedSeconds}`);
        }),
    );

    test(
      "kills newcomers with the rest when the grace is over",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const name = `proctor-newcomer-${process.pid}-${rung.name}`;
          const script = `trap 'perl -e "sleep 300" ${name}' TERM; echo "[0]"; while :; do sleep 0.05; done`;
          await using shell = talk(group, ["sh", "-c", script]);
          await shell.next();
          // Time enough for it to start on a busy machine.
          const stopping = group.stop({ graceMs: 5_000 });
          await until(() => holders(name).length === 1, "the clean-up command runs");
          const { killed, membersAfter } = await stopping;
          assert.deepEqual([killed, membersAfter, holders(name)], [true, 0, []]);
        }),
    );

    test(
      "ends a hydra: whatever is killed is started anew, and SIGTERM is ignored",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const name = `proctor-hydra-${process.pid}-${rung.name}`;
          // Sixty-three processes, each of which keeps two below it alive; bounded, should they get away.
          const script = `$SIG{TERM} = "IGNORE"; grow(5); sub grow { my ($depth, $heads) = (@_, 0); alarm 60;
            for (;;) {
              if ($depth && $heads < 2) { my $pid = fork; next if !defined $pid; grow($depth - 1) if !$pid; $heads++ }
              elsif ($depth) { wait; $heads-- } else { sleep 60 }
            } }`;
          group.start(["perl", "-e", script, name], QUIET);
          await until(() => group.stats().activeProcessCount === 63, "all have grown");
          const { killed, membersAfter } = await group.stop({ graceMs: 100 });
          assert.deepEqual([killed, membersAfter, holders(name)], [true, 0, []]);
        }),
    );

    test(
      "leaves a group that can be used again, killed though it was",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          for (let round = 1; round <= 3; round++) {
            const stubborn = group.start(["sh", "-c", "trap '' TERM; echo ready; sleep 60"], {
              stdin: "null",
              stdout: "pipe",
            });
            await stubborn.stdout!.getReader().read();
            assert.equal((await group.stop({ graceMs: 50 })).killed, true);
            const counted = group.stats().totalProcessCount;
            const again = await group.output(["sh", "-c", "echo again; cat /proc/self/cgroup"]);
            const [first, ...cgroups] = Buffer.from(again.stdout).toString().trim().split("\n");
            assert.deepEqual([again.exitCode, first], [0, "again"], `round ${round}`);
            const isInside = cgroups.some((line) => /^0::.*\/proctor-\d+-\d+$/.test(line));
            assert.equal(isInside, group.mechanism === "cgroup", cgroups.join());
            assert.ok(group.stats().totalProcessCount > counted);
          }
        }),
    );

    test(
      "refuses a signal that does not exist",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = group.start(["sleep", "60"], QUIET);
          await assert.rejects(group.stop({ signal: "SIGNOPE", graceMs: 100 }), {
            name: "ProctorError",
            kind: "usage",
            message: /SIGNOPE/,
          });
          assert.equal(running.exitStatus, undefined, "nothing was stopped");
        }),
    );

    test(
      "a paused member may end gracefully",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          await using graceful = talk(group, [fixture("graceful_sigterm"), "7"]);
          await graceful.next();
          await group.pause();
          const { killed } = await group.stop({ graceMs: 15_000 });
          assert.deepEqual([killed, (await graceful.process.wait()).exitCode], [false, 7]);
        }),
    );

    test(
      "a child that has stopped itself is killed at once with the rest",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = group.start(["sh", "-c", "kill -STOP $$"], QUIET);
          await until(() => processState(running.pid) === "T", "it stops itself");
          assert.equal(running.exitStatus, undefined, "stopped is not ended");
          assert.deepEqual((await group.stop({ graceMs: 0 })).membersAfter, 0);
          assert.equal((await running.wait()).signal, "SIGKILL");
        }),
    );
  });

  describe(`signals on the rung ${rung.name}`, () => {
    test(
      "reach every member, and are counted",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = [1, 2, 3].map(() => talk(group, [fixture("on_signal"), "USR1", "5"]));
          for (const one of running) await one.next();
          assert.equal(group.signal("SIGUSR1"), 3);
          const ends = await Promise.all(running.map((one) => one.process.wait()));
          assert.deepEqual(ends.map(({ exitCode }) => exitCode), [5, 5, 5]);
          assert.equal(group.signal("SIGUSR1"), 0);
          for (const one of running) await one[Symbol.asyncDispose]();
        }),
    );

    test(
      "reach one process alone where that is meant",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const [one, other] = [group.start(["sleep", "1000"], QUIET), group.start(["sleep", "1000"], QUIET)];
          assert.throws(() => one.signal("SIGNOTHING"), /signal: there is none called "SIGNOTHING"/);
          assert.equal(one.signal("SIGINT"), true);
          assert.equal((await one.wait()).signal, "SIGINT");
          assert.equal(one.signal("SIGINT"), false, "it has ended");
          assert.equal(other.exitStatus, undefined);
        }),
    );

    test("with an unknown name are refused", { skip, timeout: 120_000 }, () =>
      withGroup(rung, (group) => {
        for (const name of ["SIGNOPE", "TERM", "15", ""]) {
          assert.throws(() => group.signal(name), { name: "ProctorError", kind: "usage" }, name);
        }
        return Promise.resolve();
      }));
  });

  describe(`pause and resume on the rung ${rung.name}`, () => {
    test("CPU stands still between them", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        const running = group.start(["perl", "-e", "fork; 1 while 1"], QUIET);
        const cpu = () => group.stats().totalCpuTimeSeconds!;
        await until(() => cpu() > 0.1 && group.stats().activeProcessCount === 2, "both are running");
        await group.pause();
        if (rung.name === "subreaper") {
          const both = () => allPids().filter((pid) => pid === running.pid || parentOf(pid) === running.pid);
          await until(() => both().every((pid) => processState(pid) === "T"), "they are stopped");
        }
        const paused = cpu();
        await sleep(300);
        assert.ok(cpu() - paused < 0.005, `${cpu() - paused} s of CPU while paused`);
        assert.equal(running.exitStatus, undefined);
        group.resume();
        await until(() => cpu() > paused + 0.1, "they run again");
      }));

    test("nothing is started in between", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        await group.pause();
        assert.throws(() => group.start(["true"], QUIET), { kind: "usage", message: /paused.*resume/ });
        group.resume();
        assert.equal((await group.start(["true"], QUIET).wait()).exitCode, 0);
      }));

    test("a group that is paused can be closed", { skip, timeout: 120_000 }, async () => {
      const name = `proctor-paused-${process.pid}-${rung.name}`;
      await withGroup(rung, async (group) => {
        group.start(["perl", "-e", "fork; sleep 300", name], QUIET);
        await group.pause();
      });
      assert.deepEqual(holders(name), []);
    });

    test("a pause that meets the closing of the group comes back", { skip, timeout: 120_000 }, async () => {
      const group = await ProcessGroup.create(rung.options);
      group.start(["perl", "-e", "fork for 1 .. 6; 1 while 1"], QUIET);
      const pausing = group.pause().then(() => "back", () => "back");
      group[Symbol.dispose]();
      assert.equal(await pausing, "back");
    });
  });
}
