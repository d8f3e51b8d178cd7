import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hostProcess } from "./support/processes.ts";
import { Screen } from "./support/screen.ts";

/** `a` with two children, of which one has a child, and `b` alone. */
function family() {
  const a = hostProcess(10, { command: "a", name: "a", cpuPercent: 1, cpuSeconds: 9 });
  const a1 = hostProcess(11, { command: "a1", name: "a1", parentPid: 10, cpuPercent: 5 });
  const a2 = hostProcess(12, { command: "a2", name: "a2", parentPid: 10, cpuPercent: 3, memoryBytes: 5e6 });
  const a11 = hostProcess(13, { command: "a11", name: "a11", parentPid: 11, cpuPercent: 2 });
  const b = hostProcess(20, { command: "b", name: "b", cpuPercent: 6, memoryBytes: 2e6, userName: "bob" });
  return { a, a1, a2, a11, b, all: [a, a1, a2, a11, b] };
}
const flat = () => new Screen(undefined, { view: "flat" }).look(family().all);

describe("sorting", () => {
  test("trees go by what all of a tree uses, lists by what each uses", () => {
    assert.deepEqual(new Screen().look(family().all).commands, ["a", "├ a1", "│ └ a11", "└ a2", "b"]);
    assert.deepEqual(flat().commands, ["b", "a1", "a2", "a11", "a"]);
  });

  test("s takes the next column, S the one before, letters one at once, r turns around", () => {
    assert.deepEqual(flat().press("s").commands, ["a2", "b", "a", "a1", "a11"]);
    assert.deepEqual(flat().press("S").commands, ["a", "a1", "a11", "a2", "b"]);
    assert.deepEqual(flat().press("N").commands, ["a", "a1", "a2", "a11", "b"]);
    assert.deepEqual(flat().press("T").commands[0], "a");
    assert.deepEqual(flat().press("M", "P").commands[0], "b");
    assert.deepEqual(flat().press("r").commands, ["a", "a11", "a2", "a1", "b"]);
    assert.match(flat().press("M").lines[3], /MEMORYv/);
    assert.match(flat().press("M", "r").lines[3], /MEMORY\^/);
  });
});

describe("folding", () => {
  test("hides what is below, and adds it up", () => {
    const screen = new Screen().look(family().all).press("down", " ");
    assert.deepEqual(screen.commands, ["a", "├ ▸ (+1) a1", "└ a2", "b"]);
    assert.match(screen.lines[5], / 7\.0 .*2\.00 M /);
    assert.deepEqual(screen.press(" ").commands, ["a", "├ a1", "│ └ a11", "└ a2", "b"]);
  });

  test("left folds, or goes to the parent; right unfolds; - and + do it to all", () => {
    const screen = new Screen().look(family().all).press("down", "down", "left");
    assert.equal(screen.chosen, "a1");
    assert.deepEqual(screen.press("left").commands, ["a", "├ ▸ (+1) a1", "└ a2", "b"]);
    assert.equal(screen.press("left").chosen, "a");
    assert.deepEqual(screen.press("left").commands, ["▸ (+3) a", "b"]);
    assert.deepEqual(screen.press("right").commands, ["a", "├ ▸ (+1) a1", "└ a2", "b"]);
    assert.deepEqual(screen.press("+").commands, ["a", "├ a1", "│ └ a11", "└ a2", "b"]);
    assert.deepEqual(screen.press("-").commands, ["▸ (+3) a", "b"]);
  });

  test("is of no use to what has nothing below, nor to nothing", () => {
    assert.match(new Screen().look([]).press(" ", "left", "k", "down").lines[4], /^no processes +$/);
    assert.deepEqual(flat().press(" ").commands.length, 5);
  });
});

describe("filtering", () => {
  test("shows what matches, and the way there, while it is typed", () => {
    const screen = new Screen().look(family().all).press("/", "A", "1", "1");
    assert.deepEqual(screen.commands, ["a", "└ a1", "  └ a11"]);
    assert.match(screen.lines.at(-1)!, /^filter: A11▏/);
    assert.deepEqual(screen.press("backspace", "backspace", "backspace", "b", "enter").commands, ["b"]);
    assert.match(screen.lines[2], /filter "b"/);
    assert.equal(screen.press("esc").commands.length, 5);
  });

  test("goes by PID and user, too; Esc takes back what was typed", () => {
    assert.deepEqual(flat().press("/", "2", "0").commands, ["b"]);
    assert.deepEqual(flat().press("/", ..."BOB").commands, ["b"]);
    assert.match(flat().press("/", ..."zzz").lines[4], /^nothing matches "zzz"; Esc shows all +$/);
    assert.equal(flat().press("/", ..."zzz", "esc").commands.length, 5);
  });
});

