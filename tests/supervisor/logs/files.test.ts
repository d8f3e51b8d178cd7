import assert from "node:assert/strict";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ProcessGroup } from "../../../group/process_group.ts";
import { LogFile } from "../../../supervisor/logs/log_file.ts";
import {
  bytes,
  logService,
  messages,
  openLogs,
  readAll,
  ROTATION,
  runScript,
  START,
  startScript,
  wholeLog,
  withDirectory,
} from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };

describe("LogFile", () => {
  test("sets a file aside before it grows too large, and keeps so many", () =>
    withDirectory(async (directory) => {
      const path = `${directory}/deep/a.log`;
      const file = LogFile.open(path, ROTATION, START);
      for (let line = 0; line < 30; line++) {
        await file.append(bytes(`${String(line).padStart(39)}\n`), START + line);
      }
      await file.close();
      const names = readdirSync(`${directory}/deep`).sort();
      assert.deepEqual(names, [
        "a.log",
        ...[20, 22, 24, 26, 28].map((ms) => `a.log.0000${ms / 2}.20260131T120000.0${ms}Z`),
      ]);
      for (const name of names) assert.equal(readFileSync(`${directory}/deep/${name}`).length, 80);
      assert.deepEqual(
        wholeLog(path).toString().trim().split(/\s+/).map(Number),
        Array.from({ length: 12 }, (_, index) => 18 + index),
      );
    }));

  test("gives two that are set aside in one moment names of their own", () =>
    withDirectory(async (directory) => {
      const path = `${directory}/a.log`;
      const file = LogFile.open(path, ROTATION, START);
      for (const text of ["a", "b", "c", "d"]) await file.append(bytes(text.repeat(100)), START);
      await file.close();
      assert.equal(wholeLog(path).toString(), ["a", "b", "c", "d"].map((text) => text.repeat(100)).join(""));
    }));

  test("sets aside by time, but nothing that is empty, and throws away by age", () =>
    withDirectory(async (directory) => {
      const path = `${directory}/a.log`;
      const file = LogFile.open(path, { ...ROTATION, intervalMs: 1_000, maxAgeMs: 60_000 }, START);
      file.maintain(START + 2_000);
      assert.deepEqual(readdirSync(directory), ["a.log"]);
      await file.append(bytes("one\n"), START + 2_000);
      file.maintain(START + 2_500);
      assert.deepEqual(readdirSync(directory), ["a.log"]);
      file.maintain(START + 3_000);
      assert.deepEqual(readdirSync(directory).sort(), ["a.log", "a.log.000001.20260131T120003.000Z"]);
      file.maintain(START + 63_000);
      assert.equal(readdirSync(directory).length, 2);
      file.maintain(START + 93_001);
      assert.deepEqual(readdirSync(directory), ["a.log"]);
      await file.close();
    }));

  test("compresses what it sets aside, also what was left uncompressed", () =>
    withDirectory(async (directory) => {
      const path = `${directory}/a.log`;
      writeFileSync(`${path}.20260130T120000.000Z`, "old");
      writeFileSync(`${path}.20260130T120000.000Z.gz.unfinished`, "half");
      writeFileSync(`${path}.notes`, "not ours");
      const file = LogFile.open(path, { ...ROTATION, compress: true }, START);
      await file.append(bytes("x".repeat(99)), START);
      await file.append(bytes("yy"), START);
      await file.close();
      const [old, set] = file.setAside();
      assert.equal(gunzipSync(readFileSync(old.path)).toString(), "old");
      assert.equal(gunzipSync(readFileSync(set.path)).toString(), "x".repeat(99));
      assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith("unfinished")), []);
      assert.equal(readFileSync(`${path}.notes`, "utf8"), "not ours");
    }));

  test("goes on with a new file when somebody has taken it away", () =>
    withDirectory(async (directory) => {
      const path = `${directory}/a.log`;
      const file = LogFile.open(path, ROTATION, START);
      await file.append(bytes("one\n"), START);
      renameSync(path, `${directory}/taken`);
      file.maintain(START);
      await file.append(bytes("two\n"), START);
      await file.close();
      assert.equal(readFileSync(`${directory}/taken`, "utf8"), "one\n");
      assert.equal(readFileSync(path, "utf8"), "two\n");
    }));

  test("goes on where its directory was moved, and a link leads there now", () =>
    withDirectory(async (directory) => {
      const path = `${directory}/deep/a.log`;
      const file = LogFile.open(path, { ...ROTATION, maxFiles: 100 }, START);
      for (let line = 0; line < 30; line++) {
        if (line === 5) {
          renameSync(`${directory}/deep`, `${directory}/moved`);
          symlinkSync(`${directory}/moved`, `${directory}/deep`);
        }
        await file.append(bytes(`${String(line).padStart(39)}\n`), START + line);
      }
      await file.close();
      assert.deepEqual(
        wholeLog(`${directory}/moved/a.log`).toString().trim().split(/\s+/).map(Number),
        Array.from({ length: 30 }, (_, index) => index),
      );
      assert.ok(readdirSync(`${directory}/moved`).length > 10, "it is rotated there");
    }));

  test("leaves no half entry when the disk is full", () =>
    withDirectory(async (directory) => {
      symlinkSync("/dev/full", `${directory}/full`);
      const file = LogFile.open(`${directory}/full`, ROTATION, START);
      await assert.rejects(file.append(bytes("x"), START), { code: "ENOSPC" });
      assert.equal(file.size, 0);
      await file.close();
    }));
});

