import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { down, MonitorScreen, status } from "./support/monitor_screen.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`);
const last = (screen: MonitorScreen) => screen.paneLines.at(-1)?.slice(11);
const first = (screen: MonitorScreen) => screen.paneLines[0].slice(11);
const foot = (screen: MonitorScreen) => screen.lines.at(-1);

function services(): MonitorScreen {
  return new MonitorScreen().look(
    status("web", { cpu_percent: 5, groups: ["front"] }),
    status("db", { cpu_percent: 50, memory_bytes: 9e8, health: "unhealthy" }),
    down("mailer", { state: "failed", restarts: 10 }),
    down("nightly"),
  );
}

describe("the list", () => {
  test("is moved through, sorted and turned around; who is chosen stays so", () => {
    const screen = services().press("down");
    assert.equal(screen.state.selected, "db");
    assert.deepEqual(screen.press("s").ids, ["db", "mailer", "nightly", "web"]);
    assert.deepEqual(screen.press("s").ids, ["mailer", "db", "web", "nightly"]);
    assert.deepEqual([screen.state.selected, screen.state.cursor], ["db", 1]);
    assert.deepEqual(screen.press("s", "s", "s").ids, ["db", "web", "mailer", "nightly"]);
    assert.match(screen.lines[3], / CPU%v /);
    assert.deepEqual(screen.press("o").ids, ["nightly", "mailer", "web", "db"]);
    assert.match(screen.lines[3], / CPU%\^ /);
    assert.equal(screen.press("home").state.selected, "nightly");
    assert.equal(screen.press("end", "down", "down").state.selected, "db");
    assert.equal(screen.press("S").state.sort, "restarts");
  });

  test("is filtered as it is typed: by id, state, health and group", () => {
    const screen = services().press("f").type("healthy");
    assert.deepEqual(screen.ids, ["db"]);
    assert.equal(foot(screen), "filter: healthy▏");
    assert.match(screen.lines[2], /^1 of 4 processes match "healthy": 1 running, 1 unhealthy$/);
    assert.deepEqual(screen.press("escape").ids.length, 4);
    assert.deepEqual(screen.press("f").type("@fr").press("return").ids, ["web"]);
    assert.equal(screen.state.selected, "web");
    assert.deepEqual(screen.press("f", "^u").type("FAIL").ids, ["mailer"]);
    assert.deepEqual(screen.press("^u").type("@none").ids, []);
    assert.equal(screen.press("^u", "return", "escape").ids.length, 4);
  });

  test("keeps who is chosen while others come and go, and takes the next one when he has gone", () => {
    const screen = services().press("down");
    screen.look(status("new"), status("web"), status("db"));
    assert.deepEqual([screen.state.selected, screen.state.cursor], ["db", 2]);
    screen.look(status("new"), status("web"));
    assert.deepEqual([screen.state.selected, screen.state.cursor], ["web", 1]);
    screen.look();
    assert.equal(screen.state.selected, null);
    assert.equal(foot(screen.press("r")), "no process is chosen");
  });
});

describe("what is done to a process", () => {
  for (const [key, action] of [["u", "start"], ["d", "stop"], ["r", "restart"], ["c", "reset"]] as const) {
    test(`${action}, after a question`, () => {
      const screen = services().press("down", key);
      assert.equal(foot(screen), `${action} db? y/n`);
      assert.equal(screen.effect, undefined);
      screen.press("return");
      assert.deepEqual([screen.effect, foot(screen)], [undefined, "nothing was done"]);
      screen.press(key, "y");
      assert.deepEqual(screen.effect, { kind: "act", action, id: "db" });
      assert.equal(screen.state.prompt, null);
    });
  }

  test("a signal, by what is typed, after a question", () => {
    const screen = services().press("down", "k");
    assert.equal(foot(screen), "signal to db: TERM▏");
    assert.equal(foot(screen.type("hup")), "signal to db: HUP▏");
    assert.equal(foot(screen.press("return")), "send HUP to db? y/n");
    assert.equal(screen.effect, undefined);
    screen.press("return");
    assert.deepEqual([screen.effect, foot(screen)], [undefined, "nothing was done"]);
    screen.press("k", "return", "y");
    assert.deepEqual(screen.effect, { kind: "signal", signal: "TERM", id: "db" });
    screen.press("k", "^u", "return");
    assert.deepEqual([screen.effect, screen.state.prompt], [undefined, null]);
    screen.press("k", "escape");
    assert.deepEqual([screen.effect, screen.state.prompt], [undefined, null]);
  });

  test("of the supervisor's own screen: an end, after a question, and without one by Ctrl-C", () => {
    assert.deepEqual(services().press("q").effect, { kind: "quit" });
    const screen = services();
    screen.state = { ...screen.state, isOwn: true };
    assert.equal(foot(screen.press("q")), "stop everything, and end? y/n");
    assert.equal(screen.effect, undefined);
    assert.equal(screen.press("n").effect, undefined);
    assert.deepEqual(screen.press("q", "y").effect, { kind: "end" });
    assert.deepEqual(screen.press("^c").effect, { kind: "quit" });
    assert.match(screen.lines[0], /^proctor supervise {2}/);
  });

  test("is done to the one that was asked about, wherever the cursor is by then", () => {
    const screen = services().press("down", "d");
    screen.look(status("web"));
    assert.deepEqual(screen.press("y").effect, { kind: "act", action: "stop", id: "db" });
  });
});

