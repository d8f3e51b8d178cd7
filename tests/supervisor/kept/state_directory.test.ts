/* Attacks on the directory whose words a supervisor believes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { takePrivateDirectory } from "../../../platform/mod.ts";
import { isBaseDirectory } from "../../../supervisor/kept/file_names.ts";
import { AddedProcesses } from "../../../supervisor/kept/added_processes.ts";
import { StateDirectory } from "../../../supervisor/kept/state_directory.ts";
import type { KeptProcess } from "../../../supervisor/kept/state_directory.ts";
import { asNobody, noOtherUser } from "../../support/linux.ts";
import { withDirectory } from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };
const AS_OTHER = { ...TIMEOUT, skip: noOtherUser };
const NOBODY = 65_534;
const take = (path: string) => takePrivateDirectory(path, (names) => names.length === 0);
const modeOf = (path: string) => statSync(path).mode & 0o7777;

const kept = (id: string): KeptProcess => ({
  version: 1,
  id,
  pid: 4711,
  start_time: null,
  cgroup: null,
  app_endpoints: null,
  notify_socket: null,
  scheduled_at: null,
  group: null,
  source: null,
  fingerprint: "f",
  was_running: true,
  has_written: false,
  stopped_by_hand: false,
  started_by_hand: false,
  is_restarting: false,
  enabled: null,
  done_in_boot: null,
  starts: 1,
  stop_signal: "SIGTERM",
  graceful_timeout_ms: 0,
});

/** Something another user does. */
function byNobody(...command: string[]): void {
  const [program, ...args] = asNobody(command);
  assert.equal(spawnSync(program, args, { cwd: "/" }).status, 0, command.join(" "));
}

describe("a directory of ours", () => {
  test(
    "is made with all that leads to it, for us alone, whatever the umask",
    TIMEOUT,
    () =>
      withDirectory((directory) => {
        const before = process.umask(0);
        try {
          take(join(directory, "a/b/c"));
        } finally {
          process.umask(before);
        }
        for (const name of ["a", "a/b", "a/b/c"]) assert.equal(modeOf(join(directory, name)), 0o700, name);
        take(join(directory, "a/b/c"));
      }),
  );

  test(
    "that others can read is closed where we have made it, and left alone where not",
    TIMEOUT,
    () =>
      withDirectory((directory) => {
        const path = join(directory, "d");
        mkdirSync(path);
        chmodSync(path, 0o755);
        writeFileSync(join(path, "x"), "");
        assert.throws(
          () => take(path),
          /^Error: others may read .*\/d \(mode 0755\); chmod 700 closes it to them$/,
        );
        assert.equal(modeOf(path), 0o755);
        takePrivateDirectory(path, (names) => names.includes("x"));
        assert.equal(modeOf(path), 0o700);
      }),
  );

  test("that others can write to is none", TIMEOUT, () =>
    withDirectory((directory) => {
      const path = join(directory, "d");
      mkdirSync(path);
      if (process.getuid!() === 0) chownSync(path, 0, NOBODY); // A group with somebody in it.
      for (const mode of [0o775, 0o707, 0o777, 0o1777]) {
        chmodSync(path, mode);
        assert.throws(
          () => take(path),
          /^Error: others may write to .*\/d \(mode [0-7]+\), and may have done so$/,
        );
        const isOfOwnGroup = mode === 0o775 && process.getuid!() !== 0;
        if (mode < 0o1000 && !isOfOwnGroup) {
          assert.throws(
            () => take(join(path, "in/it")),
            /others may write to .*\/d \(mode [0-7]+\), which it is in$/,
          );
          assert.ok(!existsSync(join(path, "in")));
        }
      }
      // What we have made ourselves below a sticky one nobody else can put away.
      take(join(path, "in/it"));
    }));

  test(
    "is refused where another has it, or anything on the way",
    AS_OTHER,
    () =>
      withDirectory((directory) => {
        chmodSync(directory, 0o1777);
        const theirs = join(directory, "theirs");
        byNobody("mkdir", "-p", join(theirs, ".local/state"));
        chmodSync(join(theirs, ".local/state"), 0o777);
        const refused = /\/theirs belongs to another user \(65534\)$/;
        assert.throws(() => take(theirs), refused);
        assert.throws(() => take(join(theirs, ".local/state/proctor")), refused);
        assert.ok(!existsSync(join(theirs, ".local/state/proctor")));
        // Links: one of his own to a place of ours, and one of ours to a place of his.
        const ours = join(directory, "ours");
        take(ours);
        byNobody("ln", "-s", ours, join(directory, "link"));
        assert.throws(() => take(join(directory, "link")), /\/link belongs to another user \(65534\)$/);
        symlinkSync(theirs, join(ours, "link"));
        assert.throws(() => take(join(ours, "link/x")), refused);
        symlinkSync("loop", join(ours, "loop"));
        assert.throws(() => take(join(ours, "loop")), /too many symbolic links$/);
        // One of ours to a place of ours is nobody's business.
        symlinkSync("../ours/deep", join(ours, "fine"));
        take(join(ours, "fine"));
        assert.equal(modeOf(join(ours, "deep")), 0o700);
      }),
  );

  test("that is not a directory is told of", TIMEOUT, () =>
    withDirectory((directory) => {
      writeFileSync(join(directory, "file"), "");
      assert.throws(() => take(join(directory, "file/x")), /\/file is not a directory$/);
    }));
});

