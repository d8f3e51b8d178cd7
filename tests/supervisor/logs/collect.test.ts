import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../../group/process_group.ts";
import {
  logService,
  messages,
  openLogs,
  readAll,
  runScript,
  Screen,
  startScript,
  wholeLog,
  withDirectory,
} from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };
const file = (more: Record<string, unknown> = {}) => ({ type: "file", path: "{process_id}.log", ...more });

for (const mode of ["file", "pipe"]) {
  describe(`logs of mode ${mode}`, () => {
    test(
      "have every line of both streams, with time, id and stream",
      TIMEOUT,
      () =>
        withDirectory(async (directory) => {
          const service = await logService(directory);
          const logs = openLogs(service, "web", { mode });
          const before = Date.now();
          await runScript(logs, "echo one; echo two >&2; printf 'no end'");
          const lines = await readAll(logs);
          const of = (stream: string) =>
            lines.filter((line) => line.stream === stream).map(({ message }) => message);
          assert.deepEqual(of("stdout"), ["one", "no end"]);
          assert.deepEqual(of("stderr"), ["two"]);
          for (const { id, timestamp } of lines) {
            assert.equal(id, "web");
            assert.ok(Date.parse(timestamp!) >= before && Date.parse(timestamp!) <= Date.now(), timestamp!);
          }
          assert.match(
            readFileSync(`${directory}/logs/web.log`, "utf8"),
            /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z web stdout \| one$/m,
          );
          assert.equal(statSync(`${directory}/logs/web.log`).mode & 0o007, 0, "not for everybody");
          await service.close();
        }),
    );

    test(
      "have all of a flood, in order, and nothing is kept back",
      TIMEOUT,
      () =>
        withDirectory(async (directory) => {
          const service = await logService(directory);
          const logs = openLogs(service, "flood", {
            mode,
            outputs: { combined: [file({ format: "plain" })] },
          });
          await runScript(logs, "seq 1 200000");
          const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
          assert.ok(wholeLog(`${directory}/logs/flood.log`).toString() === expected);
          await service.close();
        }),
    );

    test(
      "go on through the lives of a process, and with what its children write",
      TIMEOUT,
      () =>
        withDirectory(async (directory) => {
          const service = await logService(directory);
          const logs = openLogs(service, "again", { mode });
          for (const life of [1, 2, 3]) {
            await runScript(logs, `echo life ${life}; (sleep 0.05; echo child ${life}) & wait`);
          }
          assert.deepEqual(
            await messages(logs),
            [1, 2, 3].flatMap((life) => [`life ${life}`, `child ${life}`]),
          );
          await service.close();
        }),
    );

    test("keep the bytes that are no UTF-8", TIMEOUT, () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const outputs = {
          combined: [file({ format: "plain" }), file({ path: "j", format: "json" }), file({ path: "e" })],
        };
        const logs = openLogs(service, "bytes", { mode, outputs });
        await runScript(logs, String.raw`printf 'a\377b\000c\r\n\n\303\251\n'`);
        const wanted = Buffer.from([0x61, 0xff, 0x62, 0, 0x63, 13, 10, 10, 0xc3, 0xa9, 10]);
        assert.deepEqual(readFileSync(`${directory}/logs/bytes.log`), wanted);
        assert.ok(readFileSync(`${directory}/logs/e`).includes(wanted.subarray(0, 7)));
        const [first, second, third] = readFileSync(`${directory}/logs/j`, "utf8").trimEnd().split("\n")
          .map((line) => JSON.parse(line));
        assert.deepEqual(Buffer.from(first.message_base64, "base64"), wanted.subarray(0, 6));
        assert.equal(second.message, "");
        assert.equal(third.message, "é");
        assert.ok(!("message_base64" in third));
        await service.close();
      }));

    test(
      "bound a line without an end, and lose nothing of it",
      TIMEOUT,
      () =>
        withDirectory(async (directory) => {
          const service = await logService(directory);
          const logs = openLogs(service, "long", { mode, max_line: "1K", outputs: { combined: [file()] } });
          // é has two bytes, and 1025 of them cannot be cut at 1024 bytes by accident.
          await runScript(
            logs,
            "echo x; i=0; while [ $i -lt 1025 ]; do printf é; i=$((i+1)); done; echo; echo y",
          );
          const lines = await readAll(logs);
          assert.deepEqual([lines[0].message, lines.at(-1)!.message], ["x", "y"]);
          const pieces = lines.slice(1, -1);
          assert.equal(pieces.map(({ message }) => message).join(""), "é".repeat(1_025));
          assert.deepEqual(pieces.map(({ partial }) => partial), [true, true, undefined]);
          for (const { message } of pieces) assert.ok(Buffer.byteLength(message) <= 1_024);
          await service.close();
        }),
    );

    test("join lines that belong together", TIMEOUT, () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "trace", {
          mode,
          multiline: { continuation: "^\\s", timeout: "200ms" },
        });
        const follow = new AbortController();
        await using group = await ProcessGroup.create();
        const running = startScript(
          logs,
          group,
          String.raw`printf 'Oh\n  at a\n  at b\nnext\n  at c\n'; sleep 1000`,
        );
        const seen: string[] = [];
        // The last block is complete by time alone: the process goes on.
        for await (const { message } of logs.read({ follow: true }, follow.signal)) {
          if (seen.push(message) === 2) break;
        }
        assert.deepEqual(seen, ["Oh\n  at a\n  at b", "next\n  at c"]);
        await group.stop();
        await running.wait();
        await logs.ended();
        assert.deepEqual(await messages(logs), seen, "so they are read back");
        await service.close();
      }));

    test("tell what a rate limit has dropped", TIMEOUT, () =>
      withDirectory(async (directory) => {
        const told: string[] = [];
        const service = await logService(directory, {
          onDropped: (id, sentence) => told.push(`${id}: ${sentence}`),
        });
        const logs = openLogs(service, "chatty", { mode, rate_limit: { lines: 100, per: "1h" } });
        await runScript(logs, "seq 1 1000");
        await service.release(logs, false);
        const log = readFileSync(`${directory}/logs/chatty.log`, "utf8").trimEnd().split("\n");
        assert.equal(log.length, 101);
        assert.match(log[99], / stdout \| 100$/);
        assert.match(
          log[100],
          / ! 900 lines \(\d+ bytes\) dropped in \d+\.\d s: more than 100 lines in 3600 s$/,
        );
        assert.equal(told.length, 1);
        assert.match(told[0], /^chatty: 900 lines/);
        await service.close();
      }));

    test(
      "throw away what is not to be captured, and keep nobody waiting",
      TIMEOUT,
      () =>
        withDirectory(async (directory) => {
          const service = await logService(directory);
          const half = openLogs(service, "half", { mode, capture_stdout: false });
          await runScript(half, "seq 1 100000; echo kept >&2");
          assert.deepEqual(await messages(half), ["kept"]);
          const none = openLogs(service, "none", { mode, enabled: false });
          await runScript(none, "seq 1 100000; echo lost >&2");
          assert.ok(!existsSync(`${directory}/logs/none.log`));
          assert.throws(
            () => none.read({}, new AbortController().signal),
            /none: its output is kept in no file/,
          );
          await service.close();
        }),
    );

    test(
      "go to files of their own streams, to one for all, and to our own output",
      TIMEOUT,
      () =>
        withDirectory(async (directory) => {
          const screen = new Screen();
          const whole = {
            global_aggregation: { targets: [file({ path: "all.log", format: "plain", prefix: "[ALL]" })] },
            enhancement: { metadata: { add_line_number: true, add_sequence: true } },
          };
          const service = await logService(directory, { screen, whole });
          const outputs = {
            separate: {
              stdout: [file({ path: "{process_id}-out.log", format: "json" })],
              stderr: [
                file({ path: "{worker_id}-err.log" }),
                { type: "process_manager_stdout", format: "plain", color: "always" },
              ],
            },
          };
          const [a, b] = ["a", "b"].map((id) => openLogs(service, id, { mode, outputs }));
          await runScript(a, "echo 1");
          await runScript(b, "echo 2 >&2; echo 3 >&2");
          assert.match(
            readFileSync(`${directory}/logs/b-err.log`, "utf8"),
            /stderr \[sequence=3 line_number=2\] \| 3\n$/,
          );
          const { message, sequence } = JSON.parse(readFileSync(`${directory}/logs/a-out.log`, "utf8"));
          assert.deepEqual([message, sequence], ["1", 1]);
          assert.equal(screen.text, "\x1b[31mb |\x1b[0m 2\n\x1b[31mb |\x1b[0m 3\n");
          assert.equal(readFileSync(`${directory}/logs/all.log`, "utf8"), "[ALL] 1\n[ALL] 2\n[ALL] 3\n");
          assert.deepEqual(await messages(b), ["2", "3"]);
          await service.close();
        }),
    );
  });
}

