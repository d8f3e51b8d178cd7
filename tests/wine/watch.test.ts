/* `proctor watch`, and what `proctor top` reads, on Windows. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ProcessTable } from "../../host/process_table.ts";
import type { HostProcess } from "../../host/process_table.ts";
import { loadPlatform, loadProcessDirectory } from "../../platform/mod.ts";
import { eventually } from "../support/eventually.ts";
import { isHeld, proctor, PROGRAM, startProctor, withDirectory } from "./support/programs.ts";

const LONG = "120000";

/** Lend a program that sleeps, and that can be told from any other by its words. */
async function withSleeper<T>(word: string, use: (child: ChildProcess) => Promise<T>): Promise<T> {
  const child = spawn(PROGRAM, ["sleep", LONG, word], { stdio: "ignore" });
  const ended = once(child, "close");
  try {
    return await use(child);
  } finally {
    child.kill();
    await ended;
  }
}

async function check(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await proctor(["watch", "--check", ...words]);
  assert.equal(code, 0, stderr);
  return stdout.toString();
}

describe("watch on Windows", { timeout: 240_000 }, () => {
  test("finds processes by name, command line, user, number and PID file", async () => {
    await withSleeper("word-of-check", async ({ pid }) => {
      await withDirectory(async (directory) => {
        const pidFile = join(directory, "one.pid");
        writeFileSync(pidFile, `${pid}\r\n`);
        const user = process.env.USERNAME!;
        for (
          const words of [
            ["--name", "PROGRAM"],
            ["--name", "program.exe", "--user", user],
            ["--command-line", "sleep \\d+ word-of-check"],
            ["--pid", String(pid)],
            ["--pid-file", pidFile],
          ]
        ) {
          const table = await check(...words);
          // The command is cut to the width of the table.
          assert.match(table, new RegExp(` ${pid} +\\S+program\\.exe `), words.join());
        }
      });
    });
  });

  test("says what is not to be found", async () => {
    assert.match(await check("--name", "no-such-program"), /none at the moment/);
    assert.match(await check("--user", "nobody-here"), /there is no user called "nobody-here"\r?\n/);
    assert.match(await check("--user", "1000"), /on Windows users have no numbers: write a name/);
    assert.match(await check("--unit", "cron"), /containers, pods and units are found on Linux only/);
    const { code, stderr } = await proctor(["watch", "--check", "--cgroup", "/x"]);
    assert.deepEqual([code, stderr], [125, "proctor: Windows has no control groups\n"]);
  });

  test("finds who has a port", async () => {
    // Wine does not tell who listens at one of TCP: tests/platform/windows does.
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    try {
      const table = await check("--port", String(socket.address().port));
      assert.match(table, new RegExp(` ${process.pid} +.*bun`));
    } finally {
      socket.close();
    }
  });

  test("follows what comes and goes", async () => {
    await withDirectory(async (directory) => {
      const records = join(directory, "watched.jsonl");
      const watching = startProctor([
        "watch",
        "--command-line",
        "sleep \\d+ word-of-watch",
        "--interval",
        "200ms",
        "--discover-interval",
        "200ms",
        "--records",
        records,
      ]);
      const ended = once(watching, "close");
      let stderr = "";
      watching.stderr.on("data", (piece) => stderr += piece);
      try {
        const messages = () =>
          existsSync(records)
            ? readFileSync(records, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line))
            : [];
        await withSleeper("word-of-watch", async ({ pid }) => {
          const seen = () => messages().find(({ process }) => process.pid === pid);
          await eventually(
            () => seen() !== undefined,
            60_000,
            () => JSON.stringify(messages()).slice(0, 2_000),
          );
          const { state, metrics } = seen();
          assert.equal(state, "running");
          assert.ok(metrics.memory_bytes > 0 && metrics.thread_count >= 1, JSON.stringify(metrics));
          assert.equal(metrics.disk_read_bytes, null);
        });
        const last = () => messages().at(-1)?.state;
        await eventually(() => last() === "ended", 60_000, () => `it is ${last()}`);
        assert.doesNotMatch(stderr, /may not be read|root/);
      } finally {
        watching.kill();
        await ended;
      }
    });
  });
});

describe("the processes of the machine, on Windows", { timeout: 120_000 }, () => {
  test("are told with users, words and groups of proctor's, and signalled by PID and birth", async () => {
    const platform = await loadPlatform();
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const child = startProctor(["run", "-q", "--", PROGRAM, "hold", file, LONG]);
      const ended = once(child, "close");
      const table = new ProcessTable(platform, await loadProcessDirectory());
      const find = (): HostProcess | undefined => {
        table.refresh(performance.now(), new Set());
        return [...table.processes].find(({ name, command }) =>
          name === "program.exe" && command.endsWith(`hold ${file} ${LONG}`)
        );
      };
      try {
        // Wine does not tell all of a process in its first moments.
        await eventually(() => isHeld(file), 60_000, () => "it has not come up");
        const { userName, group, isKernelThread, birth, pid, parentPid } = find()!;
        assert.deepEqual([userName, isKernelThread], [process.env.USERNAME, false]);
        assert.equal(parentPid, child.pid);
        assert.match(String(group), new RegExp(`^${child.pid}-[0-9a-f]{12}$`));
        assert.equal(platform.signal({ pid, birth: birth + 1 }, "SIGKILL"), false);
        assert.equal(platform.signal({ pid, birth }, "SIGKILL"), true);
        await ended;
        // Wine's list has it for a moment longer.
        await eventually(() => find() === undefined, 30_000, () => JSON.stringify(find()));
      } finally {
        child.kill();
        table.close();
      }
    });
  });

  test("are shown on a terminal only", async () => {
    const { code, stderr } = await proctor(["top"]);
    assert.equal(code, 2);
    assert.equal(
      stderr,
      "proctor: top: it needs a terminal; for programs there are proctor top --batch and --json\n",
    );
  });
});