describe("the cursor", () => {
  test("stays within the rows, and scrolls the screen", () => {
    const many = Array.from(
      { length: 50 },
      (_, index) => hostProcess(index + 2, { command: `p${index}`, cpuPercent: 50 - index }),
    );
    const screen = new Screen(undefined, { view: "flat" }).look(many);
    assert.equal(screen.press("up").chosen, "p0");
    assert.equal(screen.press("pagedown").chosen, "p7");
    assert.deepEqual(screen.commands, ["p1", "p2", "p3", "p4", "p5", "p6", "p7"]);
    assert.equal(screen.press("end").chosen, "p49");
    assert.equal(screen.commands.at(-1), "p49");
    assert.equal(screen.press("pageup", "home").chosen, "p0");
    screen.press("end").look(many.slice(0, 3));
    assert.equal(screen.chosen, "p2");
    assert.deepEqual(screen.commands, ["p0", "p1", "p2"]);
  });

  test("stays where it is when rows move, unless it follows", () => {
    const { a, b, all } = family();
    const screen = flat();
    assert.equal(screen.chosen, "b");
    b.cpuPercent = 0;
    assert.equal(screen.look(all).chosen, "a1");
    b.cpuPercent = 99;
    screen.look(all).press("f").press("down");
    const followed = screen.chosen;
    a.cpuPercent = 100;
    assert.equal(screen.look(all).chosen, followed);
    assert.match(screen.lines[2], /following/);
    assert.equal(screen.press("up").look(all).chosen, "b", "who moves on follows something else");
  });

  test("waits for what it follows when that is hidden for a while", () => {
    const screen = flat().press("f");
    screen.press("/", "a", "1", "enter");
    screen.press("esc");
    assert.equal(screen.chosen, "b");
  });
});

describe("signals", () => {
  test("are sent after a question that is answered by y", () => {
    const { b } = family();
    const screen = new Screen(undefined, { view: "flat" }).look([b]).press("k");
    assert.match(screen.lines.at(-1)!, /^signal for b \(20\): TERM▏/);
    screen.press("enter");
    assert.match(screen.lines.at(-1)!, /^send SIGTERM to b \(20\)\? y\/n/);
    screen.press("y");
    assert.deepEqual(screen.effect, { kind: "signal", signal: "SIGTERM", processes: [b] });
  });

  test("are not sent when it is answered otherwise", () => {
    for (const answer of ["n", "enter", "esc", " "]) {
      const screen = flat().press("k", "enter", answer);
      assert.equal(screen.effect, undefined, answer);
      assert.match(screen.lines.at(-1)!, /^no signal was sent/);
    }
    assert.equal(flat().press("k", "esc").state.prompt, null);
  });

  test("can be named or numbered; what is none is told", () => {
    assert.match(flat().press("k", "9", "enter").lines.at(-1)!, /^send SIGKILL to b/);
    assert.match(flat().press("k", ..."kill", "enter").lines.at(-1)!, /^send SIGKILL to b/);
    assert.match(
      flat().press("k", "backspace", "backspace", "enter").lines.at(-1)!,
      /^there is no signal "TE"/,
    );
    assert.match(flat().press("k", ..."nix", "enter", "y").lines.at(-1)!, /^q quit/);
  });

  test("go to whom they were asked for, though the rows have moved since", () => {
    const { b, all } = family();
    const screen = new Screen(undefined, { view: "flat" }).look(all).press("k");
    b.cpuPercent = 0;
    screen.look(all).press("enter", "y");
    assert.deepEqual(screen.effect, { kind: "signal", signal: "SIGTERM", processes: [b] });
  });

  test("go to all of a folded tree, or of a group", () => {
    const { a, a1, a2, a11, b } = family();
    const screen = new Screen().look([a, a1, a2, a11]).press(" ", "k", "enter");
    assert.match(screen.lines.at(-1)!, /^send SIGTERM to a \(10\) and the 3 processes below it\? y\/n/);
    screen.press("y");
    assert.deepEqual(
      new Set(screen.effect?.kind === "signal" ? screen.effect.processes : []),
      new Set([a, a1, a2, a11]),
    );
    const grouped = hostProcess(30, { group: "1-ab", command: "make" });
    const group = new Screen().look([b, grouped]).press("home", "k", "enter");
    assert.match(group.lines.at(-1)!, /^send SIGTERM to the one process of make\? y\/n/);
  });
});

