/*
 * usage: ending_worker.ts RUNG: a program whose worker starts a group and is terminated then. It prints what becomes
 * of the group, and what is left of it when the program itself uses the library afterwards.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ProcessGroup } from "../../../mod.ts";
import { isWorker } from "../../../group/worker.ts";
import { ownCgroupDirectories, ownChildren, processState } from "../../support/linux.ts";

/** The command of the group, and the thread (`PID/task/TID`) of the worker that started it. */
interface Started {
  readonly pid: number;
  readonly thread: string;
}

interface Scope {
  onmessage: (event: { data: object }) => Promise<void>;
  postMessage(started: Started): void;
  group: ProcessGroup;
}

if (isWorker()) {
  const scope = globalThis as unknown as Scope;
  scope.onmessage = async ({ data }) => {
    scope.group = await ProcessGroup.create(data);
    const { pid } = scope.group.start(["sh", "-c", "trap '' TERM; sleep 300; true"]);
    scope.postMessage({ pid, thread: readlinkSync("/proc/thread-self") });
  };
} else {
  const options = process.argv[2] === "subreaper" ? { mechanism: "subreaper" as const } : {};
  const worker = new Worker(new URL(import.meta.url), { type: "module" });
  const started = new Promise<Started>((resolve) => worker.onmessage = ({ data }) => resolve(data));
  worker.postMessage(options);
  const { pid, thread } = await started;
  const wasAlive = processState(pid) !== undefined;
  worker.terminate();
  // The runtime takes its time over that, the more so where the machine is busy.
  for (let attempt = 0; attempt < 6_000 && existsSync(`/proc/${thread}`); attempt++) await sleep(10);
  const hasThreadEnded = !existsSync(`/proc/${thread}`);
  const isOver = () => ["Z", undefined].includes(processState(pid));
  for (let attempt = 0; attempt < 1_000 && !isOver(); attempt++) await sleep(10);
  const hasEnded = isOver();
  const own = { children: ownChildren().length, cgroups: ownCgroupDirectories().length };
  // Whoever uses the library next buries what nobody asks for any more.
  for (
    let attempt = 0;
    attempt < 200 && ownChildren().length + ownCgroupDirectories().length > 0;
    attempt++
  ) {
    await using group = await ProcessGroup.create(options);
    await group.output(["true"]);
    await sleep(20);
  }
  const after = { children: ownChildren().length, cgroups: ownCgroupDirectories().length };
  const sleepers = readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) &&
        readFileSync(`/proc/${name}/environ`, "latin1").includes(`PROCTOR_GROUP=${process.pid}-`);
    } catch {
      return false;
    }
  });
  console.log(JSON.stringify({ wasAlive, hasThreadEnded, hasEnded, own, after, sleepers }));
  process.exit(0);
}