describe("the state directory", () => {
  test("of another user starts nothing, in one sentence", AS_OTHER, () =>
    withDirectory(async (directory) => {
      chmodSync(directory, 0o1777);
      const base = join(directory, "state");
      byNobody("mkdir", "-m", "777", base);
      await assert.rejects(
        StateDirectory.open(base, "proctor"),
        /^ProctorError: the state directory .*\/state cannot be used: .*\/state belongs to another user \(65534\); --state-dir names another place$/,
      );
      // Made over to us, it may still hold what he wants.
      chownSync(base, process.getuid!(), process.getgid!());
      await assert.rejects(
        StateDirectory.open(base, "proctor"),
        /others may write to .*\/state \(mode 0777\)/,
      );
      assert.ok(!existsSync(join(base, "proctor.lock")));
    }));

  test("lets nothing lead out of it", TIMEOUT, () =>
    withDirectory(async (directory) => {
      const precious = join(directory, "precious");
      writeFileSync(precious, "precious");
      const base = join(directory, "state");
      mkdirSync(join(base, "proctor"), { recursive: true, mode: 0o700 });
      chmodSync(base, 0o700);
      for (const name of ["web.json.new", "web.pid.new", "web.json", "web.pid", "evil.json"]) {
        symlinkSync(precious, join(base, "proctor", name));
      }
      const state = await StateDirectory.open(base, "proctor");
      try {
        assert.deepEqual(state.readKept(), []);
        state.keep(kept("web"));
        assert.equal(readFileSync(precious, "utf8"), "precious");
        for (const [name, mode] of [["web.json", 0o100600], ["web.pid", 0o100640]] as const) {
          assert.equal(lstatSync(join(base, "proctor", name)).mode, mode, name);
        }
        assert.deepEqual(state.readKept().map(({ id }) => id), ["web"]);
        assert.equal(modeOf(join(base, "proctor")), 0o700);
      } finally {
        state.release();
      }
      const locked = join(directory, "other");
      take(locked);
      symlinkSync(precious, join(locked, "proctor.lock"));
      await assert.rejects(
        StateDirectory.open(locked, "proctor"),
        /cannot be used: .*\/other\/proctor\.lock: it is a symbolic link, or leads through too many; --state-dir/,
      );
      assert.equal(readFileSync(precious, "utf8"), "precious");
    }));

  test(
    "believes no file of another, and is not kept waiting by one",
    AS_OTHER,
    () =>
      withDirectory(async (directory) => {
        const state = await StateDirectory.open(join(directory, "state"), "proctor");
        try {
          state.keep(kept("web"));
          state.keep(kept("api"));
          chownSync(join(state.app, "web.json"), NOBODY, NOBODY);
          assert.equal(spawnSync("mkfifo", [join(state.app, "fifo.json")]).status, 0);
          chmodSync(join(state.app, "api.json"), 0o666);
          assert.deepEqual(state.readKept(), []);
          writeFileSync(join(state.base, "added_processes.json"), '{"x":{}}', { mode: 0o600 });
          chownSync(join(state.base, "added_processes.json"), NOBODY, NOBODY);
          assert.throws(
            () => new AddedProcesses(state),
            /^ProctorError: the processes added at run time cannot be read from .*added_processes\.json: it belongs to another user \(65534\); mend it or move it away$/,
          );
        } finally {
          state.release();
        }
      }),
  );
});

test("a base directory is known by its lock; an own log alone is what a start that failed has left", () => {
  const ours = [[], ["proctor.lock", "x"], ["supervisor.log"]];
  assert.deepEqual(ours.map(isBaseDirectory), [true, true, true]);
  const others = [["x"], ["supervisor.log", "x"], ["proctor.sock"]];
  assert.deepEqual(others.map(isBaseDirectory), [false, false, false]);
});

describe("what is kept of a process that is restarted again and again", () => {
  test("is written over where it lies as long as it fits, and else made anew", async () => {
    await withDirectory(async (base) => {
      const directory = await StateDirectory.open(base, "app");
      try {
        const path = join(base, "app/web.json");
        const ino = () => lstatSync(path).ino;
        const read = () => JSON.parse(readFileSync(path, "utf8"));
        directory.keep(kept("web"));
        const first = ino();
        for (const starts of [2, 3, 40_000]) {
          directory.keep({ ...kept("web"), starts, fingerprint: "g".repeat(starts % 900) });
          assert.deepEqual(read(), { ...kept("web"), starts, fingerprint: "g".repeat(starts % 900) });
          assert.equal(ino(), first);
        }
        // There is room for what is decided afterwards, however long what lies there is.
        directory.keepDecisions({ ...kept("web"), stopped_by_hand: true, done_in_boot: "b".repeat(36) });
        assert.equal(read().stopped_by_hand, true);
        assert.equal(ino(), first);
        // More than a page is no longer all or nothing when it is written in place.
        const long = { ...kept("web"), source: { written: "x".repeat(5_000), directory: "/" } };
        directory.keep(long);
        const second = ino();
        assert.notEqual(second, first);
        assert.deepEqual(read(), long);
        directory.keep(kept("web"));
        assert.notEqual(ino(), second);
        assert.deepEqual(read(), kept("web"));
        rmSync(path);
        directory.keep(kept("web"));
        assert.deepEqual(read(), kept("web"));
        assert.equal(lstatSync(path).mode & 0o7777, 0o600);
      } finally {
        directory.release();
      }
    });
  });
});
