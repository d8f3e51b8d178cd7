/* Where logs may go, and what is done to what lies there. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { LogFile } from "../../../supervisor/logs/log_file.ts";
import { ProcessGroup } from "../../../group/process_group.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";
import {
  bytes,
  logService,
  messages,
  openLogs,
  ROTATION,
  START,
  startScript,
  wholeLog,
  withDirectory,
} from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };
const isRoot = process.getuid?.() === 0;
const needsRoot = !isRoot && "needs root";
const DAY_MS = 86_400_000;
const plain = (path: string) => ({ outputs: { combined: [{ type: "file", path, format: "plain" }] } });

/** Faults of a configuration with these logs, as lines. */
function faultsOf(directory: string, paths: readonly string[], whole: object = {}): string[] {
  const path = `${directory}/proctor.yaml`;
  writeFileSync(
    path,
    JSON.stringify({
      process_manager: { base_directory: "state" },
      log_collection: whole,
      managed_processes: paths.map((log, index) => ({
        id: `p${index}`,
        management: { control: { executable: "true", log_collection: plain(log) } },
      })),
    }),
  );
  try {
    loadConfig(path);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.lines.map((line) => line.replaceAll(directory, "").replace(/^.*?log_collection: /, ""));
  }
}

describe("a device as a log", () => {
  test("is written to, and never renamed, rotated or compressed, nor is a link to it", {
    ...TIMEOUT,
    skip: needsRoot,
  }, () =>
    withDirectory(async (directory) => {
      execFileSync("mknod", [`${directory}/null`, "c", "1", "3"]);
      symlinkSync("null", `${directory}/link`);
      for (const name of ["null", "link"]) {
        const file = LogFile.open(
          `${directory}/${name}`,
          { ...ROTATION, intervalMs: 1, compress: true },
          START,
        );
        for (let at = 0; at < 20; at++) {
          await file.append(bytes("x".repeat(99)), START + at * 1_000);
          file.maintain(START + at * 1_000);
        }
        file.rotate(START);
        assert.equal(file.size, 0);
        await file.close();
      }
      assert.ok(lstatSync(`${directory}/null`).isCharacterDevice());
      assert.ok(lstatSync(`${directory}/link`).isSymbolicLink());
      assert.deepEqual(readdirSync(directory).sort(), ["link", "null"]);
    }));

  test(
    "may be that of several, and has nothing to be read back",
    { ...TIMEOUT, skip: needsRoot },
    () =>
      withDirectory(async (directory) => {
        const path = `${directory}/null`;
        execFileSync("mknod", [path, "c", "1", "3"]);
        const service = await logService(directory);
        const [a, b] = ["a", "b"].map((id) => openLogs(service, id, plain(path)));
        assert.throws(() => a.read({}, new AbortController().signal), /a: its output is kept in no file/);
        await service.release(b, true);
        await service.close();
        assert.ok(lstatSync(path).isCharacterDevice());
        assert.deepEqual(faultsOf(directory, [path, path]), []);
      }),
  );
});

test("a FIFO, a socket, a directory and a block device are refused, at once and in one line", {
  ...TIMEOUT,
  skip: needsRoot,
}, () =>
  withDirectory(async (directory) => {
    execFileSync("mkfifo", [`${directory}/fifo`]);
    execFileSync("mknod", [`${directory}/disk`, "b", "7", "250"]);
    mkdirSync(`${directory}/directory`);
    symlinkSync("fifo", `${directory}/link`);
    symlinkSync("circle", `${directory}/circle`);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(`${directory}/socket`, resolve));
    const reasons = {
      fifo: "it is a FIFO, which waits for a reader and keeps nothing; name a file",
      link: "it is a FIFO, which waits for a reader and keeps nothing; name a file",
      socket: "it is a socket; name a file",
      directory: "it is a directory",
      disk: "it is a block device, and a log would overwrite what is on it; name a file",
      circle: "its links lead in a circle",
    };
    const service = await logService(directory);
    for (const [name, reason] of Object.entries(reasons)) {
      const path = `${directory}/${name}`;
      assert.throws(() => openLogs(service, "a", plain(path)), {
        message: `a: log_collection: cannot write "${path}": ${reason}`,
      });
      assert.deepEqual(faultsOf(directory, [path]), [`cannot write "/${name}": ${reason}`]);
    }
    await service.close();
    server.close();
  }));

test(
  "a file that becomes a FIFO while it is written is not waited for",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      const path = `${directory}/a.log`;
      const file = LogFile.open(path, ROTATION, START);
      rmSync(path);
      execFileSync("mkfifo", [path]);
      assert.throws(() => file.maintain(START), /it is a FIFO/);
      // It goes on with what it has.
      rmSync(path);
      await file.append(bytes("kept\n"), START);
      assert.equal(readFileSync(path, "utf8"), "kept\n");
      await file.close();
    }),
);

