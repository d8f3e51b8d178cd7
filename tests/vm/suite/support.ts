import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { ProcessGroup } from "../../../mod.ts";
import { fixture } from "../../support/fixture.ts";

/** A mebibyte. */
export const MB = 1_048_576;

const ROOT = "/sys/fs/cgroup";

/** The directory of the cgroup a process is in. */
export function cgroupOf(pid: number | "self"): string {
  return join(ROOT, /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))![1]);
}

/** Where this program was when it began: while it holds groups it may have moved down. */
const START = cgroupOf("self");

/** What stands in the cgroup this program began in: its cgroups, its members, and the controllers for below. */
export function ownCgroupEntries(): Record<string, string[]> {
  const directories = readdirSync(START, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const read = (name: string) => readFileSync(join(START, name), "utf8").split(/\s+/).filter(Boolean);
  return {
    cgroups: directories.map(({ name }) => name).filter((name) => name.startsWith("proctor-")),
    controllers: read("cgroup.subtree_control").toSorted(),
    self: [cgroupOf("self")],
  };
}

/** The directory of this program's only group: below where the program began, wherever it is itself by now. */
export function groupDirectory(): string {
  const names = readdirSync(START).filter((name) => new RegExp(`^proctor-${process.pid}-[1-9]`).test(name));
  assert.equal(names.length, 1, names.join(" "));
  return join(START, names[0]);
}

/** Burn CPU in a group; what the program itself says it used. */
export async function burned(group: ProcessGroup, seconds: number): Promise<{ cpuSeconds: number }> {
  const { stdout } = await group.output([fixture("burn_cpu"), String(seconds)]);
  const usage = JSON.parse(Buffer.from(stdout).toString());
  return { cpuSeconds: usage.user_seconds + usage.system_seconds };
}
