/*
 * Between two ticks run and attach stand still in the kernel instead of their event loop: whatever comes about has to
 * end that at once. The interval is a minute, so that nothing here waits for a tick.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fixture } from "../../support/fixture.ts";
import { noTmpfs, withTmpfs } from "../../support/tmpfs.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, runProgram, shell, start, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { cgroupsOf, stateOf, until } from "../support/traces.ts";

const LONG_INTERVAL = ["--interval", "60s", "--no-adaptive", "--summary", "none"];
/** Far from the interval, and from how long a busy machine may take. */
const MOMENT_MS = 20_000;
const PPOLL = process.arch === "arm64" ? 73 : 271;

/** Whether the main thread stands in poll(2): the event loop waits in epoll_pwait2(2). */
function standsStill(pid: number): boolean {
  return readFileSync(`/proc/${pid}/syscall`, "utf8").startsWith(`${PPOLL} `);
}

/** How long something takes, in milliseconds. */
async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

/** A run whose command is ready, as soon as it stands still. */
async function standing(
  options: readonly string[],
  command: readonly string[],
): Promise<{ running: Running; pid: number }> {
  const running = start(["run", ...LONG_INTERVAL, ...options, "--", ...command], { input: "open" });
  const { pid } = await running.ready();
  await until(() => standsStill(running.pid), "proctor stands still");
  return { running, pid };
}

const SLEEPER = ["sh", "-c", `echo '{"ready":true}'; exec sleep 60`];

