import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { widthOf } from "../../../../render/screen/fit_text.ts";
import { ASCII } from "../../../../render/screen/sparkline.ts";
import { plain, styled } from "../../../../render/screen/style.ts";
import { PROCESS_STATES } from "../../../../supervisor/control.ts";
import type { SupervisorEvent } from "../../../../supervisor/control.ts";
import { Degradation } from "../../../../supervisor/process/degradation.ts";
import { down, MonitorScreen, NOW_MS, status } from "./support/monitor_screen.ts";

/** A service that is well, one that is busy, one that fails. */
function services(screen = new MonitorScreen()): MonitorScreen {
  for (const cpu_percent of [40, 80, 99.5]) {
    screen.look(
      status("web", { health: "healthy", groups: ["front"] }),
      status("encoder", { cpu_percent, restarts: 3, process_count: 2, health: "unhealthy" }),
      down("mailer", { state: "backoff", reason: "it ended with exit code 3", restarts: 12 }),
    );
  }
  return screen;
}

describe("the screen", () => {
  test("has the list, and below it the log of the chosen process", () => {
    const screen = services().write("GET / 200", "!slow query");
    assert.deepEqual(screen.lines, [
      "proctor ctl monitor  /var/lib/proctor · supervisor 99 · up 1h           12:00:00",
      "CPU   99.5%                      ▄▇█  memory  4.00 M                      ▁▁▁",
      "3 processes: 2 running, 1 backoff, 1 unhealthy",
      "ID                 STATE      UPTIME  RESTARTS   CPU%           MEMORY HEALTH",
      "web                running     1m 5s         0             ▁▁▁  2.00 M healthy",
      "encoder            running     1m 5s         3   99.5      ▄▇█  2.00 M unhealthy",
      "mailer             backoff         –        12      –                – –",
      "── web ── log │ events │ all events │ info ─────────────────────────────────────",
      "running, PID 4711, 1 process, @front",
      "11:59:59 │ GET / 200",
      "11:59:59 ┃ slow query",
      ...Array.from({ length: 12 }, () => ""),
      "q quit  ? help  Enter open  l e a i pane  / find  f filter  s sort  u d r k act",
    ]);
  });

  test("has the uptime go on between two looks, and stand where there is no answer", () => {
    const uptime = (screen: MonitorScreen, nowMs: number) =>
      /running +(\S+ ?\S*) +0 /.exec(plain(screen.pieces(nowMs)[4]))?.[1];
    const screen = services();
    assert.deepEqual([0, 2_000].map((ms) => uptime(screen, NOW_MS + ms)), ["1m 5s", "1m 7s"]);
    // A clock that was set back.
    assert.equal(uptime(screen, NOW_MS - 60_000), "1m 5s");
    screen.known.trouble = { words: "it is gone", sinceMs: NOW_MS };
    assert.equal(uptime(screen, NOW_MS + 2_000), "1m 5s");
  });

  test("says why the chosen process is as it is; on a wide one of all", () => {
    const narrow = services().press("down", "down");
    assert.equal(narrow.lines[8], "backoff: it ended with exit code 3");
    const wide = services(new MonitorScreen({ columns: 130, rows: 24 }));
    assert.match(wide.lines[3], /^ID {6} STATE .* MEMORY {10}HEALTH {4}REASON$/);
    assert.match(wide.lines[6], /^mailer {3}backoff .* it ended with exit code 3$/);
  });

  test("marks events by how much they matter, and no end of a trouble", () => {
    const told = (more: Partial<SupervisorEvent>) => {
      const screen = new MonitorScreen(undefined, { pane: "all events" }).happen("web", {
        from: null,
        to: null,
        ...more,
      });
      return screen.pane.at(0).style;
    };
    assert.equal(told({ to: "failed" }), "hot");
    for (
      const kind of [
        "limit",
        "breaker",
        "schedule",
        "output_dropped",
        "reload_failed",
        "rollout_stopped",
      ] as const
    ) {
      assert.equal(told({ kind }), "warm", kind);
    }
    for (const kind of ["health", "reloaded", "signalled", "added"] as const) {
      assert.equal(told({ kind }), undefined, kind);
    }
    const sentences: string[] = [];
    const trouble = new Degradation((sentence) => sentences.push(sentence));
    trouble.set("state", "the disk is full");
    trouble.set("state", null);
    assert.deepEqual(sentences.map((reason) => told({ kind: "degraded", reason })), ["warm", undefined]);
  });

  test("has the events of the chosen process, and those of all", () => {
    const screen = services().happen("web").happen("mailer", {
      from: "running",
      to: "backoff",
      pid: null,
      reason: "it ended with exit code 3",
    }).happen(null, { kind: "supervisor_started", from: null, to: null, pid: null });
    screen.press("e");
    assert.deepEqual(screen.paneLines, ["11:58:00 starting → running (PID 4711)"]);
    screen.press("a");
    assert.deepEqual(screen.paneLines, [
      "11:58:00 web: starting → running (PID 4711)",
      "11:58:00 mailer: running → backoff: it ended with exit code 3",
      "11:58:00 supervisor started",
    ]);
    screen.press("e", "down");
    assert.deepEqual(screen.paneLines, ["nothing has happened yet"]);
  });

  test("has all about a process: its limits beside what it uses, how it ended", () => {
    const screen = services().press("i");
    assert.deepEqual(screen.paneLines, ["it is asked for"]);
    const event = {
      sequence: 1,
      timestamp: "2026-01-31T11:57:00.000Z",
      kind: "transition",
      id: "web",
      from: "running",
      to: "failed",
      pid: null,
      reason: "it ended by SIGSEGV",
    } as const;
    screen.known.description = {
      status: status("web", { cpu_percent: 12.34 }),
      definition: {
        management: {
          control: {
            executable: "python3",
            arguments: ["-m", "http.server"],
            limits: { memory: { max: "256M", policy: "restart" }, cpu: { max_percent: 50, policy: "log" } },
          },
        },
      },
      depends_on: ["db"],
      dependents: [],
      restart_with: [],
      rollback: null,
      mechanism: "cgroup",
      mechanism_reason: null,
      started_at: "2026-01-31T11:58:55.000Z",
      next_start_at: null,
      last_exit: { at: "2026-01-31T11:57:00.000Z", outcome: "signaled", exit_code: null, signal: "SIGSEGV" },
      breaker: null,
      app: null,
      pid_file: null,
      log_files: ["/var/lib/proctor/logs/web.log"],
      events: [{ ...event, from: "starting", to: "running" }, event],
    };
    assert.deepEqual(screen.paneLines, [
      "pid         4711",
      "started     2026-01-31T11:58:55.000Z (1m 5s ago)",
      "last exit   2026-01-31T11:57:00.000Z: ended by SIGSEGV",
      "depends on  db",
      "limit       memory at most 256M, now 2 MiB; beyond it: restart",
      "            cpu at most 50%, now 12.3%; beyond it: log",
      "ended       11:57:00 it ended by SIGSEGV: failed",
      "command     python3 -m http.server",
      "held by     cgroup",
      "log         /var/lib/proctor/logs/web.log",
    ]);
  });

  test("says who does not answer, and keeps what was known", () => {
    const screen = services();
    screen.known.answerDueMs = NOW_MS;
    const at = (seconds: number) =>
      screen.pieces(NOW_MS + seconds * 1_000).map((line) => plain(line).trimEnd());
    assert.match(at(0)[0], /up 1h {11}12:00:00$/);
    assert.match(at(4)[0], /no answer for 4s {2}12:00:04$/);
    screen.known.trouble = { words: 'no supervisor listens at "/s"', sinceMs: NOW_MS - 60_000 };
    const lost = at(5);
    assert.match(lost[0], /no answer for 1m 5s {2}12:00:05$/);
    assert.equal(lost[2], 'trying again: no supervisor listens at "/s"');
    assert.match(lost[5], /^encoder {12}running .* unhealthy$/);
    // What is old looks so; the chosen row is seen all the same.
    assert.deepEqual(screen.pieces()[5].map(([, style]) => style), ["dim"]);
    assert.deepEqual(screen.pieces()[4].map(([, style]) => style), ["selected"]);
  });

  test("says where there is nothing", () => {
    const empty = new MonitorScreen().look();
    assert.match(empty.lines[4], /^there are no processes; proctor ctl add makes one$/);
    assert.match(empty.lines[5], /^── no process ── log/);
    const filtered = services(new MonitorScreen(undefined, { filter: "x\x1b[2J" }));
    assert.equal(filtered.lines[4], 'nothing matches "x\\x1b[2J"; Esc shows all');
    const deaf = services();
    deaf.known.log.trouble = "web: its output is not collected";
    assert.deepEqual(deaf.paneLines, ["web: its output is not collected"]);
  });

  test("needs no more than ASCII", () => {
    const screen = services(new MonitorScreen(undefined, {}, ASCII)).write("größe", "!b").happen("web");
    for (const key of ["l", "e", "a", "i", "?"]) {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(screen.press(key).lines.join("\n"), /[^\x00-\x7f]/);
    }
    screen.press("?", "e");
    assert.deepEqual(screen.paneLines, ["11:58:00 starting -> running (PID 4711)"]);
    screen.press("l");
    assert.deepEqual(screen.paneLines, ["11:59:59 | gr??e", "11:59:59 # b"]);
  });

  test("is exactly as large as the terminal, and steers it by nothing", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("\x1b[2J", "\r", "日本語", "👩‍👩‍👧", "\u202e"),
    );
    const scene = fc.record({
      columns: fc.integer({ min: 1, max: 180 }),
      rows: fc.integer({ min: 1, max: 50 }),
      names: fc.array(text, { maxLength: 12 }),
      state: fc.constantFrom(...PROCESS_STATES),
      reason: fc.option(text),
      lines: fc.array(text, { maxLength: 30 }),
      keys: fc.array(
        fc.constantFrom(
          "down",
          "up",
          "return",
          "l",
          "e",
          "a",
          "i",
          "w",
          "s",
          "o",
          "?",
          "/",
          "f",
          "n",
          "[",
          "{",
          "u",
        ),
        { maxLength: 12 },
      ),
      trouble: fc.option(text),
      glyphs: fc.constantFrom(undefined, ASCII),
    });
    fc.assert(fc.property(scene, ({ columns, rows, names, state, reason, lines, keys, trouble, glyphs }) => {
      const screen = new MonitorScreen({ columns, rows }, {}, glyphs);
      const statuses = [...new Set(names)].map((id, index) =>
        index % 2 ? status(id, { state, reason }) : down(id)
      );
      screen.look(...statuses).write(...lines).happen(names[0] ?? null, { reason });
      if (trouble !== null) screen.known.trouble = { words: trouble, sinceMs: NOW_MS };
      screen.press(...keys);
      const pieces = screen.pieces();
      assert.equal(pieces.length, rows);
      for (const line of pieces) {
        const shown = plain(line);
        assert.equal(widthOf(shown), columns, JSON.stringify(shown));
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(shown, /[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
      }
    }));
  });

  test("is told in colours, or without", () => {
    const screen = services().write("!bad").type("/ba");
    const colored = screen.pieces().map((line) => styled(line, true)).join("\n");
    for (const wanted of ["\x1b[32mrunning ", "\x1b[1;33mbackoff ", "\x1b[1;31munhealthy", "\x1b[30;43mba"]) {
      assert.ok(colored.includes(wanted), JSON.stringify(wanted));
    }
    const plainer = screen.pieces().map((line) => styled(line, false)).join("\n");
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(plainer, /\x1b\[(?:[\d;]*;)?[34][0-7]m/);
    assert.ok(plainer.includes("\x1b[7mba\x1b[0m\x1b[1md"));
  });

  test("gives a long list half of its room, an open pane nearly all", () => {
    const many = Array.from({ length: 60 }, (_, index) => status(`s${index}`));
    const screen = new MonitorScreen().look(...many).write(...many.map(({ id }) => `line of ${id}`));
    assert.match(screen.lines[12], /^s8 /);
    assert.match(screen.lines[13], /^── s0 ──/);
    assert.equal(screen.lines[22], "11:59:59 │ line of s59");
    screen.press("end");
    assert.match(screen.lines[12], /^s59 /);
    screen.press("return");
    assert.match(screen.lines[4], /^s59 /);
    assert.match(screen.lines[5], /^── s59 ──/);
    assert.equal(screen.paneLines.length, 16);
    const low = new MonitorScreen({ columns: 40, rows: 10 }).look(...many).write("first", "last");
    assert.equal(low.lines.filter((line) => /^s\d /.test(line)).length, 5);
    low.press("return");
    assert.deepEqual(low.lines.slice(4, 9).map((line) => line.split(" ")[0]), [
      "s0",
      "──",
      "running,",
      "11:59:59",
      "11:59:59",
    ]);
    // On the smallest there is the list alone.
    const small = new MonitorScreen({ columns: 40, rows: 8 }).look(...many);
    assert.equal(small.lines.filter((line) => /^s\d /.test(line)).length, 3);
  });
});
