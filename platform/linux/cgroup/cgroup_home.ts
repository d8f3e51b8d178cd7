import { basename, join } from "../../../core/posix_path.ts";
import { readFile, readText, text } from "../proc/kernel_file.ts";
import { makeDirectory, removeDirectory } from "../sys/directory.ts";
import { describeErrno } from "../sys/errno.ts";
import { writeFile } from "../sys/write_file.ts";
import { forEachPid } from "./cgroup_files.ts";
import { ownCgroup } from "./cgroup_path.ts";

/** A controller of cgroup v2 that serves a group. */
export type Controller = "memory" | "cpu" | "io" | "pids";
/** All of them, in the order of their use. */
export const CONTROLLERS: readonly Controller[] = ["memory", "io", "cpu", "pids"];

/** Directories of ours begin so; the PID in them tells whose they are. */
export const PREFIX = "proctor-";

/** Whether a group's cgroup may be called so. */
export function isGroupName(name: string): boolean {
  return new RegExp(`^${PREFIX}\\d+-[1-9]\\d*$`).test(name);
}

const INNERMOST = new RegExp(`^.*/${PREFIX}\\d+-[1-9]\\d*(?=/|$)`);

/** The innermost cgroup of a group that a path leads through, or null; -0 is where proctor itself has gone. */
export function innermostGroup(path: string): string | null {
  return INNERMOST.exec(path)?.[0] ?? null;
}

/** The directory of a group; who holds it may kill all that is in it, so no other may pass for one. */
export function isGroupDirectory(directory: string): boolean {
  return /^\/.+\//.test(directory) && isGroupName(basename(directory)) && !directory.includes("/../");
}

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
  return handle(home);
}

/**
 * The hold on our home of a group that was abandoned there; null when it was made elsewhere.
 * @param isOurs whether we have abandoned it ourselves, and its hold has stayed
 */
export function takeOverHome(directory: string, isOurs: boolean): CgroupHome | null {
  if (shared?.directory !== directory) return null;
  if (!isOurs) shared.users++;
  return handle(shared);
}

/** The place of a group that another process has made: we are not there, and change nothing about it. */
export function foreignHome(directory: string): CgroupHome {
  const own = ownCgroup();
  const parent = join(directory, "..");
  const refuge = "directory" in own ? own.directory : parent;
  return { directory: parent, refuge, obstacle: () => null, leave: () => {} };
}

function handle(home: Shared): CgroupHome {
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
  const wanted: Controller[] = [];
  let known: ReadonlySet<string> | undefined;
  for (const controller of CONTROLLERS) {
    if (control.isEnabled(controller)) continue;
    if (control.isOffered(controller)) wanted.push(controller);
    else {
      known ??= words(join(own.mountPoint, "cgroup.controllers"));
      obstacles.set(controller, whyMissing(known.has(controller), directory));
    }
  }
  if (wanted.length === 0) return { directory, obstacles, enabled: [], leaf: null, users: 0 };
  // Some could be enabled around us, but the cgroups below would be of no use then ("domain invalid").
  const leaf = isRoot(directory) ? null : moveDown(directory);
  if (leaf !== null && typeof leaf !== "string") {
    for (const controller of wanted) obstacles.set(controller, leaf.reason);
    return { directory, obstacles, enabled: [], leaf: null, users: 0 };
  }
  for (const controller of wanted) {
    const refused = control.enable(controller);
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

/** The root of the whole hierarchy, the one cgroup that may hold processes beside controllers for those below. */
function isRoot(directory: string): boolean {
  return readText(join(directory, "cgroup.type")) === undefined;
}

/** Move into a cgroup of our own below, if nobody else is where we are; its directory, or why not. */
function moveDown(directory: string): string | { readonly reason: string } {
  const others = pidsOf(directory).filter((pid) => pid !== process.pid).length;
  if (others > 0) {
    const shares = others === 1 ? "process shares" : "processes share";
    return { reason: `${others} other ${shares} our cgroup (${directory})` };
  }
  const leaf = join(directory, `${PREFIX}${process.pid}-0`);
  const made = makeDirectory(leaf);
  const refused = made === 0 ? writeFile(join(leaf, "cgroup.procs"), String(process.pid)) : -made;
  if (refused === 0) return leaf;
  removeDirectory(leaf);
  return { reason: whyRefused(refused, directory) };
}

function whyMissing(isKnown: boolean, directory: string): string {
  return isKnown
    ? `the controller is not handed down to our cgroup (${directory})`
    : "cgroup v2 lacks the controller here";
}

function whyRefused(errno: number, directory: string): string {
  return `it cannot be enabled in ${directory}: ${describeErrno(errno)}`;
}