test(
  "a link is followed and stays a link; one of another user is not",
  { ...TIMEOUT, skip: needsRoot },
  () =>
    withDirectory(async (directory) => {
      mkdirSync(`${directory}/real`);
      symlinkSync("real/a.log", `${directory}/link`);
      const file = LogFile.open(`${directory}/link`, ROTATION, START);
      for (const letter of "abc") await file.append(bytes(letter.repeat(100)), START);
      await file.close();
      assert.ok(lstatSync(`${directory}/link`).isSymbolicLink());
      assert.equal(wholeLog(`${directory}/real/a.log`).length, 300);
      assert.deepEqual(readdirSync(directory).sort(), ["link", "real"]);
      lchownSync(`${directory}/link`, 65_534, 65_534);
      assert.throws(
        () => LogFile.open(`${directory}/link`, ROTATION, START),
        /is a link that belongs to another user/,
      );
    }),
);

describe("a link in a directory above", () => {
  const STRANGER = 65_534;

  /** A home of another user with a directory of logs, and a directory of root's that he may not write to. */
  const withHome = (use: (home: string, target: string) => Promise<void> | void) =>
    withDirectory(async (directory) => {
      const top = realpathSync(directory);
      for (const name of ["home", "home/logs", "target"]) mkdirSync(`${top}/${name}`);
      for (const name of ["home", "home/logs"]) chownSync(`${top}/${name}`, STRANGER, STRANGER);
      await use(`${top}/home`, `${top}/target`);
    });
  /** What the other user does: the directory makes room for a link of his. */
  const plant = (home: string, target: string, owner = STRANGER) => {
    renameSync(`${home}/logs`, `${home}/old`);
    symlinkSync(target, `${home}/logs`);
    lchownSync(`${home}/logs`, owner, owner);
  };

  test(
    "is not followed when another user has laid it",
    { ...TIMEOUT, skip: needsRoot },
    () =>
      withHome(async (home, target) => {
        plant(home, target);
        const reason = `"${home}/logs" is a link that belongs to another user (${STRANGER})`;
        const service = await logService(`${home}/..`);
        for (const name of ["app", "deep/er/app"]) {
          const path = `${home}/logs/${name}`;
          assert.throws(() => openLogs(service, "a", plain(path)), {
            message: `a: log_collection: cannot write "${path}": ${reason}`,
          });
          const [fault] = faultsOf(`${home}/..`, [path]);
          assert.equal(fault, `cannot write "${path}": ${reason}`);
        }
        await service.close();
        assert.deepEqual(readdirSync(target), []);
      }),
  );

  test(
    "is not followed when it appears while the log is written",
    { ...TIMEOUT, skip: needsRoot },
    () =>
      withHome(async (home, target) => {
        const file = LogFile.open(`${home}/logs/app`, { ...ROTATION, compress: true }, START);
        await file.append(bytes("before\n"), START);
        plant(home, target);
        const refused = /home\/logs" is a link that belongs to another user/;
        assert.throws(() => file.maintain(START), refused);
        assert.throws(() => file.reopen(START), refused);
        assert.throws(() => file.rotate(START), refused);
        await assert.rejects(file.append(bytes("x".repeat(100)), START), refused);
        assert.deepEqual(readdirSync(target), []);
        // What there is stays writable, and a log that is in its place again goes on.
        await file.append(bytes("after\n"), START);
        assert.equal(readFileSync(`${home}/old/app`, "utf8"), "before\nafter\n");
        rmSync(`${home}/logs`);
        renameSync(`${home}/old`, `${home}/logs`);
        file.rotate(START);
        await file.close();
        assert.equal(wholeLog(`${home}/logs/app`).toString(), "before\nafter\n");
      }),
  );

  test("that leads to the same file again has nothing renamed, removed or compressed", {
    ...TIMEOUT,
    skip: needsRoot,
  }, () =>
    withHome(async (home, target) => {
      const path = `${home}/logs/app`;
      const file = LogFile.open(path, { ...ROTATION, maxFiles: 0, compress: true }, START);
      await file.append(bytes("mine\n"), START);
      linkSync(path, `${target}/app`);
      writeFileSync(`${target}/app.000001.20260131T120000.000Z`, "another log's");
      const before = readdirSync(target).sort();
      plant(home, target);
      assert.throws(() => file.rotate(START));
      file.removeEmpty();
      await file.close();
      assert.deepEqual(readdirSync(target).sort(), before);
      assert.ok(existsSync(`${home}/old/app`));
    }));

  test("is followed when it is ours or root's", TIMEOUT, () =>
    withDirectory(async (directory) => {
      for (const name of ["real", "real/in"]) mkdirSync(`${directory}/${name}`);
      symlinkSync(`${realpathSync(directory)}/real`, `${directory}/logs`);
      // The parent of where the first leads.
      symlinkSync("logs/in/../deep", `${directory}/relative`);
      for (const name of ["logs/new/a.log", "relative/b.log"]) {
        assert.deepEqual(faultsOf(directory, [`${directory}/${name}`]), []);
        const file = LogFile.open(`${directory}/${name}`, ROTATION, START);
        for (const letter of "ab") await file.append(bytes(letter.repeat(100)), START);
        await file.close();
      }
      assert.equal(wholeLog(`${directory}/real/new/a.log`).length, 200);
      assert.equal(wholeLog(`${directory}/real/deep/b.log`).length, 200);
      assert.equal(statSync(`${directory}/real/new`).mode & 0o777, 0o750);
    }));
});

