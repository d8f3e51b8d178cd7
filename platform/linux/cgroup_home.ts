import { join } from "node:path";
import { forEachPid } from "./cgroup_files.ts";
import { ownCgroup } from "./cgroup_path.ts";
import { makeDirectory, removeDirectory } from "./directory.ts";
import { describeErrno, EBUSY } from "./errno.ts";
import { readFile, readText, text } from "./kernel_file.ts";
import { writeFile } from "./write_file.ts";

/** A controller of cgroup v2 that serves a group. */
export type Controller = "memory" | "cpu" | "io" | "pids";
/** All of them, in the order of their use. */
export const CONTROLLERS: readonly Controller[] = ["memory", "io", "cpu", "pids"];

/** Directories of ours begin so; the PID in them tells whose they are. */
export const PREFIX = "proctor-";

/** The cgroup below which groups are made, held until {@link leave} is called. */
export interface CgroupHome {
  readonly directory: string;
  /** Where members go that outlive their group. */
  readonly refuge: string;
  /** Why a controller does not serve groups made here; null when it does. */
  obstacle(controller: Controller): string | null;
  leave(): void;
}

interface Shared {
  readonly directory: string;
  readonly obstacles: ReadonlyMap<Controller, string>;
  readonly enabled: readonly Controller[];
  /** The cgroup we have moved into, out of the way of the controllers; null: we are where we were. */
  readonly leaf: string | null;
  users: number;
}

/** A process is in one cgroup, whoever makes groups in it. */
let shared: Shared | undefined;

/**
 * The cgroup we were started in, with every controller enabled for its children that can be had.
 *
 * A cgroup other than the root's that holds processes cannot have controllers for its children (the "no internal
 * processes" rule of Documentation/admin-guide/cgroup-v2.rst). Where we are all it holds (`systemd-run --scope -p
 * Delegate=yes`, a service), we move one down for as long as we have groups; strangers are never moved.
 */
export function enterHome(): CgroupHome | { readonly reason: string } {
  const home = shared ?? open();
  if ("reason" in home) return home;
  shared = home;
  home.users++;
  return {
    directory: home.directory,
    refuge: home.leaf ?? home.directory,
    obstacle: (controller) => home.obstacles.get(controller) ?? null,
    leave: () => {
      if (--home.users > 0) return;
      shared = undefined;
      close(home);
    },
  };
}

/** How a home is given back, for a guard that does it after our death: a file and what is written to it. */
export interface HomeRestoration {
  readonly directory: string;
  /** What takes the controllers away from the children. */
  readonly disable: string;
  readonly leaf: string;
}

/** What has to be undone when we die; null when nothing has been done. */
export function homeRestoration(): HomeRestoration | null {
  if (!shared || shared.leaf === null) return null;
  return { directory: shared.directory, disable: disabling(shared.enabled), leaf: shared.leaf };
}

function open(): Shared | { readonly reason: string } {
  const own = ownCgroup();
  if ("reason" in own) return own;
  const { directory } = own;
  const control = new SubtreeControl(directory);
  const obstacles = new Map<Controller, string>();
  let leaf: string | null = null;
  for (const controller of CONTROLLERS) {
    if (control.isEnabled(controller)) continue;
    if (!control.isOffered(controller)) {
      obstacles.set(controller, whyMissing(controller, own));
      continue;
    }
    let refused = control.enable(controller);
    if (refused === EBUSY && leaf === null && isAlone(directory)) {
      leaf = moveDown(directory);
      if (leaf) refused = control.enable(controller);
    }
    if (refused !== 0) obstacles.set(controller, whyRefused(refused, directory));
  }
  return { directory, obstacles, enabled: control.enabled, leaf, users: 0 };
}

/** Nothing of us stays: the controllers as they were, and we where we were. */
function close({ directory, enabled, leaf }: Shared): void {
  if (leaf === null) return; // In the root's cgroup others may use by now what was enabled.
  writeFile(join(directory, "cgroup.subtree_control"), disabling(enabled));
  for (const pid of pidsOf(leaf)) writeFile(join(directory, "cgroup.procs"), String(pid));
  removeDirectory(leaf);
}

function disabling(controllers: readonly Controller[]): string {
  return controllers.map((controller) => `-${controller}`).join(" ");
}

/** Which controllers the children of a cgroup have, and may have. */
class SubtreeControl {
  /** Those that were enabled here. */
  readonly enabled: Controller[] = [];
  readonly #file: string;
  readonly #offered: ReadonlySet<string>;
  readonly #present: ReadonlySet<string>;

  constructor(directory: string) {
    this.#file = join(directory, "cgroup.subtree_control");
    this.#offered = words(join(directory, "cgroup.controllers"));
    this.#present = words(this.#file);
  }

  isOffered(controller: Controller): boolean {
    return this.#offered.has(controller);
  }

  isEnabled(controller: Controller): boolean {
    return this.#present.has(controller);
  }

  /** Enable a controller; 0, or the error number. */
  enable(controller: Controller): number {
    const refused = writeFile(this.#file, `+${controller}`);
    if (refused === 0) this.enabled.push(controller);
    return refused;
  }
}

function words(file: string): ReadonlySet<string> {
  return new Set((readText(file) ?? "").trim().split(/\s+/));
}

function pidsOf(directory: string): number[] {
  const pids: number[] = [];
  if (readFile(join(directory, "cgroup.procs"))) forEachPid(text.bytes, text.length, (pid) => pids.push(pid));
  return pids;
}

function isAlone(directory: string): boolean {
  const pids = pidsOf(directory);
  return pids.length === 1 && pids[0] === process.pid;
}

/** Move into a cgroup of our own below; its directory, or null when that cannot be. */
function moveDown(directory: string): string | null {
  const leaf = join(directory, `${PREFIX}${process.pid}-0`);
  if (makeDirectory(leaf) !== 0) return null;
  if (writeFile(join(leaf, "cgroup.procs"), String(process.pid)) === 0) return leaf;
  removeDirectory(leaf);
  return null;
}

function whyMissing(
  controller: Controller,
  { directory, mountPoint }: { directory: string; mountPoint: string },
): string {
  return words(join(mountPoint, "cgroup.controllers")).has(controller)
    ? `the controller is not handed down to our cgroup (${directory})`
    : "cgroup v2 lacks the controller here";
}

function whyRefused(errno: number, directory: string): string {
  if (errno === EBUSY) {
    const others = pidsOf(directory).length - 1;
    return `${others} other ${others === 1 ? "process shares" : "processes share"} our cgroup (${directory})`;
  }
  return `it cannot be enabled in ${directory}: ${describeErrno(errno)}`;
}
