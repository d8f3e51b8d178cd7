import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { BINARY, proctor, shell, start } from "./support/proctor.ts";
import { SOURCE } from "./support/runtimes.ts";
import { noTerminals, onTerminal } from "./support/terminal.ts";
import { asBefore, ENDINGS, startedBy } from "./support/given_back.ts";
import { noTmux, quoted, Tmux } from "./support/tmux.ts";
import { stateOf, until } from "./support/traces.ts";

/** A shell with two children that sleep. */
async function withTree<T>(use: (pid: number) => Promise<T>): Promise<T> {
  const child = spawn("/bin/sh", ["-c", "sleep 1001 & sleep 1002 & wait"], { stdio: "ignore" });
  const pid = child.pid!;
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  // Both have become what they are, and nobody runs any more.
  const isAsleep = (one: number) => stateOf(one) === "S";
  await until(
    () =>
      children().length === 2 && children().every((one) =>
        nameOf(one) === "sleep" && isAsleep(Number(one))
      ) &&
      isAsleep(pid),
    "two that sleep",
  );
  const all = [...children().map(Number), pid];
  try {
    return await use(pid);
  } finally {
    for (const one of all) if (stateOf(one) !== undefined) process.kill(one, "SIGKILL");
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

const LONG = { timeout: 120_000 };

/** A screen without the bars of CPUs, of which machines have some or many: its empty lines take their place. */
function withoutCores(screen: readonly string[]): string[] {
  const others = screen.filter((line) => !/^(?: ?\d+ [━─╸]|CPUs )/.test(line));
  const missing = Array.from({ length: screen.length - others.length }, () => "");
  return [...others.slice(0, -1), ...missing, ...others.slice(-1)];
}

/** The figures of a screen made alike, for comparison. */
function normalized(screen: readonly string[]): string[] {
  return withoutCores(screen).map((line) =>
    line.replace(/[▁▂▃▄▅▆▇█]/g, " ")
      .replace(/^proctor top .*\d\d:\d\d:\d\d$/, "TITLE").replace(/^CPU +.*memory .*$/, "MACHINE")
      .replace(/^ *\d+ \S+ +([RS])  +(?:\d+\.\d|-)? +[\d.]+ [KM] +/, "PID USER $1 CPU MEMORY ")
  );
}

/** Sends itself a megabyte a second by TCP, over and over. */
const TALKER = `
use IO::Socket::INET;
my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", Proto => "tcp") or die;
my $to = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $server->sockport, Proto => "tcp") or die;
my $from = $server->accept;
for (;;) { print $to "x" x 50_000; $to->flush; read $from, my $piece, 50_000; select undef, undef, undef, 0.05 }
`;

describe("top in a terminal", () => {
  test(
    "tells what a process receives and sends, with --network",
    { skip: noTmux, timeout: 120_000 },
    async () => {
      const talker = spawn("perl", ["-e", TALKER], { stdio: "ignore" });
      try {
        using tmux = new Tmux();
        tmux.enter(`${quoted(BINARY)} top ${talker.pid} --network --sort network --interval 200ms`);
        // Received and sent alike, some hundred kilobytes a second.
        const screen = await tmux.shows(/ \d[\d.]* [KM] +\d[\d.]* [KM] perl -e/);
        assert.match(withoutCores(screen)[3], /RX\/sv +TX\/s COMMAND/);
        tmux.press("q");
        await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
      } finally {
        talker.kill("SIGKILL");
      }
    },
  );

  test(
    "shows a tree on 80×24, and folds, filters and explains it",
    { skip: noTmux, timeout: 120_000 },
    async () => {
      await withTree(async (pid) => {
        using tmux = new Tmux();
        tmux.enter(`${quoted(BINARY)} top ${pid} --sort pid`);
        const screen = await tmux.shows(/sleep 1002/);
        assert.equal(screen.length, 24);
        assert.deepEqual(normalized(screen), [
          "TITLE",
          "MACHINE",
          `3 processes, 0 running · by group, PID · below ${pid}`,
          "   PIDv USER     S   CPU%            MEMORY          COMMAND",
          "PID USER S CPU MEMORY sh -c sleep 1001 & sleep 1…",
          "PID USER S CPU MEMORY ├ sleep 1001",
          "PID USER S CPU MEMORY └ sleep 1002",
          ...Array.from({ length: 16 }, () => ""),
          "q quit  ? help  Enter details  / filter  s sort  g view  k kill  p pause",
        ]);
        tmux.press("Space");
        await tmux.shows(/▸ \(\+2\) sh -c/);
        tmux.press("Right", "/", "1002");
        await tmux.shows((lines) => !lines.join().includes("├ sleep") && lines[23] === "filter: 1002▏");
        tmux.press("Escape");
        await tmux.shows(/├ sleep 1001/);
        tmux.press("?");
        await tmux.shows(/ follow the chosen row/);
        tmux.press("?", "q");
        await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
      });
    },
  );

  test("follows the size of the terminal", { skip: noTmux, timeout: 120_000 }, async () => {
    await withTree(async (pid) => {
      using tmux = new Tmux();
      tmux.enter(`${quoted(BINARY)} top ${pid}`);
      await tmux.shows(/^q quit .* p pause$/m);
      tmux.resize(120, 30);
      const wide = await tmux.shows((lines) => lines[29]?.startsWith("q quit"));
      assert.match(wide[0], /\d\d:\d\d:\d\d$/);
      assert.equal(wide[0].length, 120);
      assert.match(withoutCores(wide)[3], / READ\/s WRITE\/s +THR +TIME /);
      tmux.resize(40, 8);
      const small = await tmux.shows((lines) => lines.length === 8 && / sh -c /.test(lines[4]));
      assert.ok(small.every((line) => line.length <= 40));
      tmux.press("q");
    });
  });

  test("sends a signal after a question, and only then", { skip: noTmux, timeout: 120_000 }, async () => {
    await withTree(async (pid) => {
      using tmux = new Tmux();
      tmux.enter(`${quoted(BINARY)} top ${pid} --sort pid --interval 200ms`);
      await tmux.shows(/├ sleep 1001/);
      tmux.press("Down", "k");
      await tmux.shows(/^signal for sleep \(\d+\): TERM▏$/m);
      tmux.press("Enter");
      await tmux.shows(/^send SIGTERM to sleep \(\d+\)\? y\/n$/m);
      tmux.press("n");
      await tmux.shows(/^no signal was sent$/m);
      tmux.press("k", "KILL", "Enter");
      await tmux.shows(/^send SIGKILL to sleep/m);
      tmux.press("y");
      await tmux.shows((lines) =>
        !lines.join().includes("sleep 1001\n") && /SIGKILL was sent to 1 process/.test(lines[23])
      );
      await tmux.shows((lines) => !lines.some((line) => line.endsWith("├ sleep 1001")));
      tmux.press("[", "[", "[", "[", "[");
      await tmux.shows((lines) =>
        lines[0].includes("paused") && lines.some((line) => line.endsWith("├ sleep 1001"))
      );
      tmux.press("q");
    });
  });

  test("shows proctor's groups", { skip: noTmux, timeout: 120_000 }, async () => {
    const running = start(["run", "--quiet", "--", "sleep", "1003"]);
    try {
      using tmux = new Tmux();
      tmux.enter(`${quoted(BINARY)} top --interval 200ms --filter 1003`);
      const screen = await tmux.shows(/1 proc .* ▾ sleep 1003$/m);
      assert.ok(screen.some((line) => / ▾ outside of proctor's gro…$/.test(line)), screen.join("\n"));
      tmux.press("q");
    } finally {
      running.kill("SIGTERM");
      await running.ended;
    }
  });

  test("works without colours, and without Unicode", { skip: noTmux, timeout: 120_000 }, async () => {
    await withTree(async (pid) => {
      using tmux = new Tmux({ NO_COLOR: "1", LANG: "C", LC_ALL: "C" });
      tmux.enter(`${quoted(BINARY)} top ${pid} --sort pid`);
      await tmux.shows(/`-sleep 1002/);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(tmux.styledScreen, /\x1b\[(?:[\d;]*;)?3[0-7]m/);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(tmux.screen.join("\n"), /[^\x00-\x7f]/);
      tmux.press("q");
    });
  });
});

const TOP = { command: `${quoted(BINARY)} top`, isShown: /^q quit /m };

describe("top gives the terminal back as it was", () => {
  for (const [how, signal, status] of ENDINGS) {
    test(`after ${how}`, { skip: noTmux, timeout: 120_000 }, async () => {
      using tmux = new Tmux();
      await asBefore(tmux, TOP, (pid) => void process.kill(pid, signal));
      assert.equal(readFileSync(`${tmux.directory}/status`, "utf8"), `${status}\n`);
    });
  }

  test("after q", { skip: noTmux, timeout: 120_000 }, async () => {
    using tmux = new Tmux();
    await asBefore(tmux, TOP, () => tmux.press("q"));
    assert.equal(readFileSync(`${tmux.directory}/status`, "utf8"), "0\n");
  });

  test("after a fault of its own, which is told", { skip: noTmux, timeout: 120_000 }, async () => {
    using tmux = new Tmux();
    const settings = await tmux.output("stty -g");
    const program = fileURLToPath(new URL("support/failing_top.ts", import.meta.url));
    const runtime = SOURCE.command.slice(0, SOURCE.command.findIndex((word) => word.endsWith("cli.ts")));
    tmux.enter(`cd /; ${[...runtime, program].map(quoted).join(" ")}; echo $? > ${tmux.directory}/status`);
    await tmux.shows(/^proctor: internal error, please report it: Error: planted$/m);
    await until(
      () => tmux.variable("alternate_on") === "0" && tmux.variable("cursor_flag") === "1",
      "the screen",
    );
    assert.equal(await tmux.output("stty -g"), settings);
    assert.equal(readFileSync(`${tmux.directory}/status`, "utf8"), "125\n");
  });

  test(
    "while it is stopped, by Ctrl-Z or a signal; and takes it again",
    { skip: noTmux, timeout: 120_000 },
    async () => {
      using tmux = new Tmux();
      const settings = await tmux.output("stty -g");
      tmux.enter(`${quoted(BINARY)} top`);
      await tmux.shows(/^q quit /m);
      for (const stop of ["C-z", "signal"]) {
        const pid = startedBy(tmux);
        if (stop === "C-z") tmux.press("C-z");
        else process.kill(pid, "SIGTSTP");
        await until(() => stateOf(pid) === "T", "top stands still");
        await until(
          () => tmux.variable("alternate_on") === "0" && tmux.variable("cursor_flag") === "1",
          "the shell's screen",
        );
        assert.equal(await tmux.output("stty -g"), settings);
        tmux.enter("fg");
        await tmux.shows(/^q quit /m);
        tmux.press("?");
        await tmux.shows(/ follow the chosen row/);
        tmux.press("?");
        await tmux.shows(/^q quit /m);
      }
      tmux.press("q");
      await until(() => tmux.variable("alternate_on") === "0", "the shell's screen");
      assert.equal(await tmux.output("stty -g"), settings);
    },
  );
});

describe("top --batch", () => {
  test("prints each look whole, one after another, and ends", LONG, () =>
    withTree(async (pid) => {
      const args = [
        "top",
        String(pid),
        "-b",
        "-n",
        "3",
        "--interval",
        "100ms",
        "--view",
        "flat",
        "--sort",
        "pid",
      ];
      const { code, stdout, stderr } = await proctor(args, { env: { COLUMNS: "60" } });
      assert.deepEqual([code, stderr], [0, ""]);
      const looks = stdout.toString().split("\n\n");
      assert.equal(looks.length, 3);
      for (const look of looks) {
        const lines = look.trimEnd().split("\n");
        assert.match(lines[0], /^proctor top {2}/);
        assert.match(lines[1], /^CPU +\d+\.\d% {3}memory /);
        assert.match(lines[2], new RegExp(`^3 processes, \\d running · flat, PID · below ${pid}$`));
        assert.match(lines[3], /^ *PIDv USER +S +CPU% +MEMORY COMMAND$/);
        assert.equal(lines.length, 7);
        assert.match(lines[4], new RegExp(`^ *${pid} \\S+ +S +0\\.0 +[\\d.]+ [KM] sh -c `));
        assert.ok(lines.every((line) => line.length <= 60), look);
      }
    }));

  test("gives a look a line as JSON, as the kernel tells it", LONG, () =>
    withTree(async (pid) => {
      const { code, stdout, stderr } = await proctor([
        "top",
        String(pid),
        "--json",
        "-n",
        "2",
        "--interval",
        "100ms",
      ]);
      assert.deepEqual([code, stderr], [0, ""]);
      const looks = stdout.toString().trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.equal(looks.length, 2);
      assert.ok(Date.parse(looks[1].timestamp) > Date.parse(looks[0].timestamp));
      for (const { processes, memory_total_bytes, core_percents } of looks) {
        const cores = readFileSync("/proc/stat", "utf8").match(/^cpu\d+ /gm)!.length;
        assert.equal(core_percents.length, cores);
        const total = Number(/^MemTotal: +(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))![1]);
        assert.equal(memory_total_bytes, total * 1_024);
        const byPid = new Map(processes.map((one: { pid: number }) => [one.pid, one]));
        const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(
          Number,
        );
        assert.deepEqual([...byPid.keys()].sort(), [pid, ...children].sort());
        // deno-lint-ignore no-explicit-any
        const [shell, child] = [byPid.get(pid), byPid.get(children[0])] as any[];
        assert.deepEqual([shell.name, shell.state, shell.thread_count], ["sh", "S", 1]);
        const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
        assert.equal(shell.peak_memory_bytes, peak * 1_024);
        assert.deepEqual([shell.supervised_id, shell.disk_write_bytes_per_second], [null, 0]);
        assert.deepEqual([child.command, child.parent_pid, child.cpu_percent], ["sleep 1001", pid, 0]);
        const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
        // Who sleeps is read now and then, and the kernel counts a few pages late.
        assert.ok(
          Math.abs(shell.memory_bytes - pages * 4_096) < 1e6,
          `${shell.memory_bytes} of ${pages} pages`,
        );
      }
    }));

  test("ends with its reader", LONG, async () => {
    const { code, stdout } = await shell('"$PROCTOR" top -b | head -n 1');
    assert.match(stdout.toString(), /^proctor top [^\n]*\n$/);
    assert.ok(code === 0 || code === 141, String(code));
  });
});

describe("top refuses what it cannot do", () => {
  for (
    const [title, args, message] of [
      [
        "no terminal",
        [],
        /top: it needs a terminal; for programs there are proctor top --batch and --json/,
      ],
      ["a PID that is none", ["x"], /pids: "x": write process IDs, such as 4711/],
      ["a column that nobody counts", ["--sort", "network"], /top: --sort network: .*; add --network/],
      ["an unknown column", ["--sort", "age"], /--sort: "age" is none of cpu, memory/],
      ["an end of what has none", ["-n", "3"], /top: --count: a screen has no end; add --batch/],
      ["no looks at all", ["-b", "-n", "0"], /-n, --count: "0": write a whole number, such as 3/],
      [
        "too many looks a second",
        ["-b", "--interval", "10ms"],
        /interval: 10ms is too short; write 100ms or more/,
      ],
      ["an interval that is none", ["--interval", "1x"], /--interval: "1x" is not a duration/],
    ] as const
  ) {
    test(title, async () => {
      const { code, stdout, stderr } = await proctor(["top", ...args]);
      assert.equal(code, 2);
      assert.equal(stdout.length, 0);
      assert.match(stderr, /^proctor: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }

  test("a terminal that cannot place text", { skip: noTerminals }, async () => {
    const { transcript, exit_code } = await onTerminal([BINARY, "top"], [], { env: { TERM: "dumb" } });
    assert.equal(exit_code, 2);
    assert.match(
      transcript,
      /^proctor: top: this terminal \(TERM=dumb\) cannot place text; try proctor top --batch\r\n$/,
    );
  });

  test("a process that is not there, without a touch of the terminal", { skip: noTerminals }, async () => {
    const { transcript, exit_code } = await onTerminal([BINARY, "top", "4194304"], [], {
      env: { TERM: "xterm" },
    });
    assert.equal(exit_code, 2);
    assert.match(transcript, /^proctor: pid: there is no process 4194304\r\n$/);
  });
});