describe("a run that stands still", () => {
  for (const [name, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
    test(`is ended by ${name} at once`, { timeout: 120_000 }, async () => {
      const { running } = await standing([], SLEEPER);
      const took = await timed(() => {
        running.kill(name);
        return running.ended;
      });
      assert.equal((await running.ended).code, code);
      assert.ok(took < MOMENT_MS, `${took} ms`);
      assert.deepEqual(cgroupsOf(running.pid), []);
    });
  }

  test("keeps its timeout", { timeout: 120_000 }, async () => {
    const took = await timed(async () => {
      const { code } = await proctor(["run", ...LONG_INTERVAL, "--timeout", "500ms", "--", "sleep", "60"]);
      assert.equal(code, 124);
    });
    assert.ok(took >= 500 && took < MOMENT_MS, `${took} ms`);
  });

  test("ends with its command", { timeout: 120_000 }, async () => {
    const took = await timed(async () => {
      const { code } = await proctor(["run", ...LONG_INTERVAL, "--", "sh", "-c", "sleep 0.3; exit 5"]);
      assert.equal(code, 5);
    });
    assert.ok(took < MOMENT_MS, `${took} ms`);
  });

  test("ends with the last that the command left running", { timeout: 120_000 }, async () => {
    const took = await timed(async () => {
      const { code } = await proctor(["run", ...LONG_INTERVAL, "--", "sh", "-c", "setsid sleep 1 & exit 5"]);
      assert.equal(code, 5);
    });
    assert.ok(took >= 1_000 && took < 1_000 + MOMENT_MS, `${took} ms`);
  });

  test("tells what it waits for", { timeout: 120_000 }, async () => {
    const running = start(["run", ...LONG_INTERVAL, "--", "sh", "-c", "setsid sleep 60 & exit 5"]);
    const took = await timed(() => until(() => running.stderr.includes("\n"), "the notice", 20_000));
    assert.match(running.stderr, /^proctor: the command has ended; waiting for sleep \(PID \d+\)[^\n]*\n$/);
    assert.ok(took < 2_000 + MOMENT_MS, `${took} ms`);
    running.kill("SIGTERM");
    assert.equal((await running.ended).code, 5);
  });

  for (const interval of ["10s", "1ms"]) {
    test(`passes 500 signals on, one after another, at ${interval}`, { timeout: 90_000 }, async () => {
      const count = 500;
      const options = ["--interval", interval, "--no-adaptive", "--budget", "100", "--summary", "none"];
      const running = start(["run", ...options, "--", fixture("count_signals"), "USR1", `${count}`]);
      await running.ready();
      for (let number = 1; number <= count; number++) {
        running.kill("SIGUSR1");
        // The kernel merges a signal with one that still waits; one that is lost is waited for in vain.
        await running.line((line) => line === `{"deliveries":${number}}`);
        if (number % 4 === 0) await sleep(4);
      }
      assert.equal((await running.ended).code, 0);
    });
  }

  test("is ended by whoever owns it", { timeout: 120_000 }, async () => {
    const script = `cat | { exec 5<&0 </dev/null; exec "$PROCTOR" run --owner fd:5 ${
      LONG_INTERVAL.join(" ")
    } -- sh -c 'echo $PPID; exec sleep 60'; }`;
    const running = startProgram(["/bin/sh", "-c", script], { input: "open", env: { PROCTOR: BINARY } });
    const pid = Number(await running.line((line) => /^\d+$/.test(line)));
    await until(() => standsStill(pid), "proctor stands still");
    const took = await timed(() => {
      running.closeInput();
      return running.ended;
    });
    assert.ok(took < MOMENT_MS, `${took} ms`);
  });

  test("is suspended and goes on as any program", { timeout: 120_000 }, async () => {
    const { running, pid } = await standing([], [
      "sh",
      "-c",
      `echo '{"ready":true,"pid":'$$'}'; exec sleep 60`,
    ]);
    running.kill("SIGSTOP");
    await until(() => stateOf(running.pid) === "T", "proctor is suspended");
    process.kill(pid, "SIGKILL");
    await until(() => ["Z", undefined].includes(stateOf(pid)), "the command has ended");
    const took = await timed(() => {
      running.kill("SIGCONT");
      return running.ended;
    });
    assert.equal((await running.ended).code, 137);
    assert.ok(took < MOMENT_MS, `${took} ms`);
  });

  test("leaves the command's standard input alone", { timeout: 120_000 }, async () => {
    const text = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join("");
    const { stdout } = await runProgram([BINARY, "run", ...LONG_INTERVAL, "--", "cat"], { input: text });
    assert.equal(stdout.toString(), text);
  });

  test(
    "does so without anybody who reads, with records to a file and to a pipe",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        for (const records of [[], ["--records", `${directory}/records`], ["--records", "-"]]) {
          const running = start([
            "run",
            "--interval",
            "50ms",
            ...records,
            "--summary",
            "none",
            "--",
            "sleep",
            "60",
          ]);
          await until(() => standsStill(running.pid), `stands still with ${records}`);
          running.kill("SIGTERM");
          assert.equal((await running.ended).code, 143);
        }
      });
    },
  );

  test("keeps to its event loop where exporters are", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const metrics = `${directory}/metrics.prom`;
      const options = ["--prometheus-textfile", metrics, "--interval", "1s", "--summary", "none"];
      const running = start(["run", ...options, "--", ...SLEEPER]);
      // From then on there are ticks; the launch itself may wait in poll(2).
      await until(() => existsSync(metrics), "the first metrics");
      for (let look = 0; look < 20; look++) {
        assert.equal(standsStill(running.pid), false);
        await sleep(20);
      }
      running.kill("SIGTERM");
      await running.ended;
    });
  });
});

