import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { widthOf } from "../../../render/screen/fit_text.ts";
import { ASCII } from "../../../render/screen/sparkline.ts";
import { plain, styled } from "../../../render/screen/style.ts";
import { hostProcess } from "./support/processes.ts";
import { Screen } from "./support/screen.ts";

const MAKE = { cgroup: "/proctor-7-1", group: "/proctor-7-1" };

/** A build in a group of proctor's, and two processes outside. */
function build() {
  const make = hostProcess(20, {
    ...MAKE,
    name: "make",
    command: "/usr/bin/make -j4",
    cpuPercent: 2,
    parentPid: 7,
  });
  const cc = hostProcess(21, {
    ...MAKE,
    name: "cc1",
    command: "cc1 a.c",
    cpuPercent: 96,
    parentPid: 20,
    state: "R",
  });
  const cc2 = hostProcess(22, { ...MAKE, name: "cc1", command: "cc1 b.c", cpuPercent: 40, parentPid: 20 });
  const shell = hostProcess(5, { name: "bash", command: "bash", userName: "grace" });
  const proctor = hostProcess(7, {
    name: "proctor",
    command: "proctor run make -j4",
    parentPid: 5,
    cpuPercent: 0.3,
  });
  return { make, cc, cc2, shell, proctor, all: [make, cc, cc2, shell, proctor] };
}

