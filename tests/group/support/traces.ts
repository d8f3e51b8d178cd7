/* Looks for what groups must not leave behind, in the kernel's own files. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { ownCgroup } from "../../../platform/linux/cgroup/cgroup_path.ts";
import { ownCgroupDirectories, ownChildren, processState } from "../../support/linux.ts";
import { v1DirectoriesOf } from "../../support/v1.ts";

const PATIENCE_MS = 60_000;

/** Wait until something holds; fail when it does not in time, and say what `details` has to say then. */
export async function until(
  holds: () => boolean,
  what: string,
  details: () => string = () => "",
): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !holds();) {
    if (performance.now() >= end) assert.fail(`not in ${PATIENCE_MS} ms: ${what}\n${details()}`);
    await sleep(5);
  }
}

/** What processes are and do, a line each. */
export function describeProcesses(pids: readonly number[]): string {
  return pids.map((pid) => {
    const [state, parent] = [processState(pid), parentOf(pid)];
    const waits = `${read(pid, "wchan")} ${read(pid, "syscall").trim()}`;
    return `${pid} (${state}, child of ${parent}, in ${waits}): ${
      read(pid, "cmdline").replaceAll("\0", " ")
    }`;
  }).join("\n");
}

/** Every process of the machine. */
export function allPids(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

/** A file of /proc/PID as text; empty when the process is gone. */
export function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

/** The parent of a process; NaN when it is gone. */
export function parentOf(pid: number): number {
  const stat = read(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

/** The guards of one owner, dead or alive, that live. */
export function guards(owner: number): number[] {
  return allPids().filter((pid) => read(pid, "cmdline") === `proctor-guard\0${owner}\0`);
}

/** Processes whose command line holds this word, guards at work left out. */
export function holders(word: string): number[] {
  return allPids().filter((pid) => pid !== process.pid && read(pid, "cmdline").split("\0").includes(word));
}

/**
 * Those of these that are there, and no zombies. A process that exits loses its command line before it is a zombie:
 * whoever wants to know that it has ended, asks by its PID.
 */
export function living(pids: readonly number[]): number[] {
  return pids.filter((pid) => !["Z", "X", undefined].includes(processState(pid)));
}

/** The cgroup directories of groups that a process has made: names in cgroup v2, then paths in v1. */
export function cgroupsOf(owner: number): string[] {
  const own = ownCgroup();
  const names = "directory" in own ? readdirSync(own.directory) : [];
  return [...names.filter((name) => name.startsWith(`proctor-${owner}-`)), ...v1DirectoriesOf(owner)];
}

/** What this process holds: descriptors and what is behind them, children, cgroups. */
export interface Holdings {
  readonly descriptors: readonly string[];
  readonly children: readonly number[];
  readonly cgroups: readonly string[];
}

/** What this process holds now. */
export function holdings(): Holdings {
  const descriptors = readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [`${name} ${readlinkSync(`/proc/self/fd/${name}`)}`];
    } catch {
      return []; // The directory that was just listed.
    }
  });
  return {
    descriptors: descriptors.filter((line) => !/ \/proc\/\d+\/fd$/.test(line)),
    children: ownChildren(),
    cgroups: [...ownCgroupDirectories(), ...v1DirectoriesOf(process.pid)],
  };
}

/**
 * Run something twice and expect the second time to leave nothing behind. (The first time the runtime opens what it
 * keeps, such as an epoll or the files of the machine that are held open for good.) The runtime closes some
 * descriptors a turn of its loop later, hence the patience.
 */
export async function assertLeavesNothing(run: () => Promise<unknown>): Promise<void> {
  await run();
  const before = holdings();
  await run();
  const fresh = () => {
    const now = holdings();
    return {
      descriptors: now.descriptors.filter((line) => !before.descriptors.includes(line)),
      children: now.children.filter((pid) => !before.children.includes(pid)),
      cgroups: now.cgroups.filter((name) => !before.cgroups.includes(name)),
    };
  };
  const isClean = () => Object.values(fresh()).every((list) => list.length === 0);
  for (const end = performance.now() + 60_000; !isClean() && performance.now() < end;) await sleep(5);
  assert.deepEqual(fresh(), { descriptors: [], children: [], cgroups: [] });
}