describe("reading back", () => {
  const outputs = {
    separate: {
      stdout: [{ type: "file", path: "out.log", rotation: { max_size: "4K", max_files: 100 } }],
      stderr: [{ type: "file", path: "err.log", format: "json" }],
    },
  };
  const script = "for i in $(seq 1 600); do echo out $i; done; for i in 1 2 3; do echo err $i >&2; done";

  test(
    "goes through all that was set aside, compressed or not, and both streams in the order of time",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        let now = START;
        const service = await logService(directory, { now: () => now++ });
        const logs = openLogs(service, "web", { outputs });
        await runScript(logs, script);
        assert.ok(readdirSync(`${directory}/logs`).length > 4, "set aside several times");
        const lines = await readAll(logs);
        assert.equal(lines.length, 603);
        const out = lines.filter(({ stream }) => stream === "stdout").map(({ message }) => message);
        assert.deepEqual(out, Array.from({ length: 600 }, (_, index) => `out ${index + 1}`));
        const stamps = lines.map(({ timestamp }) => timestamp!);
        assert.deepEqual(stamps, stamps.toSorted());
        assert.deepEqual(await messages(logs, { stream: "stderr" }), ["err 1", "err 2", "err 3"]);
        // The last so many, since a time, and both.
        for (const tail of [0, 1, 5, 250, 599, 5_000]) {
          assert.deepEqual(
            await readAll(logs, { tail }),
            tail === 0 ? [] : lines.slice(-tail),
            `tail ${tail}`,
          );
        }
        const since = lines[200];
        const later = lines.filter(({ timestamp }) => timestamp! >= since.timestamp!);
        assert.deepEqual(await readAll(logs, { sinceMs: Date.parse(since.timestamp!) }), later);
        assert.deepEqual(
          await readAll(logs, { sinceMs: Date.parse(since.timestamp!), tail: 7 }),
          later.slice(-7),
        );
        assert.deepEqual(await readAll(logs, { sinceMs: now + 1 }), []);
        await service.close();
      }),
  );

  test(
    "a follower gets what was there and what comes, each once, while files are set aside",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "web", {
          outputs: {
            combined: [{ type: "file", path: "a.log", rotation: { max_size: "2K", max_files: 1_000 } }],
          },
        });
        const running = runScript(logs, "for i in $(seq 1 3000); do echo $i; done");
        const all = Array.from({ length: 3_000 }, (_, index) => String(index + 1));
        const follow = async () => {
          const seen: string[] = [];
          for await (const { message } of logs.read({ follow: true }, new AbortController().signal)) {
            if (seen.push(message) === all.length) break;
          }
          return seen;
        };
        const followers = [follow(), follow(), running.then(follow)];
        for (const seen of await Promise.all(followers)) assert.deepEqual(seen, all);
        await service.close();
      }),
  );

  test(
    "a follower goes when its signal comes, and when the logs are closed",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "web");
        await runScript(logs, "echo 1");
        const abort = new AbortController();
        for await (const _ of logs.read({ follow: true }, abort.signal)) abort.abort();
        const iterator = logs.read({ follow: true }, new AbortController().signal)[Symbol.asyncIterator]();
        assert.equal((await iterator.next()).value.message, "1");
        const last = iterator.next();
        await service.close();
        assert.equal((await last).done, true);
      }),
  );

  test(
    "a log that cannot be read is told of, and is followed all the same",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "web");
        await runScript(logs, "echo 1");
        rmSync(`${directory}/logs/web.log`);
        const told = "its log cannot be read: no such file or directory";
        assert.deepEqual(await messages(logs), [told]);
        const iterator = logs.read({ follow: true }, new AbortController().signal)[Symbol.asyncIterator]();
        assert.equal((await iterator.next()).value.message, told);
        const next = iterator.next();
        await runScript(logs, "echo 2");
        assert.equal((await next).value.message, "2");
        await iterator.return!();
        await service.close();
      }),
  );

  test("plain logs have lines, but no times to go by", TIMEOUT, () =>
    withDirectory(async (directory) => {
      const service = await logService(directory);
      const logs = openLogs(service, "p", {
        outputs: { combined: [{ type: "file", path: "p", format: "plain" }] },
      });
      await runScript(logs, "seq 1 20000; echo '  | x'");
      assert.deepEqual(await readAll(logs, { tail: 2 }), [
        { timestamp: null, id: "p", stream: null, message: "20000" },
        { timestamp: null, id: "p", stream: null, message: "  | x" },
      ]);
      assert.throws(
        () => logs.read({ sinceMs: 0 }, new AbortController().signal),
        /p: its log is plain and has no times to go by; use format enhanced_plain or json/,
      );
      await service.close();
    }));
});