describe("records of a run that stands still", () => {
  const FAST = [
    "--interval",
    "5ms",
    "--no-adaptive",
    "--budget",
    "100",
    "--per-process",
    "--summary",
    "none",
  ];

  test("are complete though nobody reads for a while", { timeout: 120_000 }, async () => {
    // The reader comes when the pipe has long been full.
    const { stdout } = await shell(
      `$PROCTOR run ${FAST.join(" ")} --records - -- sleep 6 | { sleep 2; cat; }`,
    );
    const { samples, summary } = parseStream(stdout.toString());
    assert.ok(samples.length > 50, `${samples.length}`);
    assert.equal(summary.sample_count, samples.length);
    assert.ok(stdout.length > 65_536, "the pipe was never full");
  });

  test("are the same in a file as in a pipe, each at once", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/records`;
      const running = start(["run", ...LONG_INTERVAL, "--records", file, "--", ...SLEEPER]);
      await running.ready();
      await until(() => readFileSync(file, "utf8").endsWith("\n"), "the start record is in the file");
      running.kill("SIGTERM");
      await running.ended;
      const { start: first, summary } = parseStream(readFileSync(file, "utf8"));
      assert.equal(first.kind, "start");
      assert.equal(summary.outcome, "interrupted");
    });
  });

  test("on a full disk are told once, and harm nothing", { skip: noTmpfs, timeout: 120_000 }, async () => {
    await withTmpfs("64k", async (disk) => {
      const { code, stdout, stderr } = await proctor([
        "run",
        ...FAST,
        "--records",
        `${disk}/records`,
        "--",
        "sh",
        "-c",
        "sleep 3; echo ended; exit 3",
      ]);
      assert.equal(code, 3);
      assert.equal(stdout.toString(), "ended\n");
      assert.equal(
        stderr,
        `proctor: records: cannot write to ${disk}/records: no space left on the device; the run goes on without them\n`,
      );
      // What fitted is there, every record of it whole but for the last.
      const lines = readFileSync(`${disk}/records`, "utf8").split("\n").slice(0, -1);
      assert.ok(lines.length > 10, `${lines.length}`);
      for (const line of lines) JSON.parse(line);
    });
  });
});

describe("an attach that stands still", () => {
  const attach = (pid: number, ...options: string[]) =>
    start(["attach", String(pid), ...LONG_INTERVAL, ...options]);

  test("ends with the tree, though nobody tells it", { timeout: 120_000 }, async () => {
    const target = startProgram(["sleep", "60"]);
    await until(() => stateOf(target.pid) === "S", "the target sleeps");
    const running = attach(target.pid);
    await until(() => standsStill(running.pid), "proctor stands still");
    const took = await timed(() => {
      target.kill("SIGKILL");
      return running.ended;
    });
    assert.equal((await running.ended).code, 0);
    assert.ok(took < MOMENT_MS, `${took} ms`);
  });

  test("goes on with those who outlive the root", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const records = `${directory}/records`;
      const target = startProgram(["sh", "-c", `sleep 60 & echo $!; read line`], { input: "open" });
      const child = Number(await target.line((line) => /^\d+$/.test(line)));
      const running = attach(target.pid, "--records", records);
      await until(() => standsStill(running.pid), "proctor stands still");
      target.closeInput();
      await until(() => stateOf(target.pid) === undefined, "the root has ended");
      await sleep(500);
      assert.ok(["S", "R"].includes(stateOf(running.pid)!), "it has ended");
      process.kill(child, "SIGKILL");
      // An orphan's zombie is still of the tree, until whoever adopted it waits for it.
      await until(() => stateOf(child) === undefined, "the orphan is gone", 20_000);
      const took = await timed(() => running.ended);
      assert.ok(took < MOMENT_MS, `${took} ms`);
      assert.equal(parseStream(readFileSync(records, "utf8")).processes.length, 2);
    });
  });

  test("is ended by SIGINT at once, and by its duration", { timeout: 120_000 }, async () => {
    const target = startProgram(["sleep", "60"]);
    try {
      await until(() => stateOf(target.pid) === "S", "the target sleeps");
      const running = attach(target.pid);
      await until(() => standsStill(running.pid), "proctor stands still");
      const took = await timed(() => {
        running.kill("SIGINT");
        return running.ended;
      });
      assert.ok(took < MOMENT_MS, `${took} ms`);
      const bounded = await timed(() => attach(target.pid, "--duration", "500ms").ended);
      assert.ok(bounded >= 500 && bounded < MOMENT_MS, `${bounded} ms`);
      assert.equal(stateOf(target.pid), "S");
    } finally {
      target.kill("SIGKILL");
      await target.ended;
    }
  });
});
