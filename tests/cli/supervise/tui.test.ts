import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { isAlive } from "../../supervisor/support/supervisor.ts";
import { asBefore, startedBy } from "../support/given_back.ts";
import { BINARY, proctor } from "../support/proctor.ts";
import { shellProcess, withSupervised } from "../support/supervise.ts";
import type { Supervised } from "../support/supervise.ts";
import { noTmux, quoted, Tmux } from "../support/tmux.ts";
import { until } from "../support/traces.ts";

const ON_SCREEN = { skip: noTmux, timeout: 90_000 };
const IS_SHOWN = /^q quit {2}\? help/m;

function command({ config, state }: Supervised, more = ""): string {
  return `${quoted(BINARY)} supervise --tui --config ${quoted(config)} --state-dir ${quoted(state)} ${more}`;
}

/** Until the shell has its screen again. */
const left = (tmux: Tmux) => until(() => tmux.variable("alternate_on") === "0", "the shell's screen");

describe("supervise --tui", () => {
  test(
    "shows what it keeps, and q ends all of it after a question",
    ON_SCREEN,
    () =>
      withSupervised(async (supervised) => {
        const talks = "trap 'echo hung up' HUP; echo hello; while :; do sleep 0.1; done";
        supervised.configure([shellProcess("web", talks), shellProcess("db", "exec sleep 1000")]);
        using tmux = new Tmux();
        tmux.enter(command(supervised));
        const screen = await tmux.shows(/│ hello$/m);
        assert.match(screen[0], /^proctor supervise {2}\//);
        assert.match(screen.join("\n"), /^web +running /m);
        tmux.press("k", "h", "u", "p", "Enter");
        await tmux.shows(/^send HUP to web\? y\/n$/m);
        tmux.press("y");
        await tmux.shows(/│ hung up$/m);
        await tmux.shows(/^web: HUP was sent$/m);
        const { pid } = await supervised.status("db");
        tmux.press("q", "n");
        await tmux.shows(/^nothing was done$/m);
        tmux.press("q");
        await tmux.shows(/^stop everything, and end\? y\/n$/m);
        tmux.press("y");
        await left(tmux);
        const after = await tmux.shows(/its output meanwhile is in \S+/);
        // Not a line of its own log was painted over the screen, nor is one lost.
        assert.ok(!after.some((line) => line.includes("web: starting")));
        assert.match(readFileSync(`${supervised.state}/supervisor.log`, "utf8"), / web: starting → running /);
        assert.ok(!isAlive(pid!));
      }),
  );

  test("has nothing of a process painted over it", ON_SCREEN, () =>
    withSupervised(async (supervised) => {
      const output = { combined: [{ type: "stdout", format: "plain" }, { type: "file", path: "web.log" }] };
      const control = {
        executable: "/bin/sh",
        arguments: ["-c", "echo here; echo $$ > here; exec sleep 1000"],
        working_directory: supervised.directory,
        log_collection: { outputs: output },
      };
      const web = shellProcess("web", "", { management: { control } });
      supervised.configure([web]);
      using tmux = new Tmux();
      tmux.enter(command(supervised));
      await until(() => existsSync(`${supervised.directory}/here`), "it has written");
      await tmux.shows(/│ here$/m);
      assert.equal(tmux.screen.filter((line) => /^(?:web.*)?here$/.test(line)).length, 0);
      tmux.press("C-c");
      await left(tmux);
    }));

  test("kills what is left by a second Ctrl-C", ON_SCREEN, () =>
    withSupervised(async (supervised) => {
      const stubborn = "trap '' TERM; echo up; while :; do sleep 0.1; done";
      supervised.configure([shellProcess("web", stubborn, {
        management: {
          control: {
            executable: "/bin/sh",
            arguments: ["-c", stubborn],
            graceful_timeout: "1h",
          },
        },
      })]);
      using tmux = new Tmux();
      tmux.enter(command(supervised));
      await tmux.shows(/│ up$/m);
      const { pid } = await supervised.status("web");
      tmux.press("C-c");
      await tmux.shows(/^stopping everything; Ctrl-C kills what is left$/m);
      await tmux.shows(/^web +stopping /m);
      tmux.press("C-c");
      await left(tmux);
      assert.ok(!isAlive(pid!));
    }));

  test(
    "reads the configuration anew by SIGHUP, and stands no stillness",
    ON_SCREEN,
    () =>
      withSupervised(async (supervised) => {
        supervised.configure([shellProcess("web", "exec sleep 1000")]);
        using tmux = new Tmux();
        tmux.enter(command(supervised));
        await tmux.shows(/^web +running /m);
        supervised.configure([
          shellProcess("web", "exec sleep 1000"),
          shellProcess("more", "exec sleep 1000"),
        ]);
        process.kill(startedBy(tmux), "SIGHUP");
        await tmux.shows(/^more +running /m);
        tmux.press("C-z");
        await tmux.shows(/^a supervisor that stands still keeps nothing running; q ends it$/m);
        tmux.press("C-c");
        await left(tmux);
      }),
  );

  test("goes on where the terminal has gone", ON_SCREEN, () =>
    withSupervised(async (supervised) => {
      supervised.configure([shellProcess("web", "exec sleep 1000")]);
      const tmux = new Tmux();
      let pid: number;
      try {
        tmux.enter(command(supervised));
        await tmux.shows(/^web +running /m);
        pid = startedBy(tmux);
      } finally {
        tmux[Symbol.dispose]();
      }
      assert.equal((await supervised.status("web")).state, "running");
      assert.ok(isAlive(pid));
      assert.equal((await supervised.ctl("shutdown")).code, 0);
      // What it keeps has ended when that answers; the terminal that is gone is waited for a little longer.
      await until(() => !isAlive(pid), "the supervisor is gone");
    }));
});

describe("supervise --tui gives the terminal back as it was", () => {
  const cases: readonly (readonly [string, NodeJS.Signals, number])[] = [
    ["SIGTERM", "SIGTERM", 0],
    ["SIGINT", "SIGINT", 0],
    ["SIGKILL", "SIGKILL", 137],
    ["a crash", "SIGSEGV", 139],
  ];
  for (const [how, signal, code] of cases) {
    test(`after ${how}`, ON_SCREEN, () =>
      withSupervised(async (supervised) => {
        supervised.configure([shellProcess("web", "exec sleep 1000", { enabled: false })]);
        using tmux = new Tmux();
        const isShown = { command: command(supervised), isShown: IS_SHOWN };
        await asBefore(tmux, isShown, (pid) => void process.kill(pid, signal));
        assert.equal(readFileSync(`${tmux.directory}/status`, "utf8"), `${code}\n`);
      }));
  }
});

describe("supervise --tui refuses what it cannot do", () => {
  for (
    const [title, args, message] of [
      [
        "no terminal",
        [],
        /^proctor: --tui: it needs a terminal; for programs there are --detach and proctor ctl\n$/,
      ],
      ["--only", ["--only", "web"], /^proctor: --tui and --only: give one of them; [^\n]+\n$/],
      ["--detach", ["--detach"], /^proctor: --tui: there is no screen in the background; [^\n]+\n$/],
    ] as const
  ) {
    test(title, () =>
      withSupervised(async (supervised) => {
        supervised.configure([shellProcess("web", "exec sleep 1000")]);
        const words = ["supervise", "--tui", "--config", supervised.config, "--state-dir", supervised.state];
        const { code, stderr } = await proctor([...words, ...args]);
        assert.equal(code, 125);
        assert.match(stderr, message);
        assert.ok(!existsSync(supervised.state));
      }));
  }
});
