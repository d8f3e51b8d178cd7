/*
 * Starting a command: what it gets, and what is said when it cannot be started. From a small parent, by clone3 and by
 * posix_spawn.
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { fixture } from "../../../support/fixture.ts";
import { byClone, bySmallParent, bySpawn, runToEnd, spec } from "../../../support/launch.ts";
import type { Launcher } from "../../../support/launch.ts";
import { ownChildren } from "../../../support/linux.ts";

const encoder = new TextEncoder();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const CONTEXT = fixture("print_context");

async function context(launcher: Launcher, args: readonly (string | Uint8Array)[] = [], rest = {}) {
  const { stdout, stderr, exit } = await runToEnd(launcher, CONTEXT, [CONTEXT, ...args], rest);
  assert.equal(exit.exitCode, 0, stderr);
  return JSON.parse(stdout);
}

function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-launch-"));
  return use(directory).finally(() => rmSync(directory, { recursive: true }));
}

/** Expect the launch to fail at a stage, and to leave neither a child nor a descriptor behind. */
async function assertFails(
  launcher: Launcher,
  what: ReturnType<typeof spec>,
  stage: string,
  errno: number,
): Promise<void> {
  launcher(what); // whatever is opened once and for all
  const [children, descriptors] = [ownChildren(), readdirSync("/proc/self/fd").length];
  const failure = launcher(what);
  assert.ok("stage" in failure, `started as ${JSON.stringify(failure)}`);
  assert.equal(failure.errno, errno, failure.message);
  // posix_spawn tells no stages apart.
  assert.equal(failure.stage, launcher === bySpawn ? "exec" : stage);
  assert.ok(failure.message.length > 0);
  const left = () => ({ children: ownChildren(), descriptors: readdirSync("/proc/self/fd").length });
  await sleep(20);
  for (let look = 0; look < 500 && !isDeepStrictEqual(left(), { children, descriptors }); look++) {
    await sleep(20);
  }
  assert.deepEqual(left(), { children, descriptors }, "a child or a descriptor is left behind");
}

const WAYS = [["small parent", bySmallParent], ["clone3", byClone], ["posix_spawn", bySpawn]] as const;