test(
  "two names of one file are one file, for the check and at run time",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      mkdirSync(`${directory}/d`);
      writeFileSync(`${directory}/a.log`, "");
      symlinkSync("a.log", `${directory}/link`);
      symlinkSync("later.log", `${directory}/dangling`);
      symlinkSync(".", `${directory}/here`);
      linkSync(`${directory}/a.log`, `${directory}/hard`);
      const pairs = [
        ["a.log", "d/../a.log"],
        ["a.log", "link"],
        ["a.log", "hard"],
        ["later.log", "dangling"],
        ["new.log", "here/new.log"],
      ].map((pair) => pair.map((name) => `${directory}/${name}`));
      for (const [one, other] of pairs) {
        const service = await logService(directory);
        openLogs(service, "a", plain(one));
        assert.throws(
          () => openLogs(service, "b", plain(other)),
          /is written by a already; put \{process_id\} into/,
        );
        await service.close();
        assert.match(faultsOf(directory, [one, other])[0], /is written by p0 already/);
      }
      assert.deepEqual(faultsOf(directory, ["a.log", "b.log"]), []);
      assert.match(
        faultsOf(directory, ["x.log", `${directory}/state/logs/x.log`])[0],
        /written by p0 already/,
      );
    }),
);

const noMount = !isRoot ? "needs root" : mountedTwice(() => {}) ? false : "needs the right to mount";

/** Whether a directory could be mounted at a second place as well; both are there while this is done. */
function mountedTwice(deed: (directory: string) => void): boolean {
  const directory = mkdtempSync(join(tmpdir(), "proctor-twice-"));
  for (const name of ["d", "e"]) mkdirSync(`${directory}/${name}`);
  const isMounted = spawnSync("mount", ["--bind", `${directory}/d`, `${directory}/e`]).status === 0;
  try {
    if (isMounted) deed(directory);
  } finally {
    if (isMounted) spawnSync("umount", [`${directory}/e`]);
    rmSync(directory, { recursive: true });
  }
  return isMounted;
}

test(
  "one directory by two mounts is one, before the file is made as well",
  { ...TIMEOUT, skip: noMount },
  () => {
    mountedTwice((directory) => {
      for (const made of [[], ["d/deep"], ["d/deep", "d/deep/x.log"]]) {
        for (const path of made) {
          if (path.endsWith(".log")) writeFileSync(join(directory, path), "");
          else mkdirSync(join(directory, path), { recursive: true });
        }
        const logs = ["d/deep/x.log", "e/deep/x.log"].map((path) => join(directory, path));
        assert.match(faultsOf(directory, logs)[0], /is written by p0 already/, made.join());
        assert.deepEqual(faultsOf(directory, [logs[0], join(directory, "e/deep/y.log")]), []);
        assert.deepEqual(faultsOf(directory, [logs[0], join(directory, "e/other/x.log")]), []);
      }
    });
  },
);

test("the directory of the logs is seen from the configuration", () =>
  withDirectory((directory) => {
    assert.deepEqual(faultsOf(directory, ["a.log"], { directory: "logs" }), []);
    assert.equal(
      loadConfig(`${directory}/proctor.yaml`).logCollection!.directory,
      `${directory}/logs`,
    );
    assert.match(
      faultsOf(directory, ["a.log", `${directory}/logs/a.log`], { directory: "logs" })[0],
      /p0 already/,
    );
  }));