test(
  "while a disk is full nothing is lost, and it is told once",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      const told: string[] = [];
      const service = await logService(directory, {
        onTrouble: (id, sentence) => told.push(`${id}: ${sentence}`),
      });
      const path = `${directory}/full`;
      symlinkSync("/dev/full", path);
      const outputs = { combined: [{ type: "file", path, format: "plain" }] };
      const logs = openLogs(service, "web", { outputs });
      const run = runScript(logs, "echo kept");
      while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.match(told[0], /^web: cannot write ".*full": no space left on the device; it is tried again/);
      await service.close();
      await Promise.allSettled([run]);
      // The next supervisor finds a disk with space.
      renameSync(path, `${directory}/was full`);
      const next = await logService(directory);
      const again = openLogs(next, "web", { outputs });
      await again.ended();
      assert.equal(readFileSync(path, "utf8"), "kept\n");
      assert.equal(told.length, 1);
      await next.close();
      assert.ok(existsSync(`${directory}/spool/web.cursor`));
    }),
);

test(
  "a process that is started again before its last output is written loses nothing",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      const service = await logService(directory);
      const logs = openLogs(service, "web", {
        outputs: { combined: [{ type: "file", path: "a", format: "plain" }] },
      });
      assert.ok(existsSync(`${directory}/spool/web.cursor`), "noted before the first line is written");
      await using group = await ProcessGroup.create();
      const first = startScript(logs, group, "seq 1 5000");
      await first.wait();
      const ended = logs.ended();
      const second = startScript(logs, group, "sleep 0.2; seq 5001 10000");
      await Promise.all([ended, second.wait()]);
      await logs.ended();
      const all = Array.from({ length: 10_000 }, (_, index) => `${index + 1}\n`).join("");
      assert.ok(readFileSync(`${directory}/logs/a`, "utf8") === all);
      await service.close();
    }),
);