describe("log collection", () => {
  test("refuses two processes that would write one file", () =>
    withDirectory(async (directory) => {
      const service = await logService(directory);
      const outputs = { combined: [file({ path: "app.log" })] };
      openLogs(service, "a", { outputs });
      assert.throws(
        () => openLogs(service, "b", { outputs }),
        /^ProctorError: b: log_collection: ".*app\.log" is written by a already; put \{process_id\} into the path$/,
      );
      await service.close();
    }));

  test("says in one line that a log cannot be made", () =>
    withDirectory(async (directory) => {
      const service = await logService(directory);
      mkdirSync(`${directory}/logs/a.log`, { recursive: true });
      assert.throws(
        () => openLogs(service, "a"),
        /^ProctorError: a: log_collection: cannot write ".*a\.log": it is a directory$/,
      );
      rmSync(`${directory}/logs/a.log`, { recursive: true });
      openLogs(service, "a");
      await service.close();
    }));

  test(
    "of a process with a name that leads elsewhere stays where it is to be",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "../a b");
        await runScript(logs, "echo x");
        assert.deepEqual(readdirSync(`${directory}/logs`), ["%2E.%2Fa%20b.log"]);
        assert.deepEqual(await messages(logs), ["x"]);
        await service.close();
      }),
  );

  test(
    "leaves nothing behind of a process that is removed, but its logs",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "gone");
        await runScript(logs, "echo x");
        await service.release(logs, true);
        assert.deepEqual(readdirSync(`${directory}/spool`), []);
        assert.deepEqual(readdirSync(`${directory}/logs`), ["gone.log"]);
        await service.close();
      }),
  );

  test(
    "gives the space of what it has collected back while the process goes on",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "big", {
          outputs: { combined: [file({ rotation: { max_files: 0 } })] },
        });
        await using group = await ProcessGroup.create();
        const running = startScript(
          logs,
          group,
          "head -c 8000000 /dev/zero | tr '\\0' x | fold -w 1000; echo; echo done; sleep 1000",
        );
        for await (const { message } of logs.read({ follow: true }, new AbortController().signal)) {
          if (message === "done") break;
        }
        await service.release(logs, false);
        const { size, blocks } = statSync(`${directory}/spool/big.0.stdout`);
        assert.ok(size > 8_000_000, `${size} bytes were written`);
        assert.ok(blocks * 512 < 3_000_000, `${blocks * 512} bytes are kept`);
        await group.stop();
        await running.wait();
        await service.close();
      }),
  );
});