test("a reload with a log that cannot be is refused as a whole", TIMEOUT, async () => {
  const fifo = (path: string) => shell("b", "sleep 300; :", { log_collection: plain(path) });
  await using one = await TestSupervisor.start([shell("a", "echo before; sleep 300; :")]);
  const { pid } = await one.reaches("a", "running");
  execFileSync("mkfifo", [`${one.files.path}/fifo`]);
  const taken = fifo(`${one.base}/logs/./a.log`);
  for (const b of [fifo(`${one.files.path}/fifo`), fifo(one.files.path), taken]) {
    one.configure([shell("a", "echo after; sleep 300; :"), b]);
    await assert.rejects(
      one.supervisor.reload(),
      /log_collection: .*(FIFO|it is a directory|written by a already)/,
    );
    assert.deepEqual(one.supervisor.list().map(({ id, pid, state }) => [id, pid, state]), [[
      "a",
      pid,
      "running",
    ]]);
  }
  one.configure([shell("a", "echo before; sleep 300; :"), fifo(`${one.files.path}/b.log`)]);
  assert.deepEqual((await one.supervisor.reload()).added, ["b"]);
});

describe("what was set aside", () => {
  test(
    "is kept by what was written last, whatever the clock said",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const path = `${directory}/a.log`;
        // By an earlier version, with a clock that was years ahead.
        for (const day of [1, 2, 3, 4, 5]) writeFileSync(`${path}.2031010${day}T120000.000Z`, `old ${day}\n`);
        const file = LogFile.open(path, ROTATION, START);
        // The clock goes wherever it likes.
        const clocks = [0, -400, 3_000, -3_000, 1, 900, 2];
        for (const [index, days] of clocks.entries()) {
          await file.append(bytes(`${index}`.repeat(99) + "\n"), START + days * DAY_MS);
        }
        assert.deepEqual(file.setAside().map(({ sequence }) => sequence), [2, 3, 4, 5, 6]);
        await file.close();
        assert.deepEqual(
          wholeLog(path).toString().trim().split("\n").map((line) => line[0]),
          ["1", "2", "3", "4", "5", "6"],
        );
      }),
  );

  test(
    "is thrown away by age from the oldest on, and leaves no hole",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const path = `${directory}/a.log`;
        const name = (sequence: number, days: number) =>
          `${path}.00000${sequence}.${new Date(START + days * DAY_MS).toISOString().replace(/[-:]/g, "")}`;
        for (const [index, days] of [-9, -8, 5, -9, 0].entries()) writeFileSync(name(index + 1, days), "");
        const file = LogFile.open(path, { ...ROTATION, maxAgeMs: DAY_MS }, START);
        assert.deepEqual(file.setAside().map(({ sequence }) => sequence), [3, 4, 5]);
        await file.close();
      }),
  );

  test("is nothing where rotation is switched off", TIMEOUT, () =>
    withDirectory(async (directory) => {
      const path = `${directory}/a.log`;
      writeFileSync(`${path}.20260130T120000.000Z`, "somebody's");
      const off = { ...ROTATION, isEnabled: false, intervalMs: 1, maxFiles: 0, compress: true };
      const file = LogFile.open(path, off, START);
      for (let at = 0; at < 10; at++) {
        await file.append(bytes("x".repeat(99)), START + at * 1_000);
        file.maintain(START + at * 1_000);
      }
      await file.close();
      assert.equal(statSync(path).size, 990);
      assert.deepEqual(readdirSync(directory).sort(), ["a.log", "a.log.20260130T120000.000Z"]);
    }));
});

describe("a log that somebody takes away", () => {
  test(
    "is made anew within a second, and no line is lost",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const service = await logService(directory);
        const logs = openLogs(service, "web", plain("web.log"));
        const path = `${directory}/logs/web.log`;
        await using group = await ProcessGroup.create();
        const running = startScript(
          logs,
          group,
          `echo 0; until [ -e ${directory}/go ]; do sleep 0.01; done; seq 1000; sleep 1000`,
        );
        const appears = async (what: string, holds: () => boolean) => {
          const begun = Date.now();
          while (!holds()) {
            assert.ok(Date.now() - begun < 20_000, what);
            await pause(5);
          }
          return Date.now() - begun;
        };
        await appears("the first line", () => readFileSync(path, "utf8") === "0\n");
        rmSync(path);
        const took = await appears("it is there again", () => existsSync(path));
        // A look each half second; the rest is for a machine that is busy.
        assert.ok(took < 15_000, `${took} ms`);
        rmSync(path);
        // Written before anybody has looked.
        writeFileSync(`${directory}/go`, "");
        const all = Array.from({ length: 1_000 }, (_, index) => `${index + 1}\n`).join("");
        await appears("all lines", () => existsSync(path) && readFileSync(path, "utf8") === all);
        renameSync(path, `${path}.taken`);
        await appears("it is there again", () => existsSync(path));
        assert.equal(readFileSync(`${path}.taken`, "utf8"), all);
        await group.stop();
        await running.wait();
        await logs.ended();
        await service.close();
      }),
  );

  test(
    "gets every line that is written after it was removed",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const path = `${directory}/a.log`;
        const file = LogFile.open(path, { ...ROTATION, maxBytes: 10_000 }, START);
        let lost = "";
        for (let line = 0; line < 100; line++) {
          if (line % 7 === 3) {
            lost = `${line}\n`;
            rmSync(path);
          } else lost += `${line}\n`;
          await file.append(bytes(`${line}\n`), START);
        }
        assert.equal(readFileSync(path, "utf8"), lost);
        await file.close();
      }),
  );
});

