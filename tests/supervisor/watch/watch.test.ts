import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { FileWatch } from "../../../supervisor/watch/file_watch.ts";
import { changedFile, FileLook } from "../../../supervisor/watch/file_marks.ts";
import { PathPatterns, rootOf } from "../../../supervisor/watch/path_pattern.ts";
import { asNobody, NOBODY_ENV, noOtherUser, runtimeCommand } from "../../support/linux.ts";
import { scratch } from "../support/files.ts";
import type { Scratch } from "../support/files.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const LONG = { timeout: 60_000 };

/** Does something again and again, with a pause that is longer than a debounce, until something holds. */
function nowAndThen(act: () => void, holds: () => boolean): () => boolean {
  let lastMs = -Infinity;
  return () => {
    if (holds()) return true;
    if (performance.now() - lastMs < 1_500) return false;
    lastMs = performance.now();
    act();
    return false;
  };
}

function write(files: Scratch, name: string, text = "x"): void {
  const path = join(files.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe("a pattern of paths", () => {
  test("means what it says, and all beneath a directory; names with a dot are to be named", () => {
    const cases: [string, string[], string[]][] = [
      ["src", ["src", "src/a", "src/b/c.py"], ["srcs", "a/src", "src/.a.swp", "src/.git/x"]],
      ["src/**/*.py", ["src/a.py", "src/b/c/d.py"], ["src/a.js", "a.py", "src/.x/a.py"]],
      ["**/node_modules", ["node_modules/x", "a/b/node_modules/c/d"], ["a/node_modulesx"]],
      ["*.[jt]s", ["a.js", "b.ts"], ["c/a.js", "a.cs", ".a.js"]],
      [".env", [".env"], ["a/.env", ".envs"]],
      [".env*", [".env", ".env.local", ".envs/a"], ["a/.env", ".envs/.a"]],
      ["**/.env", [".env", "a/b/.env"], [".a/.env"]],
      ["../lib/*", ["../lib/a"], ["lib/a", "../a"]],
    ];
    for (const [pattern, good, bad] of cases) {
      const patterns = new PathPatterns([pattern]);
      for (const path of good) assert.ok(patterns.has(path), `${pattern} means ${path}`);
      for (const path of bad) assert.ok(!patterns.has(path), `${pattern} does not mean ${path}`);
    }
    assert.deepEqual(["src/**/*.py", "*.py", "a/b", "a/b?/c"].map(rootOf), ["src", "", "a/b", "a"]);
    const part = fc.stringMatching(/^[a-z]{1,4}$/);
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const path = parts.join("/");
      assert.ok(new PathPatterns([path]).has(path));
      assert.ok(new PathPatterns(["**"]).has(path));
      assert.ok(new PathPatterns([parts.map(() => "*").join("/")]).has(path));
    }));
  });
});

describe("a look at files", () => {
  test("finds those that are meant, and follows no link in circles", async () => {
    using files = scratch();
    for (const name of ["src/a.py", "src/b/c.py", "src/b/d.txt", "src/skip/e.py", "other.py"]) {
      write(files, name);
    }
    symlinkSync("..", join(files.path, "src/b/loop"));
    const rule = { directory: files.path, paths: ["src/**/*.py"], ignore: ["src/skip"], debounceMs: 100 };
    const look = new FileLook(rule);
    const before = await look.look();
    assert.deepEqual([...before.marks.keys()].sort(), ["src/a.py", "src/b/c.py"]);
    assert.deepEqual(before.directories.map(({ path }) => path.slice(files.path.length + 1)).sort(), [
      "src",
      "src/b",
    ]);
    assert.equal(changedFile(before.marks, (await look.look()).marks), null);
    write(files, "src/b/c.py", "longer");
    assert.equal(changedFile(before.marks, (await look.look()).marks), "src/b/c.py");
    rmSync(join(files.path, "src"), { recursive: true });
    const gone = await look.look();
    assert.deepEqual([gone.marks.size, gone.hasMissing], [0, true]);
  });

  test("finds names with a dot where a pattern names them, and goes into no others", async () => {
    using files = scratch();
    const all = [".env", ".env.local", "a/.env", "a/.b/.env", ".c/d.py", ".git/x/y", "e/.c/f.py", ".envs/g"];
    for (const name of all) write(files, name);
    const found = async (...paths: string[]) => {
      const rule = { directory: files.path, paths, ignore: [], debounceMs: 100 };
      const { marks, directories } = await new FileLook(rule).look();
      assert.ok(!directories.some(({ path }) => path.includes(".git")), "what no pattern names is not read");
      return [...marks.keys()].sort();
    };
    assert.deepEqual(await found(".env*"), [".env", ".env.local", ".envs/g"]);
    assert.deepEqual(await found("**/.env"), [".env", "a/.env"]);
    assert.deepEqual(await found("**/.c/*.py"), [".c/d.py", "e/.c/f.py"]);
    assert.deepEqual(await found("a/.?/.env"), ["a/.b/.env"]);
    assert.deepEqual(await found("**"), []);
  });
});

