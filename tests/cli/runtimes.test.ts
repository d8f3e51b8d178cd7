import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../support/fixture.ts";
import { withDirectory } from "./support/directory.ts";
import { BINARY, lastJson, runProgram, startProgram } from "./support/proctor.ts";
import type { StartOptions } from "./support/proctor.ts";
import { parseStream } from "./support/records.ts";
import { SOURCE } from "./support/runtimes.ts";
import { cgroupsOf } from "./support/traces.ts";

/** The same arguments through the source on this runtime, and through the binary. */
async function both(args: readonly string[], options: StartOptions = {}) {
  const fromSource = await runProgram([...SOURCE.command, ...args], options);
  const fromBinary = await runProgram([BINARY, ...args], options);
  return [fromSource, fromBinary] as const;
}

async function assertSame(args: readonly string[], options: StartOptions = {}): Promise<void> {
  const [source, binary] = await both(args, options);
  assert.equal(source.stderr, binary.stderr, args.join(" "));
  assert.equal(source.stdout.toString("latin1"), binary.stdout.toString("latin1"), args.join(" "));
  assert.equal(source.code, binary.code, args.join(" "));
}

describe(`${SOURCE.title} works as the binary does`, () => {
  test("the binary is there", () => {
    assert.ok(existsSync(BINARY), "dist/proctor is missing: build it with scripts/build");
  });

  test("exit codes and messages", { timeout: 120_000 }, async () => {
    for (
      const args of [
        ["run", "--quiet", "--", fixture("exit_with"), "7"],
        ["run", "--quiet", "--", fixture("die_by"), "TERM"],
        ["run", "--quiet", "--timeout", "200ms", "--", "sleep", "60"],
        ["run", "--interval", "5x", "true"],
        ["run"],
        ["bogus"],
        ["run", "--quiet", "--", "/usr"],
        ["run", "--quiet", "--", "no-such-command-of-proctor"],
        ["run", "--quiet", "--cwd", "/no/such", "--", "true"],
      ]
    ) await assertSame(args);
  });

  test("help, profiles, schema and completion", { timeout: 120_000 }, async () => {
    for (
      const args of [
        ["--help"],
        ["run", "--help"],
        ["profiles"],
        ["profiles", "--json"],
        ["schema"],
        ["complete", "--", "run", "--ti"],
        ["host", "--help"],
        ["host", "system"],
        ["sysmon", "--help"],
        ["completion", "zsh"],
      ]
    ) await assertSame(args);
  });

  test("streams and arguments", { timeout: 120_000 }, async () => {
    const input = new Uint8Array(300_000).map((_, index) => (index * 7) % 251);
    await assertSame(["run", "--quiet", "--", "cat"], { input });
    const words = ["a b", "", "ü", "--help", "--", "-q"];
    const [source] = await both(["run", "--quiet", "--", fixture("print_context"), ...words]);
    assert.deepEqual(lastJson<{ argv: string[] }>(source).argv, words);
  });

  test("the command's surroundings", { timeout: 120_000 }, async () => {
    const surroundings = async (command: readonly string[]) => {
      const outcome = await runProgram(
        ["/bin/sh", "-c", `trap '' USR1; ulimit -Sn 300; umask 027; "$@"; exit $?`, "sh", ...command],
        { env: { ODD: "ü" } },
      );
      const { env, umask, cwd, nofile, signals, open_fds } = lastJson<
        Record<string, Record<string, unknown>>
      >(outcome);
      return {
        umask,
        cwd,
        nofile,
        open_fds,
        ignored: (signals.ignored as string[]).filter((name) => name !== "32" && name !== "33"),
        blocked: signals.blocked_mask,
        odd: env.ODD,
      };
    };
    const print = fixture("print_context");
    const source = await surroundings([...SOURCE.command, "run", "--quiet", "--", print]);
    assert.deepEqual(source, await surroundings([BINARY, "run", "--quiet", "--", print]));
    assert.deepEqual(source, await surroundings([print]));
  });

  test("records, a tree's CPU and the summary", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      for (const command of [SOURCE.command, [BINARY]]) {
        const file = `${directory}/records.jsonl`;
        const running = startProgram([
          ...command,
          "run",
          "--quiet",
          "--interval",
          "100ms",
          "--records",
          file,
          "--threads",
          "--",
          fixture("storm"),
          "40",
          "0.01",
        ]);
        const outcome = await running.ended;
        const { children, self } = lastJson<Record<"children" | "self", { cpu_seconds: number }>>(outcome);
        const { summary, samples } = parseStream(readFileSync(file, "utf8"));
        const truth = children.cpu_seconds + self.cpu_seconds;
        assert.ok(Math.abs(summary.cpu_seconds! - truth) < 0.02 * truth, `${summary.cpu_seconds}, ${truth}`);
        assert.ok(samples.length >= 2);
        assert.deepEqual(cgroupsOf(running.pid), []);
      }
    });
  });

  test("a signal is passed on once", { timeout: 120_000 }, async () => {
    const running = startProgram([
      ...SOURCE.command,
      "run",
      "--summary",
      "json",
      "--",
      fixture("on_signal"),
      "TERM",
      "33",
    ]);
    await running.ready();
    running.kill("SIGTERM");
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 33);
    assert.match(stdout.toString(), /"deliveries":1\D/);
    assert.equal(JSON.parse(stderr).outcome, "interrupted");
  });

  test("doctor and attach", { timeout: 120_000 }, async () => {
    const [source, binary] = await both(["doctor", "--json"]);
    assert.deepEqual(JSON.parse(source.stdout.toString()), JSON.parse(binary.stdout.toString()));
    const sleeper = startProgram(["sleep", "60"]);
    try {
      const args = ["attach", String(sleeper.pid), "--duration", "300ms", "--quiet", "--records", "-"];
      for (const outcome of await both(args)) {
        assert.equal(outcome.code, 0, outcome.stderr);
        assert.equal(parseStream(outcome.stdout.toString()).summary.outcome, "interrupted");
      }
    } finally {
      sleeper.kill("SIGKILL");
    }
  });
});