describe("the screen", () => {
  test("has what is received and sent, where that is asked for, and sums of what is known", () => {
    const { make, cc, cc2, shell, proctor } = build();
    Object.assign(make, { networkRxBytes: 0, networkTxBytes: 512 });
    Object.assign(cc, { networkRxBytes: 1_536, networkTxBytes: 3 * 1024 ** 2 });
    const all = [make, cc, cc2, shell, proctor];
    const screen = new Screen({ columns: 80, rows: 12 }, { showsNetwork: true }).look(all).look(all);
    const table = screen.lines.slice(3, -1).map((line) => line.trimEnd());
    assert.deepEqual(table, [
      "    PID USER     S  CPU%v   MEMORY    RX/s    TX/s COMMAND",
      "        3 procs     138.0   3.00 M  1.50 K  3.00 M ▾ make -j4",
      "     20 ada      S    2.0   1.00 M           512 B make -j4",
      "     21 ada      R   96.0   1.00 M  1.50 K  3.00 M ├ cc1 a.c",
      "     22 ada      S   40.0   1.00 M       -       - └ cc1 b.c",
      "        2 procs       0.3   2.00 M       -       - ▾ outside of proctor's groups",
      "      5 grace    S          1.00 M       -       - bash",
      "      7 ada      S    0.3   1.00 M       -       - └ proctor run make -j4",
    ]);
    // CPU, memory, I/O, then network.
    screen.press("s", "s", "s");
    assert.equal(screen.state.sort, "network");
    assert.match(screen.lines[3], /RX\/sv +TX\/s /);
    screen.press("g", "g");
    assert.deepEqual(screen.commands.slice(0, 2), ["cc1 a.c", "make -j4"]);
    // Without it there is nothing to sort by; and a small screen has no room.
    assert.equal(new Screen().look(all).press("s", "s", "s").state.sort, "time");
    const small = new Screen({ columns: 50, rows: 12 }, { showsNetwork: true }).look(all);
    assert.doesNotMatch(small.lines[3], /RX/);
  });

  test("shows groups as trees, sums at their heads", () => {
    const { all } = build();
    const screen = new Screen().look(all, { "/proctor-7-1": 180 }).look(all, { "/proctor-7-1": 190 });
    assert.deepEqual(screen.lines, [
      "proctor top  here · up 1h 2m · load 1.50 1.00 0.25                      12:00:01",
      "CPU  50.0%           ▅▅  memory 2 GiB of 8 GiB 25.0%           ▁▁               ",
      "5 processes, 1 running · by group, CPU                                          ",
      "    PID USER     S  CPU%v            MEMORY          COMMAND                    ",
      "        3 procs     190.0       ██   3.00 M       ▁▁ ▾ make -j4                 ",
      "     20 ada      S    2.0       ▁▁   1.00 M       ▁▁ make -j4                   ",
      "     21 ada      R   96.0       ██   1.00 M       ▁▁ ├ cc1 a.c                  ",
      "     22 ada      S   40.0       ▄▄   1.00 M       ▁▁ └ cc1 b.c                  ",
      "        2 procs       0.3       ▁▁   2.00 M       ▁▁ ▾ outside of proctor's gro…",
      "      5 grace    S              ▁▁   1.00 M       ▁▁ bash                       ",
      "      7 ada      S    0.3       ▁▁   1.00 M       ▁▁ └ proctor run make -j4     ",
      "q quit  ? help  Enter details  / filter  s sort  g view  k kill  p pause        ",
    ]);
  });

  test("needs no more than ASCII", () => {
    const unknown = { cpuPercent: null, memoryUsedBytes: null, memoryTotalBytes: null };
    const bare = new Screen(undefined, {}, 100, ASCII).look([hostProcess(2, { command: "né" })], {}, unknown);
    assert.doesNotMatch(bare.lines.join("\n"), /[^\x20-\x7e\n]/);
    assert.deepEqual(bare.commands, ["n?"]);
    const screen = new Screen(undefined, {}, 100, ASCII).look(build().all).press("p");
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(screen.lines.join("\n"), /[^\x00-\x7f]/);
    assert.deepEqual(screen.commands.slice(0, 4), ["- make -j4", "make -j4", "|-cc1 a.c", "`-cc1 b.c"]);
  });

  test("shows the group's own CPU, what ended between two samples included, else the sum of its members", () => {
    const { all } = build();
    const percents = (groups: Record<string, number>) =>
      new Screen().look(all, groups).lines[4].slice(19, 25).trim();
    assert.equal(percents({ "/proctor-7-1": 187.5 }), "187.5");
    assert.equal(percents({}), "138.0");
  });

  test("makes no heading where there is no group", () => {
    const { shell, proctor } = build();
    assert.deepEqual(new Screen().look([shell, proctor]).commands, ["bash", "└ proctor run make -j4"]);
  });

  test("is exactly as large as the terminal, whatever the terminal and the processes", () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom("日本語のプログラム", "e\u0301clair", "👩‍👩‍👧‍👦 family", "\x1b[2Jclear", "ﷺ"),
    );
    const size = fc.record({
      columns: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 1, max: 60 }),
    });
    const keys = fc.array(
      fc.constantFrom("s", "g", "-", "+", "down", "/", "é", "日", "p", "?", "k", "esc", "end", "r"),
    );
    fc.assert(fc.property(size, fc.array(names, { maxLength: 20 }), keys, (terminal, commands, pressed) => {
      const screen = new Screen(terminal).look(
        commands.map((command, index) =>
          hostProcess(index + 2, { command, name: command.slice(0, 15), userName: command, parentPid: index })
        ),
      ).press(...pressed);
      assert.equal(screen.lines.length, terminal.rows);
      for (const line of screen.lines) {
        assert.equal(widthOf(line), terminal.columns, JSON.stringify(line));
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/);
      }
    }));
  });

  test("gives a deep tree's commands room", () => {
    const chain = Array.from(
      { length: 30 },
      (_, index) => hostProcess(index + 2, { parentPid: index + 1, command: `level ${index}` }),
    );
    const screen = new Screen({ columns: 80, rows: 40 }).look(chain);
    assert.equal(screen.commands.at(-1)?.trim().replace(/^.*└ /, ""), "level 29");
  });

  test("is told in colours, or without", () => {
    const [line] = new Screen().look(build().all).pieces.filter((pieces) =>
      plain(pieces).includes("cc1 a.c")
    );
    // deno-lint-ignore no-control-regex
    assert.match(styled(line, true), /\x1b\[1;31m +96\.0\x1b\[0m/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(styled(line, false), /\x1b\[[0-9;]*3[0-9]m/);
    assert.equal(plain(line).length, 80);
  });
});