describe("the pane", () => {
  test("goes on by itself, stands still where one looks back, and goes on at its end", () => {
    const screen = services().write(...numbered(100));
    assert.equal(last(screen), "line 100");
    screen.press("[", "[");
    assert.equal(last(screen.write("more")), "line 98");
    assert.match(screen.lines[8], / 3 newer ──$/);
    screen.press("]", "]", "]");
    assert.equal(last(screen.write("and more")), "and more");
    assert.equal(first(screen.press("{", "{", "{", "{", "{", "{", "{", "{", "{", "{", "{", "{")), "line 1");
    assert.equal(screen.press("escape").state.anchor, null);
  });

  test("is gone through by the arrows where it is open", () => {
    const screen = services().write(...numbered(100)).press("return", "up");
    assert.equal(last(screen), "line 99");
    assert.equal(screen.state.selected, "web");
    assert.equal(first(screen.press("home")), "line 1");
    assert.equal(last(screen.press("end")), "line 100");
    assert.equal(last(screen.press("pageup")), "line 84");
    assert.equal(screen.press("escape").state.isOpen, true);
    assert.equal(screen.press("escape").state.isOpen, false);
  });

  test("shows what stands in place of what was forgotten", () => {
    const screen = services().write(...numbered(100)).press("{", "{");
    assert.equal(last(screen), "line 74");
    screen.write(...numbered(7_000));
    assert.equal(screen.known.log.first > 100, true);
    assert.equal(screen.paneLines.length, 13);
  });

  test("is searched as it is typed, from the newest line back", () => {
    const screen = services().write(...numbered(100)).press("/").type("LINE 1");
    assert.equal(screen.state.match, 99);
    screen.type("2");
    assert.equal(screen.state.match, 11);
    assert.ok(screen.paneLines.some((line) => line.endsWith("line 12")));
    screen.press("return", "n");
    assert.equal(foot(screen), "no more of it");
    screen.press("/").type("9").press("return", "n", "n");
    assert.equal(screen.state.match, 96);
    assert.equal(screen.press("N").state.match, 97);
    assert.equal(screen.press("escape").state.search, "");
    assert.equal(last(screen), "line 100");
    screen.press("/").type("nowhere");
    assert.equal(foot(screen), "search: nowhere▏  nothing has it");
    assert.equal(foot(screen.press("return")), 'nothing has "nowhere"');
    // What comes while it is typed is found as well.
    screen.press("/").type("late").write("too late");
    assert.equal(screen.state.match, 100);
    screen.press("return", "escape");
    // Nothing typed: on with what was searched before.
    screen.press("/", "escape", "/").type("50").press("return", "/", "return");
    assert.equal(screen.state.match, 49);
    assert.equal(foot(services().press("n")), "search with / first");
  });

  test("forgets where it stood when another process, or another pane, is chosen", () => {
    const screen = services().write(...numbered(100)).press("/").type("50").press("return", "down");
    assert.deepEqual([screen.state.anchor, screen.state.match, screen.state.search], [null, null, "50"]);
    screen.press("[", "e");
    assert.deepEqual([screen.state.pane, screen.state.anchor], ["events", null]);
    assert.equal(screen.press("tab").state.pane, "all events");
    assert.equal(screen.press("right", "right", "left").state.pane, "info");
  });

  test("has long lines go on in the next one, if wanted", () => {
    const screen = services().write(`${"word ".repeat(30)}end`);
    assert.equal(screen.paneLines.length, 1);
    assert.match(screen.paneLines[0], /…$/);
    screen.press("w");
    assert.equal(screen.paneLines.length, 3);
    assert.match(screen.paneLines[2], /^ {11}word .* end$/);
  });

  test("writes out what would steer the terminal, and has several lines of one", () => {
    const screen = services().write("a\x1b[2Jb\n\x1b[31mred\x1b[0m\ttab");
    assert.deepEqual(screen.paneLines, ["11:59:59 │ a\\x1b[2Jb", "11:59:59 │ red    tab"]);
  });
});

test("help is shown until the next key, and the keys that end and stop are heard everywhere", () => {
  const screen = services().press("?");
  assert.match(screen.lines.join("\n"), / u {2}d {2}r +start \(up\), stop \(down\), restart; it asks first/);
  assert.equal(screen.press("d").state.showsHelp, false);
  assert.equal(screen.state.prompt, null);
  assert.deepEqual(screen.press("q").effect, { kind: "quit" });
  assert.deepEqual(screen.press("f", "^c").effect, { kind: "quit" });
  assert.deepEqual(screen.press("^z").effect, { kind: "suspend" });
  assert.deepEqual(screen.press("^l").effect, { kind: "redraw" });
});
