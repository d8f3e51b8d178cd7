import { spawnSync } from "node:child_process";
import { accessSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { ownCgroup } from "../../platform/linux/cgroup/cgroup_path.ts";
import { createContainer } from "../../platform/linux/cgroup/containment.ts";
import { fixture, ROOT } from "./fixture.ts";

const NOTHING = { counters: true, io: false, switches: false, fileDescriptors: false };

function cgroupObstacle(): string | null {
  const container = createContainer({ wanted: NOTHING, marker: "X=1", soleParent: false, guarded: false });
  try {
    return container.mechanism === "cgroup" ? null : container.reason;
  } finally {
    container.release();
  }
}

/** Why the cgroup rung cannot be tested here; false where it can. */
export const noCgroup = cgroupObstacle() !== null &&
  "needs a place to make a cgroup v2 directory (run as root)";

/** Who writes a PID here is given the next one for his next process. */
export const NEXT_PID = "/proc/sys/kernel/ns_last_pid";

function canChoosePid(): boolean {
  try {
    writeFileSync(NEXT_PID, readFileSync(NEXT_PID)); // everybody may open it, only some may write
    return true;
  } catch {
    return false;
  }
}

/** Why no process can be given a PID of our choice here; false where one can. */
export const noChosenPid = !canChoosePid() && "needs root and a kernel with /proc/sys/kernel/ns_last_pid";

/** The command line that runs a TypeScript file on the runtime that runs this one. */
export function runtimeCommand(script: string): string[] {
  const options = "Deno" in globalThis ? ["run", "--no-check", "--quiet", "-A"] : [];
  return [process.execPath, ...options, `${ROOT}/tests/support/${script}`];
}

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];

/** What an unprivileged user needs so that both runtimes find a place for their caches. */
export const NOBODY_ENV = {
  ...process.env,
  HOME: tmpdir(),
  DENO_DIR: `${tmpdir()}/proctor-nobody-deno`,
  XDG_CACHE_HOME: tmpdir(),
};

/** The command line that runs a command as an unprivileged user. */
export function asNobody(command: readonly string[]): string[] {
  return [...NOBODY, ...command];
}

function canBeNobody(): boolean {
  if (process.getuid?.() !== 0) return false;
  const [command, ...args] = asNobody(["test", "-r", fixture("storm"), "-a", "-x", process.execPath]);
  return spawnSync(command, args).status === 0;
}

/** Why no other user can be tried here; false where one can. */
export const noOtherUser = !canBeNobody() &&
  "needs root, setpriv (package util-linux) and a checkout that everybody can read";

/** State letter of a process, or undefined when there is none. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat[stat.lastIndexOf(")") + 2];
  } catch {
    return undefined;
  }
}

/** Children of this process, zombies included, whoever started them. */
export function ownChildren(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === process.pid;
    } catch {
      return false;
    }
  }).map(Number);
}

/** The cgroup directories that this process has made and not removed. */
export function ownCgroupDirectories(): string[] {
  const own = ownCgroup();
  if (!("directory" in own)) return [];
  return readdirSync(own.directory).filter((name) => name.startsWith(`proctor-${process.pid}-`));
}

/** How many descriptors this process has open, but for the one that looks. */
export function openDescriptors(): string[] {
  return readdirSync("/proc/self/fd").filter((name) => {
    try {
      return existsSync(`/proc/self/fd/${name}`) || accessSync(`/proc/self/fd/${name}`) === undefined;
    } catch {
      return false;
    }
  });
}
