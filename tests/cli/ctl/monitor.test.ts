import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { startFakeSupervisor, withFakeSupervisor } from "../support/fake_supervisor.ts";
import { asBefore, ENDINGS, startedBy } from "../support/given_back.ts";
import { BINARY, proctor } from "../support/proctor.ts";
import { shellProcess, TALKER, withSupervised } from "../support/supervise.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";
import { noTmux, quoted, Tmux } from "../support/tmux.ts";
import { stateOf, until } from "../support/traces.ts";

const ON_SCREEN = { skip: noTmux, timeout: 120_000 };
const IS_SHOWN = /^q quit {2}\? help/m;
const command = (socket: string) => `${quoted(BINARY)} ctl monitor --socket ${quoted(socket)}`;

describe("ctl monitor in a terminal", () => {
  test(
    "shows processes, logs and events on 80×24, and explains itself",
    ON_SCREEN,
    () =>
      withFakeSupervisor(async ({ socket, pid }) => {
        using tmux = new Tmux();
        tmux.enter(`${command(socket)} --interval 100ms`);
        const screen = await tmux.shows(/tw\\x1b\[2Jo/);
        assert.equal(screen.length, 24);
        assert.match(
          screen[0],
          new RegExp(`^proctor ctl monitor {2}/var/lib/proctor · supervisor ${pid} · up 1m `),
        );
        assert.equal(screen[2], "3 processes: 2 running, 1 backoff");
        assert.match(screen[4], /^web +running +12s +0 +1\.3 .* 19\.1 M healthy$/);
        assert.match(screen[5], /^db +backoff +– +5 +– .* – –$/);
        assert.match(screen[7], /^── web ── log │ events │ all events │ info ─+$/);
        assert.match(screen[9], /^\d\d:\d\d:\d\d │ one$/);
        assert.match(screen[10], /^\d\d:\d\d:\d\d ┃ tw\\x1b\[2Jo$/);
        tmux.press("Down", "e");
        await tmux.shows(
          /^backoff: it exited with code 1 after 0\.2 s.*\n\S+ running → backoff: it exited with code 1$/m,
        );
        tmux.press("i");
        await tmux.shows(/^last exit +2026-01-31T12:00:00\.000Z: ended by SIGKILL$/m);
        tmux.press("l", "Up", "/", "tw");
        await tmux.shows((lines) => lines[23] === "search: tw▏");
        // deno-lint-ignore no-control-regex
        assert.match(tmux.styledScreen, /\x1b\[[\d;]*43m(?:\x1b\[[\d;]*m)*tw/);
        tmux.press("Escape");
        await tmux.shows(IS_SHOWN);
        tmux.press("?");
        await tmux.shows(/ start \(up\), stop \(down\), restart; it asks first/);
        tmux.press("?", "q");
        await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
      }),
  );

  test("follows the size of the terminal", ON_SCREEN, () =>
    withFakeSupervisor(async ({ socket }) => {
      using tmux = new Tmux();
      tmux.enter(command(socket));
      await tmux.shows(IS_SHOWN);
      tmux.resize(170, 30);
      const wide = await tmux.shows((lines) => lines[29]?.startsWith("q quit"));
      assert.match(wide[3], /^ID +STATE .* HEALTH +REASON$/);
      assert.match(wide[5], /^db +backoff .* for the fifth time; it is tried again in 8 s$/);
      tmux.resize(40, 8);
      const small = await tmux.shows((lines) => lines.length === 8 && /^web /.test(lines[4]));
      assert.ok(small.every((line) => line.length <= 40));
      tmux.press("q");
    }));

  test(
    "acts on a process after a question, and only then",
    ON_SCREEN,
    () =>
      withFakeSupervisor(async ({ socket }) => {
        using tmux = new Tmux();
        tmux.enter(command(socket));
        await tmux.shows(IS_SHOWN);
        tmux.press("d");
        await tmux.shows(/^stop web\? y\/n$/m);
        tmux.press("n");
        await tmux.shows(/^nothing was done$/m);
        assert.match(tmux.screen[4], /^web +running /);
        tmux.press("d", "y");
        await tmux.shows((lines) => lines[23] === "web: stopped" && /^web +stopped /.test(lines[4]));
        tmux.press("u", "y");
        await tmux.shows((lines) =>
          lines[23] === "web: running (pid 4712)" && /^web +running /.test(lines[4])
        );
        tmux.press("q");
      }),
  );

  test("follows the log of a process that talks", ON_SCREEN, () =>
    withSupervised(async (supervised) => {
      const script = "printf 'a\\033[2Jb\\n'; echo wrong >&2; exit 7";
      const control = { executable: "/bin/sh", arguments: ["-c", script], restart_policy: "never" };
      supervised.configure([
        shellProcess("talker", "", { management: { control: { executable: "/bin/sh", arguments: TALKER } } }),
        shellProcess("failing", "", { management: { control } }),
      ]);
      await supervised.start();
      using tmux = new Tmux();
      tmux.enter(`${quoted(BINARY)} ctl monitor --state-dir ${quoted(supervised.state)} --interval 200ms`);
      const number = (screen: string[]) => Number(/ line (\d+)$/.exec(screen[22])?.[1] ?? NaN);
      const before = number(await tmux.shows((screen) => number(screen) > 0));
      await tmux.shows((screen) => number(screen) > before + 20);
      // Standing still, it stands still.
      tmux.press("[", "[");
      const still = number(await tmux.shows((screen) => / newer ──$/.test(screen[6])));
      await tmux.shows((screen) =>
        Number(/ (\d+) newer ──$/.exec(screen[6])?.[1]) > 20 && number(screen) === still
      );
      tmux.press("Escape");
      await tmux.shows((screen) => number(screen) > still);
      tmux.press("End");
      await tmux.shows(
        /^── failing ── .*\n\w+: it ended with exit code 7\n\S+ . (?:a\\x1b\[2Jb\n\S+ ┃ wrong|wrong\n)/m,
      );
      tmux.press("q");
      await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
    }));

  test(
    "says that the supervisor has gone, and sees the next one",
    ON_SCREEN,
    () =>
      withFakeSupervisor(async ({ socket }) => {
        using tmux = new Tmux();
        tmux.enter(`${command(socket)} --interval 200ms`);
        await tmux.shows(IS_SHOWN);
        assert.equal((await proctor(["ctl", "shutdown", "--socket", socket])).code, 0);
        const lost = await tmux.shows(/^trying again: no supervisor listens at /m);
        assert.match(lost[0], /no answer for \d+s {2}\d\d:\d\d:\d\d$/);
        assert.match(lost[4], /^web +running /);
        const next = await startFakeSupervisor(socket);
        try {
          await tmux.shows((lines) =>
            lines[0].includes(`supervisor ${next.pid} `) && /^3 processes/.test(lines[2])
          );
          tmux.press("q");
          await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
        } finally {
          await next.end();
        }
      }),
  );

  test(
    "works without colours, and without Unicode",
    ON_SCREEN,
    () =>
      withFakeSupervisor(async ({ socket }) => {
        using tmux = new Tmux({ NO_COLOR: "1", LANG: "C", LC_ALL: "C" });
        tmux.enter(command(socket));
        await tmux.shows(/^\S+ # tw\\x1b\[2Jo$/m);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(tmux.styledScreen, /\x1b\[(?:[\d;]*;)?[34][0-7]m/);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(tmux.screen.join("\n"), /[^\x00-\x7f]/);
        tmux.press("q");
      }),
  );
});

describe("ctl monitor gives the terminal back as it was", () => {
  const cases: readonly (readonly [string, NodeJS.Signals | "q", number])[] = [...ENDINGS, ["q", "q", 0]];
  for (const [how, by, code] of cases) {
    test(`after ${how}`, ON_SCREEN, () =>
      withFakeSupervisor(async ({ socket }) => {
        using tmux = new Tmux();
        await asBefore(tmux, { command: command(socket), isShown: IS_SHOWN }, (pid) => {
          if (by === "q") tmux.press("q");
          else process.kill(pid, by);
        });
        assert.equal(readFileSync(`${tmux.directory}/status`, "utf8"), `${code}\n`);
      }));
  }

  test("while it is stopped, and takes it again", ON_SCREEN, () =>
    withFakeSupervisor(async ({ socket }) => {
      using tmux = new Tmux();
      const settings = await tmux.output("stty -g");
      tmux.enter(command(socket));
      await tmux.shows(IS_SHOWN);
      const pid = startedBy(tmux);
      tmux.press("C-z");
      await until(() => stateOf(pid) === "T", "it stands still");
      await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
      assert.equal(await tmux.output("stty -g"), settings);
      tmux.enter("fg");
      await tmux.shows(IS_SHOWN);
      tmux.press("q");
      await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
      assert.equal(await tmux.output("stty -g"), settings);
    }));
});

describe("ctl monitor refuses what it cannot do", () => {
  for (
    const [title, args, message] of [
      [
        "no terminal",
        [],
        /monitor: it needs a terminal; for programs there are proctor ctl status --json and /,
      ],
      ["JSON", ["--json"], /monitor: a screen is not JSON; for that there is proctor ctl status --json/],
      ["an unknown column", ["--sort", "age"], /--sort: "age" is none of order, id, state/],
    ] as const
  ) {
    test(title, async () => {
      const { code, stdout, stderr } = await proctor(["ctl", "monitor", ...args]);
      assert.equal(code, 125);
      assert.equal(stdout.length, 0);
      assert.match(stderr, /^proctor: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }

  test("a terminal that cannot place text, or nobody to ask", { skip: noTerminals }, async () => {
    const words = [BINARY, "ctl", "monitor", "--socket", "/nowhere/s"];
    const dumb = await onTerminal(words, [], { env: { TERM: "dumb" } });
    assert.equal(dumb.exit_code, 125);
    assert.match(
      dumb.transcript,
      /^proctor: monitor: this terminal \(TERM=dumb\) .*; try proctor ctl status --watch 2s\r\n$/,
    );
    const lonely = await onTerminal(words, [], { env: { TERM: "xterm" } });
    assert.equal(lonely.exit_code, 125);
    assert.match(lonely.transcript, /^proctor: no supervisor listens at "\/nowhere\/s"; [^\n]*\r\n$/);
  });
});