describe("history", () => {
  /** Ten looks, at each of which one more process has come and the first but one has gone. */
  function past() {
    const screen = new Screen(undefined, { view: "flat", sort: "pid" });
    const all = Array.from(
      { length: 11 },
      (_, index) => hostProcess(index + 2, { command: `p${index}`, cpuPercent: index }),
    );
    for (let index = 0; index < 10; index++) {
      all[index].cpuPercent = index * 10;
      screen.look(all.slice(index, index + 2));
    }
    return screen;
  }

  test("a pause stands still while the machine goes on", () => {
    const screen = past().press("p");
    screen.look([hostProcess(99, { command: "new" })]);
    assert.deepEqual(screen.commands, ["p9", "p10"]);
    assert.match(screen.lines[0], /paused, 1s ago {2}12:00:09$/);
    assert.deepEqual(screen.press("p").commands, ["new"]);
  });

  test("goes back to what has ended, and forth again", () => {
    const screen = past();
    assert.deepEqual(screen.press("[").commands, ["p8", "p9"]);
    assert.match(screen.lines[0], /paused, 1s ago {2}12:00:08$/);
    assert.deepEqual(screen.press("left").commands, ["p7", "p8"], "paused, the arrows step, too");
    assert.deepEqual(screen.press("{").commands, ["p0", "p1"], "not beyond the first look");
    assert.deepEqual(screen.press("right", "]").commands, ["p2", "p3"]);
    assert.deepEqual(screen.press("}").commands, ["p9", "p10"], "beyond the newest look it goes on live");
    assert.equal(screen.state.pausedAt, null);
  });

  test("shows figures of then", () => {
    const screen = past().press("{", "]", "]", "]");
    assert.deepEqual(screen.commands, ["p3", "p4"]);
    assert.match(screen.lines[4], /^ +5 ada +S +30\.0 /);
  });

  test("is forgotten from its beginning", () => {
    const screen = new Screen(undefined, { view: "flat" }, 5);
    const all = Array.from({ length: 20 }, (_, index) => hostProcess(index + 2, { command: `p${index}` }));
    for (const process of all) screen.look([process]);
    assert.deepEqual(screen.press("{").commands, ["p15"]);
    screen.look([all[0]]);
    assert.deepEqual(screen.commands, ["p16"], "what is shown while paused moves along");
  });
});

describe("other keys", () => {
  test("g goes through the views, by cgroups and flat", () => {
    const { all } = family();
    const service = { ...all[4], cgroup: "/system.slice/b.service" };
    const screen = new Screen({ columns: 90, rows: 14 }).look([...all.slice(0, 4), service]).press("g");
    assert.deepEqual(screen.commands.filter((line) => line.startsWith("▾")), [
      "▾ /",
      "▾ /system.slice/b.service",
    ]);
    assert.deepEqual(screen.press("g").commands, ["b", "a1", "a2", "a11", "a"]);
    assert.equal(screen.press("g").state.view, "groups");
  });

  test("a shows the kernel's threads", () => {
    const kernel = hostProcess(2, { isKernelThread: true, command: "[kthreadd]" });
    const screen = new Screen().look([kernel, family().b]);
    assert.deepEqual(screen.commands, ["b"]);
    assert.deepEqual(screen.press("a").commands, ["b", "[kthreadd]"]);
  });

  test("? tells them all, and any key goes back; q and Ctrl-C quit, Ctrl-Z stops", () => {
    const screen = new Screen({ columns: 80, rows: 30 }).look(family().all).press("?");
    assert.match(screen.lines.join("\n"), /follow the chosen row/);
    assert.equal(screen.press("s").state.sort, "cpu");
    assert.deepEqual(screen.press("q").effect, { kind: "quit" });
    assert.deepEqual(screen.press("/", "^c").effect, { kind: "quit" });
    assert.deepEqual(screen.press("^z").effect, { kind: "suspend" });
    assert.deepEqual(screen.press("^l").effect, { kind: "redraw" });
  });

  test("only what descends from the given processes is shown", () => {
    const { all } = family();
    const screen = new Screen(undefined, { roots: [11] }).look(all);
    assert.deepEqual(screen.commands, ["a1", "└ a11"]);
    assert.match(screen.lines[2], /below 11/);
  });
});
