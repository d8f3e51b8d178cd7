/*
 * usage: host_program.ts RUNG ROUNDS: a program with children, workers, signal handlers and timers of its own, which
 * runs many commands and groups by the library meanwhile. It prints what of its own it found before and after, as the
 * kernel tells it.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessGroup } from "../../../mod.ts";

const [rung, rounds] = [process.argv[2], Number(process.argv[3])];
const options = rung === "subreaper" ? { mechanism: "subreaper" as const } : {};
const AT_ONCE = 4;

interface Spawner {
  Bun?: { spawn(command: string[], options: object): { exited: Promise<number> } };
  Deno?: { Command: new (file: string, options: object) => { output(): Promise<{ code: number }> } };
}

/** The exit code of a child of the program's own, started in each way that the runtime has. */
async function ownChild(code: number): Promise<number | null> {
  const words = ["sh", "-c", `sleep 0.01; exit ${code}`];
  const { Bun, Deno } = globalThis as Spawner;
  if (code % 2 === 0) {
    const [given] = await once(spawn(words[0], words.slice(1), { stdio: "ignore" }), "exit");
    return given;
  }
  if (Bun) return await Bun.spawn(words, { stdio: ["ignore", "ignore", "ignore"] }).exited;
  const command = new Deno!.Command(words[0], {
    args: words.slice(1),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return (await command.output()).code;
}

/** Whose child an orphan becomes that a child of the program's own leaves behind. */
async function whoGetsOrphans(): Promise<string> {
  const child = spawn("sh", ["-c", "sleep 5 >/dev/null & echo $!"], { stdio: ["ignore", "pipe", "ignore"] });
  const [piece] = await once(child.stdout!, "data");
  await new Promise((resolve) => child.exitCode === null ? child.on("exit", resolve) : resolve(null));
  const orphan = Number(piece);
  const stat = readFileSync(`/proc/${orphan}/stat`, "latin1");
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  process.kill(orphan, "SIGKILL");
  return parent === process.pid ? "this program" : "another";
}

function children(): string[] {
  const threads = readdirSync("/proc/self/task");
  const pids = threads.flatMap((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean);
    } catch {
      return []; // It has ended.
    }
  });
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, "latin1").split(" ").slice(0, 3).join(" ");
    } catch {
      return pid;
    }
  });
}

let usr2Count = 0;
process.on("SIGUSR2", () => usr2Count++);
let tickCount = 0;
const ticking = setInterval(() => tickCount++, 5);

/** What of this program must stay as it is, by the kernel's word where it has one. */
async function state(): Promise<Record<string, unknown>> {
  const status = readFileSync("/proc/self/status", "utf8");
  const line = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? null;
  const [signals, ticks] = [usr2Count, tickCount];
  process.kill(process.pid, "SIGUSR2");
  // Both come, sooner or later; and then no second signal does.
  for (let wait = 0; wait < 200 && (usr2Count === signals || tickCount === ticks); wait++) await sleep(50);
  await sleep(100);
  return {
    "signals caught": line("SigCgt"),
    "signals ignored": line("SigIgn"),
    "signals blocked": line("SigBlk"),
    "umask": line("Umask"),
    "limits": readFileSync("/proc/self/limits", "utf8"),
    "cgroup": readFileSync("/proc/self/cgroup", "utf8"),
    "working directory": process.cwd(),
    "environment": createHash("sha256").update(JSON.stringify(Object.entries(process.env).toSorted())).digest(
      "hex",
    ),
    "orphans of its children go to": await whoGetsOrphans(),
    "children": children(),
    "listeners": process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`)
      .toSorted(),
    "its handler of SIGUSR2 is called": usr2Count - signals,
    "its timers go off": tickCount > ticks,
  };
}

/** A zombie of the host's own, which it waits for by and by. */
async function eventuallySame(before: Record<string, unknown>): Promise<Record<string, unknown>> {
  let after = await state();
  for (let attempt = 0; attempt < 30 && JSON.stringify(after) !== JSON.stringify(before); attempt++) {
    after = await state();
  }
  return after;
}

const failures: string[] = [];
function expect(what: string, given: unknown, expected: unknown): void {
  if (given !== expected) failures.push(`${what}: ${given}, not ${expected}`);
}

// What the runtime itself opens and installs with its first child, handler and worker is none of the library's doing.
process.on("SIGCHLD", notify);
await Promise.all([2, 3, 4, 5].map(ownChild));
process.off("SIGCHLD", notify);
function notify() {}
const OWN_WORK = `import { spawn } from "node:child_process"; spawn("true").on("exit", postMessage)`;
for (let count = 0; count < 3; count++) {
  const own = new Worker(`data:text/javascript,${encodeURIComponent(OWN_WORK)}`, { type: "module" });
  await new Promise((resolve) => own.onmessage = resolve);
  own.terminate();
  await sleep(300);
}
const before = await state();
const { ProcessGroup: Group, run } = await import("../../../mod.ts");

/** One use of the library, another each time. */
async function use(number: number): Promise<void> {
  const code = number % 200;
  if (number % 4 === 0) {
    const summary = await run(["sh", "-c", `exit ${code}`], options);
    return expect("run", `${summary.outcome} ${summary.exit_code}`, `exited ${code}`);
  }
  if (number % 4 === 1) {
    // What is left running outlives the run, as a child of this program on some rungs.
    const summary = await run(["sh", "-c", "sleep 0.05 & exit 7"], { ...options, leftovers: "leave" });
    return expect("run that leaves something", summary.exit_code, 7);
  }
  await using group: ProcessGroup = await Group.create(options);
  if (number % 4 === 2) {
    const output = await group.output(["sh", "-c", `(sleep 0.01 &) ; echo ${number}; exit ${code}`]);
    expect("output", `${output.exitCode} ${Buffer.from(output.stdout)}`, `${code} ${number}\n`);
  } else {
    const stubborn = group.start(["sh", "-c", "trap '' TERM; sleep 60"], { stdout: "null" });
    await group.stop({ graceMs: 1, signal: "SIGTERM" });
    expect("a stop", (await stubborn.wait()).outcome, "signaled");
    expect("a start after it", (await group.output(["true"])).exitCode, 0);
  }
}

/** Own children and uses of the library, side by side. */
async function work(from: number, to: number): Promise<void> {
  let next = from;
  const worker = async () => {
    while (next < to) {
      const number = next++;
      const code = 1 + number % 100;
      const [given] = await Promise.all([ownChild(code), use(number)]);
      expect("a child of its own", given, code);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A thread that does the same. */
function startWorker(count: number): { readonly failures: Promise<string[]>; end(): void } {
  const worker = new Worker(new URL("./host_worker.ts", import.meta.url), { type: "module" });
  const answered = new Promise<string[]>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => resolve([`a worker has failed: ${event.message}`]);
  });
  worker.postMessage({ options, count });
  return { failures: answered, end: () => worker.terminate() };
}

async function round(count: number): Promise<void> {
  const workers = [startWorker(Math.ceil(count / 4)), startWorker(Math.ceil(count / 4))];
  await work(0, count);
  for (const worker of workers) {
    failures.push(...await worker.failures);
    worker.end();
  }
}

await round(rounds);
const after = await eventuallySame(before);
clearInterval(ticking);
console.log(JSON.stringify({ before, after, failures }));
process.exit(0);
