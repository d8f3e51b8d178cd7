/*
 * usage: owner_program.ts RUNG MODE [WORD...]: owns groups in a process of its own, for tests. What it starts has a
 * WORD among its arguments, by which the tests find it.
 */
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ProcessGroup, ProctorError } from "../../../mod.ts";
import type { GroupOptions } from "../../../mod.ts";
import { V1_OPTIONS } from "./rungs.ts";

const [rung, mode, ...words] = process.argv.slice(2);
const OPTIONS: Record<string, GroupOptions> = {
  cgroup: {},
  cgroup_v1: V1_OPTIONS,
  subreaper: { mechanism: "subreaper" },
};
const options = OPTIONS[rung];
const say = (what: unknown) => console.log(JSON.stringify(what));
const QUIET = { stdin: "null", stdout: "null" } as const;
const [word] = words;

/** A tree that tries to get away: a child, one in its own session, and one that double-forked. */
const script = (name: string) => [
  "sh",
  "-c",
  `perl -e 'sleep 300' $0 & setsid perl -e 'sleep 300' $0 & (setsid perl -e 'sleep 300' $0 &) ; wait`,
  name,
];

function collectGarbage(): void {
  const runtime = globalThis as unknown as { Bun?: { gc(full: boolean): void }; gc?: () => void };
  if (runtime.Bun) runtime.Bun.gc(true);
  else runtime.gc!();
}

/** Start the tree in a group that nobody holds afterwards. */
async function startForgotten(): Promise<number> {
  const group = await ProcessGroup.create(options);
  return group.start(script(word), QUIET).pid;
}

/** Start the tree in a group that only a sampler holds. */
async function startSampled(): Promise<AsyncIterableIterator<unknown>> {
  const group = await ProcessGroup.create(options);
  group.start(script(word), QUIET);
  const samples = group.sampleStats({ intervalMs: 5 });
  await samples.next();
  return samples;
}

/** Collect garbage until a process is gone; say whether that has happened. */
async function collectUntilGone(pid: number): Promise<boolean> {
  for (let round = 0; round < 400; round++) {
    collectGarbage();
    await sleep(10);
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
  }
  return false;
}

const MODES: Record<string, () => Promise<void>> = {
  /** Try to be another user. */
  async become() {
    await using group = await ProcessGroup.create(options);
    try {
      group.start(["true"], { uid: Number(word), gid: Number(word) });
      say({ kind: null });
    } catch (error) {
      if (!(error instanceof ProctorError)) throw error;
      say({ kind: error.kind, message: error.message });
    }
  },
  async garbage() {
    const pid = await startForgotten();
    say({ gone: await collectUntilGone(pid), pid });
  },
  /** The same, while somebody waits for a process of the group. */
  async held() {
    const group = await ProcessGroup.create(options);
    const running = group.start(["sh", "-c", "sleep 0.4; exit 3", word], QUIET);
    const waited = running.wait();
    for (let round = 0; round < 20; round++) {
      collectGarbage();
      await sleep(10);
    }
    say(await waited);
  },
  async sampled() {
    const samples = await startSampled();
    let count = 0;
    for (let round = 0; round < 400; round++) {
      if ((await samples.next()).done) break;
      count++;
      await sleep(1); // What a weak reference has given is held to the end of the turn.
      collectGarbage();
    }
    say({ ended: (await samples.next()).done, count });
  },
  async throw() {
    const group = await ProcessGroup.create(options);
    group.start(script(word), QUIET);
    await sleep(100);
    throw new Error("nobody catches this");
  },
  async exit() {
    const group = await ProcessGroup.create(options);
    group.start(script(word), QUIET);
    await sleep(100);
    process.exit(7);
  },
  /** Come to the end of the program with everything still running. */
  async end() {
    const group = await ProcessGroup.create(options);
    group.start(script(word), QUIET);
    await sleep(100);
    say(group.isClosed);
  },
  /** Sample, and come to the end of the program. */
  async sampling() {
    const group = await ProcessGroup.create(options);
    group.start(script(word), QUIET);
    const take = async () => {
      for await (const _ of group.sampleStats({ intervalMs: 20 }));
    };
    void take();
    say("sampling");
  },
  /** Start, run and stop trees until somebody kills us. */
  async churn() {
    say("ready");
    for (;;) {
      const group = await ProcessGroup.create(options);
      group.start(script(word), QUIET);
      group.start(script(word), QUIET);
      await sleep(Math.random() * 60);
      if (Math.random() < 0.5) await group.stop({ graceMs: Math.random() * 20 });
      await group[Symbol.asyncDispose]();
    }
  },
  /** Make and close groups until somebody kills us. */
  async making() {
    say("ready");
    for (;;) {
      const group = await ProcessGroup.create(options);
      group[Symbol.dispose]();
    }
  },
  /** Run a script of the caller's until somebody kills us. */
  async run() {
    const group = await ProcessGroup.create(options);
    const running = group.start(["sh", "-c", words[1], word], { stdin: "null", stdout: "pipe" });
    const reader = running.stdout!.getReader();
    await reader.read();
    say("ready");
    await running.wait();
    await sleep(600_000);
    say(group.isClosed);
  },
  /** Start the tree in a group that is to be kept, say what is saved of it, and end in one way or another. */
  async keep() {
    const group = await ProcessGroup.create({ ...options, onOwnerDeath: "keep" });
    group.start(script(word), QUIET);
    say(group.save());
    if (words[1] === "exit") process.exit(0);
    if (words[1] === "throw") throw new Error("nobody catches this");
    if (words[1] === "detach") group.detach();
    if (words[1] === "wait") await sleep(600_000);
  },
  /** Take up a group that was saved, and be killed with it; say how its process ends if it does so before. */
  async adopt() {
    const group = await ProcessGroup.adopt(JSON.parse(word), { onOwnerDeath: "kill" });
    say(group.processes.map(({ pid }) => pid));
    say(await group.processes[0].wait());
    // The others were killed one after another: the last may not have ended yet.
    for (let round = 0; round < 1_000 && group.stats().activeProcessCount > 0; round++) await sleep(10);
    say(group.stats().activeProcessCount);
    process.exit(0);
  },
  /** Many groups at once. */
  async many() {
    const groups: ProcessGroup[] = [];
    for (let index = 0; index < Number(word); index++) groups.push(await ProcessGroup.create(options));
    const codes = await Promise.all(
      groups.map((group, index) => group.output(["sh", "-c", `exit ${index}`])),
    );
    say(codes.map(({ exitCode }) => exitCode));
    await Promise.all(groups.map((group) => group[Symbol.asyncDispose]()));
  },
};

await MODES[mode]();
