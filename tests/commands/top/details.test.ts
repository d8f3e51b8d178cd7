import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ProcessDetails } from "../../../host/process_table.ts";
import { hostProcess } from "./support/processes.ts";
import { Screen } from "./support/screen.ts";

const WEB = { cgroup: "/proctor-7-1", group: "/proctor-7-1", supervisedId: "web" };
const SIZE = { columns: 124, rows: 32 };

function services() {
  const main = hostProcess(20, { ...WEB, command: "python3 server.py", cpuPercent: 30, diskWriteBytes: 3e6 });
  const child = hostProcess(21, { ...WEB, command: "worker", parentPid: 20, cpuPercent: 50, threadCount: 9 });
  const shell = hostProcess(5, { name: "bash", command: "bash" });
  return [main, child, shell];
}

const DETAILS: ProcessDetails = {
  peakMemoryBytes: 24 * 1024 ** 2,
  pssBytes: 512 * 1024,
  fileDescriptorCount: 17,
  diskReadBytes: 4096,
  diskWriteBytes: NaN,
  voluntarySwitches: 1_234,
  involuntarySwitches: 5,
  threads: [{ threadId: 21, name: "worker", cpuSeconds: 1 }, {
    threadId: 25,
    name: "pool",
    cpuSeconds: 61.5,
  }],
};

describe("the details", () => {
  test("of a process: charts, its peak, its threads by what they use", () => {
    const screen = new Screen(SIZE).look(services()).look();
    screen.details = DETAILS;
    // The heading, its process, and the one below that.
    screen.press("down", "down", "enter");
    const lines = screen.lines.map((line) => line.trimEnd());
    assert.match(lines[3], /^── prog \(21\) ─+$/);
    assert.match(lines[4], /^CPU 50\.0% {2}at most 50\.0% +memory 1 MiB {2}at most 1 MiB$/);
    const facts = lines.slice(lines.findIndex((line) => line.startsWith("command")), -1);
    assert.deepEqual(facts.filter((line) => line !== "").slice(1), [
      "state        sleeping · started 12h ago",
      "who          user ada · parent 20 · supervised as web · group /proctor-7-1",
      "CPU time     0:00.00",
      "memory       1 MiB · at its peak 24 MiB · shared pages divided (PSS) 512 KiB",
      "storage      read 4 KiB · written – in all",
      "switches     1,234 voluntary · 5 not",
      "descriptors  17",
      "threads           25   1:01.50 pool",
      "                  21   0:01.00 worker",
    ]);
    screen.press("esc");
    assert.equal(screen.state.showsDetails, false);
  });

  test("of a group: who is in it, and what all of them use", () => {
    const screen = new Screen(SIZE).look(services()).look().press("enter");
    const lines = screen.lines.map((line) => line.trimEnd());
    assert.match(lines[3], /^── web · 2 processes ─+$/);
    assert.match(lines[4], /^CPU 80\.0% /);
    const at = lines.findIndex((line) => / COMMAND$/.test(line));
    assert.equal(lines[at - 1], "group /proctor-7-1");
    assert.deepEqual(lines.slice(at + 1, at + 3).map((line) => line.slice(0, 7).trim()), ["21", "20"]);
  });

  test("stay with who was chosen, and say when it has ended", () => {
    const [main, child, shell] = services();
    const screen = new Screen(SIZE).look([main, child, shell]).press("down", "down", "enter");
    child.cpuPercent = 0;
    assert.match(screen.look([shell, main, child]).lines[3], /^── prog \(21\)/);
    assert.match(screen.look([main, shell]).lines[3], /^it has ended, or is filtered away; Esc goes back/);
  });

  test("of the past have no figures of now", () => {
    const screen = new Screen(SIZE).look(services()).look().press("down", "enter");
    screen.details = DETAILS;
    assert.ok(screen.press("[").lines.every((line) => !line.includes("at its peak")));
    assert.ok(screen.press("]", "]").lines.some((line) => line.includes("at its peak")));
  });
});

describe("a wide screen", () => {
  test("has threads and what is read and written; a narrow one on request", () => {
    const rows = new Screen(SIZE).look(services()).look().lines.map((line) => line.trimEnd());
    assert.match(rows[3], / READ\/s WRITE\/s +THR +TIME COMMAND$/);
    assert.match(rows[4], / 2\.86 M +10 +▾ web$/);
    assert.match(rows[5], / 2\.86 M +1 +0:00\.00 python3 server\.py$/);
    const narrow = new Screen().look(services());
    assert.doesNotMatch(narrow.lines[3], /READ/);
    assert.match(narrow.press("i").lines[3], / READ\/s WRITE\/s COMMAND/);
    assert.equal(new Screen().look(services()).press("s", "s").state.sort, "io");
  });

  test("has a bar of each CPU, or a character of each where they are many", () => {
    const cores = (count: number, size: { columns: number; rows: number }) =>
      new Screen(size).look(services(), {}, {
        corePercents: Array.from({ length: count }, (_, at) => at % 2 === 0 ? 100 : 0),
      });
    assert.deepEqual(
      cores(2, { columns: 60, rows: 16 }).lines[3].trimEnd(),
      " 0 ━━━━━━━━━━━━━━━━━━━━  100%   1 ────────────────────    0%",
    );
    assert.match(cores(6, { columns: 80, rows: 24 }).lines[4], /^ 3 ─+ +0% +4 ━+ +100% +5 ─+ +0% *$/);
    assert.match(cores(200, { columns: 80, rows: 24 }).lines[5], /^CPUs (?:█▁){25} *$/);
    // Small screens keep their lines for processes, and whoever wants none has none.
    assert.match(cores(2, { columns: 80, rows: 15 }).lines[3], /COMMAND/);
    assert.match(cores(2, { columns: 80, rows: 24 }).press("1").lines[3], /COMMAND/);
  });
});