for (const mask of [0, 0o077]) {
  test(
    `logs and their directories have the same permissions with umask ${mask.toString(8)}`,
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const before = process.umask(mask);
        try {
          const path = `${directory}/deep/er/a.log`;
          const file = LogFile.open(path, { ...ROTATION, compress: true }, START);
          for (const letter of "ab") await file.append(bytes(letter.repeat(100)), START);
          await file.close();
          const service = await logService(directory);
          await service.close();
          const modeOf = (name: string) => (statSync(`${directory}/${name}`).mode & 0o7777).toString(8);
          assert.deepEqual(["deep", "deep/er", "spool", "spool-pipes"].map(modeOf), [
            "750",
            "750",
            "700",
            "700",
          ]);
          const names = readdirSync(`${directory}/deep/er`);
          assert.equal(names.filter((name) => name.endsWith(".gz")).length, 1);
          for (const name of names) assert.equal(modeOf(`deep/er/${name}`), "640", name);
        } finally {
          process.umask(before);
        }
      }),
  );
}

test(
  "a line that does not end is shown within a second, and its bytes are in the log once",
  TIMEOUT,
  () =>
    withDirectory(async (directory) => {
      for (const mode of ["file", "pipe"]) {
        const service = await logService(directory);
        const id = `prompt-${mode}`;
        const outputs = {
          combined: [
            { type: "file", path: "{process_id}.log", format: "plain" },
            { type: "file", path: "{process_id}.both" },
          ],
        };
        const logs = openLogs(service, id, { mode, outputs });
        await using group = await ProcessGroup.create();
        const go = `${directory}/${mode}`;
        const running = startScript(
          logs,
          group,
          String
            .raw`printf 'Name: \303'; until [ -e ${go} ]; do sleep 0.01; done; printf '\251 10%%\r20%%\r'; sleep 1; echo; echo end`,
        );
        const begun = Date.now();
        const seen: [string, boolean][] = [];
        for await (const { message, partial } of logs.read({ follow: true }, new AbortController().signal)) {
          seen.push([message, partial ?? false]);
          if (seen.length === 1) {
            // Half a second; the rest is for a machine that is busy.
            assert.ok(Date.now() - begun < 10_000);
            assert.equal(readFileSync(`${directory}/logs/${id}.log`, "latin1"), "Name: ");
            assert.deepEqual(await messages(logs), ["Name: "]);
            writeFileSync(go, "");
          }
          if (message === "end") break;
        }
        await running.wait();
        await group.stop();
        await logs.ended();
        const wanted = "Name: é 10%\r20%\r\nend\n";
        assert.equal(readFileSync(`${directory}/logs/${id}.log`, "utf8"), wanted);
        assert.equal(seen.map(([message, partial]) => partial ? message : `${message}\n`).join(""), wanted);
        assert.deepEqual(seen[0], ["Name: ", true]);
        assert.match(readFileSync(`${directory}/logs/${id}.both`, "utf8"), / stdout \+ Name: $/m);
        await service.close();
      }
    }),
);

test("a plain log of both streams begins a line for each", TIMEOUT, () =>
  withDirectory(async (directory) => {
    const service = await logService(directory);
    const logs = openLogs(service, "two", plain("two.log"));
    await using group = await ProcessGroup.create();
    const running = startScript(
      logs,
      group,
      `printf 'wait…'; until [ -s ${directory}/logs/two.log ]; do sleep 0.01; done; echo oh >&2; printf x`,
    );
    await running.wait();
    await group.stop();
    await logs.ended();
    assert.equal(
      readFileSync(`${directory}/logs/two.log`, "utf8").split("\n").toSorted().join(),
      ",oh,wait…,x",
    );
    assert.ok(realpathSync(directory));
    await service.close();
  }));