describe("what the system tells nothing of", () => {
  /** Counts whole looks. */
  async function withLooks(use: (looks: () => number) => Promise<void>): Promise<void> {
    const { look } = FileLook.prototype;
    let count = 0;
    FileLook.prototype.look = function () {
      count++;
      return look.call(this);
    };
    try {
      await use(() => count);
    } finally {
      FileLook.prototype.look = look;
    }
  }
  async function until(what: string, holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 20_000; !holds();) {
      assert.ok(Date.now() < end, `${what}: it did not come about`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test("is asked for by the names that matter alone, and nothing is missed", LONG, async () => {
    using files = scratch();
    for (const name of ["conf/a", "real1/f", "real2/f"]) write(files, name);
    const link = (target: string) => {
      symlinkSync(join(files.path, target), join(files.path, "new"));
      renameSync(join(files.path, "new"), join(files.path, "cur"));
    };
    // Nothing tells of a path that is not there, nor of one that a link leads to which leads nowhere.
    link("nowhere");
    const changed: string[] = [];
    await withLooks(async (looks) => {
      const rule = { directory: files.path, paths: ["conf/a", "cur/f"], ignore: [], debounceMs: 50 };
      const watch = new FileWatch(rule, { onChange: (path) => changed.push(path), onNotice: () => {} });
      try {
        await until("it has begun", () => looks() >= 1);
        const [before, sinceMs] = [looks(), performance.now()];
        await until("two polls have passed", () => performance.now() - sinceMs > 2_500);
        assert.ok(looks() - before <= 1, `${looks() - before} looks at all`);
        link("real1");
        await until("the link is seen", () => changed.length === 1);
        write(files, "real1/f", "longer");
        await until("its file is seen", () => changed.length === 2);
        link("real2");
        await until("the link is seen again", () => changed.length === 3);
        rmSync(join(files.path, "real2"), { recursive: true });
        await until("that it is gone is seen", () => changed.length === 4);
        write(files, "real2/f", "back");
        await until("that it is back is seen", () => changed.length === 5);
        write(files, "conf/a", "longer");
        await until("what is told of is seen", () => changed.length === 6);
      } finally {
        watch.close();
      }
    });
    assert.deepEqual(changed, [...Array(5).fill("cur/f"), "conf/a"]);
  });

  test(
    "lies in a directory that we may go through and not list",
    { ...LONG, skip: noOtherUser },
    async () => {
      using files = scratch();
      for (const name of ["shut/real1/f", "shut/real2/f"]) write(files, name);
      const link = (target: string) => {
        symlinkSync(target, join(files.path, "shut/new"));
        renameSync(join(files.path, "shut/new"), join(files.path, "shut/cur"));
      };
      link("real1");
      for (const path of ["", "shut"]) chmodSync(join(files.path, path), 0o711);
      const program = runtimeCommand("../supervisor/support/watch_link.ts");
      const [command, ...args] = asNobody([...program, files.path]);
      const child = spawn(command, args, { env: NOBODY_ENV, stdio: ["ignore", "pipe", "inherit"] });
      let said = "";
      child.stdout.on("data", (bytes) => said += bytes);
      try {
        await until("it is idle", () => said.includes("idle"));
        for (const [index, target] of ["real2", "real1"].entries()) {
          link(target);
          await until(`${target} is seen`, () => said.split("changed").length === index + 2);
        }
        assert.match(said, /^idle after [1-4] looks\nchanged\nchanged\n$/);
      } finally {
        child.kill("SIGKILL");
      }
    },
  );

  test("may be a FIFO, which keeps nobody waiting for its writer", LONG, async () => {
    using files = scratch();
    write(files, "src/a");
    const changed: string[] = [];
    const rule = { directory: files.path, paths: ["src"], ignore: [], debounceMs: 50 };
    await withLooks(async (looks) => {
      const watch = new FileWatch(rule, { onChange: (path) => changed.push(path), onNotice: () => {} });
      try {
        await until("it has begun", () => looks() >= 2);
        for (const name of ["fifo", "other"]) {
          const count = changed.length;
          execFileSync("mkfifo", [join(files.path, "src", name)]);
          write(files, "src/a", name);
          await until("the file beside it is seen", () => changed.length > count);
          write(files, `src/${name}s/new`);
          await until("a new directory is seen", () => changed.length > count + 1);
        }
      } finally {
        watch.close();
      }
    });
    assert.deepEqual(changed, ["src/a", "src/fifos/new", "src/a", "src/others/new"]);
  });
});

describe("a process whose files are watched", () => {
  const starts = (test: TestSupervisor) => test.path("a").filter((state) => state === "running").length;
  const reasons = (test: TestSupervisor) =>
    test.events.flatMap(({ to, reason }) => to === "stopping" ? [reason] : []);

  test("is restarted once for changes at one time, and not for what is not meant", LONG, async () => {
    using files = scratch();
    write(files, "src/a.py");
    const control = {
      working_directory: files.path,
      watch: { paths: ["src/**/*.py"], ignore: ["**/gen"], debounce: "200ms" },
    };
    await using test = await TestSupervisor.start([shell("a", "exec sleep 1000", control)]);
    await test.reaches("a", "running");
    const change = async (count: number, reason: string, act: () => void) => {
      act();
      await test.until(`${reason} is seen`, () => starts(test) > count);
      assert.deepEqual(reasons(test).slice(count - 1), [`files changed: ${reason}`]);
    };
    // Until it was looked at a first time a change is none.
    const touch = () => write(files, "src/a.py", String(performance.now()));
    await test.until("it is watched", nowAndThen(touch, () => starts(test) > 1));
    await test.reaches("a", "running");
    const begun = starts(test);
    write(files, "src/gen/x.py");
    write(files, "src/note.txt");
    await change(begun, "src/new/b.py", () => {
      write(files, "src/new/b.py");
      write(files, "src/new/c.py");
    });
    // As editors write: a new file takes the old one's place.
    await change(begun + 1, "src/a.py", () => {
      write(files, "src/.a.tmp", "other");
      renameSync(join(files.path, "src/.a.tmp"), join(files.path, "src/a.py"));
    });
    await change(begun + 2, "src/a.py", () => rmSync(join(files.path, "src"), { recursive: true }));
    await change(begun + 3, "src/back.py", () => write(files, "src/back.py"));
    await change(begun + 4, "src/back.py", () => write(files, "src/back.py", "again"));
  });

  test("is restarted when a link on the way leads elsewhere, or what it leads to changes", LONG, async () => {
    using files = scratch();
    for (const name of ["real1/f", "real2/f", "real3/f", "shared/real.conf"]) write(files, name);
    mkdirSync(join(files.path, "conf"));
    mkdirSync(join(files.path, "etc"));
    const link = (target: string) => {
      symlinkSync(target, join(files.path, "conf/new"));
      renameSync(join(files.path, "conf/new"), join(files.path, "conf/cur"));
    };
    link("../real1");
    symlinkSync("../shared/real.conf", join(files.path, "etc/link.conf"));
    const watched = (path: string) => ({
      working_directory: files.path,
      watch: { paths: [path], debounce: "100ms" },
    });
    await using test = await TestSupervisor.start([
      shell("a", "exec sleep 1000", watched("conf/cur/f")),
      shell("b", "exec sleep 1000", watched("etc/link.conf")),
    ]);
    const runs = (id: string) => test.path(id).filter((state) => state === "running").length;
    await test.until(
      "b's file is seen",
      nowAndThen(() => write(files, "shared/real.conf"), () => runs("b") > 1),
    );
    let turn = 0;
    const swap = () => link(`../real${++turn % 2 + 1}`);
    await test.until("a's link is seen", nowAndThen(swap, () => runs("a") > 1));
    await test.reaches("a", "running");
    // Once each: it is watched by now, the one that the link leads to included.
    const change = async (act: () => void) => {
      const before = runs("a");
      act();
      await test.until("it is restarted", () => runs("a") > before);
    };
    await change(() => link("../real3"));
    await change(() => write(files, "real3/f", "in place"));
    await change(() => link("../real1"));
  });

  test(
    "is started again where it has failed, and stays down where a person has stopped it, or it has ended well",
    LONG,
    async () => {
      using files = scratch();
      write(files, "main.sh", "exit 3");
      const control = { working_directory: files.path, watch: ["main.sh"], restart_policy: "never" };
      await using test = await TestSupervisor.start([
        shell("a", ". ./main.sh", control),
        shell("well", "exit 0", control),
      ]);
      await test.reaches("a", "failed");
      await test.reaches("well", "stopped");
      const repair = () => write(files, "main.sh", `exec sleep 1000 # ${performance.now()}`);
      const runs = () => test.path("a").slice(3).includes("running");
      await test.until("it runs by the new file", nowAndThen(repair, runs));
      const found = test.events.find(({ to, reason }) => to === "starting" && reason !== null);
      assert.equal(found?.reason, "files changed: main.sh");
      await test.supervisor.stop("a");
      write(files, "main.sh", "exec sleep 2000");
      const until = performance.now() + 1_500;
      await test.until("the debounce has passed", () => performance.now() > until);
      assert.equal(test.supervisor.get("a").state, "stopped");
      assert.deepEqual(test.path("well"), ["starting", "running", "stopped"]);
    },
  );

  test("goes on being watched when it is rolled back, and while a reload goes on", LONG, async () => {
    using files = scratch();
    const SOON = { context_aware_restart: { reset_after: "50ms" } };
    const control = { working_directory: files.path, watch: { paths: ["src"], debounce: "100ms" }, ...SOON };
    const a = (word: string) => shell("a", `: ${word}; sleep 300; :`, control);
    const change = async (test: TestSupervisor, from: number) => {
      const runs = () => test.path("a").slice(from).filter((state) => state === "running").length > 0;
      await test.until("it runs anew", nowAndThen(() => write(files, "src/a", `${performance.now()}`), runs));
    };
    await using test = await TestSupervisor.start([a("v1")]);
    const proven = () => test.supervisor.describe("a").rollback?.is_proven;
    await test.until("v1 is proven", proven);
    // Its instances hold up the end of the reload.
    const slow = shell("b", "sleep 300; :", {}, { instances: 2 });
    const waits = "until [ -e go ]; do sleep 0.05; done; touch ready-$PROCTOR_INSTANCE; sleep 300; :";
    const held = shell("b", waits, { start_timeout: "1m" }, { instances: 2 }, {
      readiness_check: { type: "file", interval: "50ms", file: { path: "ready-${PROCTOR_INSTANCE}" } },
    });
    test.configure([a("v2"), slow]);
    await test.supervisor.reload();
    await test.until("v2 is proven", proven);
    test.configure([a("v3"), held]);
    let isOver = false;
    const reload = test.supervisor.reload().finally(() => isOver = true);
    await test.until("it is rolled out", () =>
      test.path("b:0").filter((to) => to === "starting").length === 2);
    await test.reaches("a", "running");
    await change(test, test.path("a").length);
    assert.equal(isOver, false);
    test.files.write("go", "");
    await reload;
    await test.supervisor.rollback("a");
    await test.reaches("a", "running");
    await change(test, test.path("a").length);
  });

  test("what makes no sense is refused, and a path or a list is short for the rest", () => {
    using files = scratch();
    const text = `
processes:
  a: { command: x, watch: src }
  b: { command: x, watch: [a, "/etc/b.conf"], cwd: /etc }
  c: { command: x, watch: [] }
  d: { command: x, watch: { ignore: [a] } }
  e: { command: x, watch: src, schedule: "@daily" }
`;
    assert.throws(
      () => loadConfig(files.write("proctor.yaml", text), { variables: {} }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.faults.map(({ key }) => key), [
          "processes.c.watch.paths",
          "processes.d.watch.paths",
          "processes.e.watch",
        ]);
        return true;
      },
    );
    const good = files.write("good.yaml", text.split("\n").slice(0, 4).join("\n"));
    const { definitions: [a, b] } = loadConfig(good, { variables: {} });
    assert.deepEqual(a.watch, { directory: files.path, paths: ["src"], ignore: [], debounceMs: 500 });
    assert.deepEqual([b.watch?.directory, b.watch?.paths], ["/etc", ["a", "b.conf"]]);
  });
});