for (const [name, launcher] of WAYS) {
  describe(`by ${name}`, () => {
    test("arguments and environment arrive byte by byte", { timeout: 120_000 }, async () => {
      const odd = Uint8Array.from([0xff, 0x20, 0xfe, 0x0a]);
      const env = [
        encoder.encode("PATH=/usr/bin:/bin"),
        Uint8Array.from([...encoder.encode("ODD="), 0x80, 0xff]),
      ];
      const given = await context(launcher, ["", "a b", odd, "ä"], { env });
      assert.deepEqual(given.argv_hex, ["", hex(encoder.encode("a b")), hex(odd), hex(encoder.encode("ä"))]);
      assert.equal(given.environ_hex, env.map((entry) => `${hex(entry)}00`).join(""));
    });

    test("arguments and environment of many kilobytes arrive whole", { timeout: 120_000 }, async () => {
      const many = Array.from({ length: 5_000 }, (_, index) => `argument ${index}`);
      const { argv } = await context(launcher, [...many, "x".repeat(100_000)]);
      assert.equal(argv.length, 5_001);
      assert.equal(argv[4_999], "argument 4999");
      assert.equal(argv[5_000].length, 100_000);
    });

    test("the working directory is the one asked for, or ours", { timeout: 120_000 }, async () => {
      assert.equal((await context(launcher)).cwd, process.cwd());
      await withDirectory(async (directory) => {
        const odd = join(directory, "ä b");
        mkdirSync(odd);
        const { stdout } = await runToEnd(launcher, "/bin/sh", ["sh", "-c", "pwd -P"], { cwd: odd });
        assert.equal(stdout, `${odd}\n`);
      });
    });

    test("it gets these three descriptors and none of ours", { timeout: 120_000 }, async () => {
      const ours = openSync("/dev/zero", "r");
      const given = await context(launcher);
      closeSync(ours);
      assert.deepEqual(given.open_fds.slice(0, 3), [0, 1, 2]);
      assert.equal(given.fd_targets[0], "/dev/null");
      assert.ok(!Object.values(given.fd_targets).includes("/dev/zero"), JSON.stringify(given.fd_targets));
    });

    test("descriptors can change places", { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const path = (what: string) => join(directory, what);
        // A shell, so that 1 and 2 are files of its own; it runs us with them, and we swap them.
        const script = `exec 1>"$1" 2>"$2"; shift 2; exec "$@"`;
        const { runtimeCommand } = await import("../../../support/linux.ts");
        const { spawnSync } = await import("node:child_process");
        const swap = ["swap", name];
        const all = [
          "-c",
          script,
          "sh",
          path("out"),
          path("err"),
          ...runtimeCommand("launch_program.ts"),
          ...swap,
        ];
        const { status } = spawnSync("sh", all, { stdio: ["ignore", "ignore", "inherit"] });
        assert.equal(status, 0, readFileSync(path("err"), "utf8"));
        assert.equal(readFileSync(path("out"), "utf8"), "to stderr\n");
        assert.equal(readFileSync(path("err"), "utf8"), "to stdout\n");
      });
    });

    test("no signal is blocked or ignored that was not before", { timeout: 120_000 }, async () => {
      const { signals } = await context(launcher);
      assert.deepEqual(signals.blocked, []);
      // Perl ignores FPE itself; the others are those that whoever started us had ignored.
      // glibc's posix_spawn leaves its two internal signals ignored.
      const allowed = new Set(["FPE", "HUP", "INT", "QUIT", "32", "33"]);
      const ignored = signals.ignored.map((signal: string) => signal.replace(/^SIG/, ""));
      assert.deepEqual(ignored.filter((signal: string) => !allowed.has(signal)), []);
    });

    test("exit codes and signals are told apart", { timeout: 120_000 }, async () => {
      for (const code of [0, 1, 42, 255]) {
        const { exit } = await runToEnd(launcher, fixture("exit_with"), ["exit_with", String(code)]);
        assert.deepEqual([exit.exitCode, exit.signal], [code, null]);
      }
      for (const [signal, number] of [["TERM", 15], ["KILL", 9], ["SEGV", 11]] as const) {
        const { exit } = await runToEnd(launcher, fixture("die_by"), ["die_by", signal]);
        assert.deepEqual([exit.exitCode, exit.signal], [null, number]);
      }
    });

    describe("a launch that fails names the step, and leaves nothing behind:", () => {
      test(
        "no such file",
        { timeout: 120_000 },
        () => assertFails(launcher, spec("/nonexistent/program", ["x"]), "exec", 2),
      );

      test("no such interpreter", { timeout: 120_000 }, () =>
        withDirectory(async (directory) => {
          const file = join(directory, "script");
          writeFileSync(file, "#!/nonexistent/interpreter\n", { mode: 0o755 });
          await assertFails(launcher, spec(file, ["x"]), "exec", 2);
        }));

      test("not executable", { timeout: 120_000 }, () =>
        withDirectory(async (directory) => {
          const file = join(directory, "script");
          writeFileSync(file, "#!/bin/sh\n");
          chmodSync(file, 0o644);
          await assertFails(launcher, spec(file, ["x"]), "exec", 13);
        }));

      test("no executable format", { timeout: 120_000 }, () =>
        withDirectory(async (directory) => {
          const file = join(directory, "data");
          writeFileSync(file, "neither a script nor a program\n", { mode: 0o755 });
          await assertFails(launcher, spec(file, ["x"]), "exec", 8);
        }));

      test(
        "no such directory",
        { timeout: 120_000 },
        () => assertFails(launcher, spec("/bin/true", ["true"], { cwd: "/nonexistent" }), "cwd", 2),
      );

      test(
        "a directory that is none",
        { timeout: 120_000 },
        () => assertFails(launcher, spec("/bin/true", ["true"], { cwd: "/dev/null" }), "cwd", 20),
      );

      test(
        "a descriptor that is closed",
        { timeout: 120_000 },
        () => assertFails(launcher, spec("/bin/true", ["true"], { stdio: [0, 1, 9_999] }), "spawn", 9),
      );

      test(
        "arguments that are too long",
        { timeout: 120_000 },
        () => assertFails(launcher, spec("/bin/true", ["true", "x".repeat(200_000)]), "exec", 7),
      );
    });
  });
}
