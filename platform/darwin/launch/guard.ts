import type { Guard } from "../../contract/containment.ts";
import { reaperCommand, reaperFile } from "../../posix/reaper_command.ts";
import { signalNumber } from "../layout/signals.ts";
import type { DarwinChildren } from "../processes/children.ts";
import type { Descriptors } from "../sys/descriptors.ts";
import { spawnSuspended } from "./posix_spawn.ts";

/** The variable in which a reaper is told the numbers of the members. */
export const MEMBERS = "PROCTOR_MEMBERS";
/** Stands in front of numbers that are all there are. */
const ANEW = "anew";
/**
 * Reads the numbers of members until nobody can write any more: then we have ended, whatever way, and it becomes the
 * reaper.
 */
const SCRIPT = `while read -r id; do case $id in ${ANEW}) ids=;; *) ids="$ids $id" ;; esac; done; ` +
  `${MEMBERS}="$ids" exec "$@"`;
/** The shell's list is made anew when it holds so many that have ended: an environment has an end. */
const MOST_FORGOTTEN = 1_000;
/** So many guards of a group may be killed. */
const MOST_LOSSES = 100;

/** A guard that is told who is of the tree. */
export interface MemberGuard extends Guard {
  /** Note a member by the number that is given once. */
  tell(uniqueId: number): void;
  /** One has ended, and with it all that it has started. */
  forget(uniqueId: number): void;
}

/** Stands where no guard is wanted, or none can be had. */
export const NO_GUARD: MemberGuard = { pid: null, dismiss: () => {}, tell: () => {}, forget: () => {} };

/** What a guard needs. */
export interface GuardMeans {
  readonly children: DarwinChildren;
  readonly descriptors: Descriptors;
}

/**
 * A shell that waits for our end at the other end of a pipe. Where no program is told its environment the mark finds
 * nobody, so that it is told the members' numbers as they are found. None inside a bundle that is not a reaper.
 */
export function guardMembers(means: GuardMeans, marker: string): MemberGuard {
  const command = reaperCommand(reaperFile("darwin"), marker);
  return command ? new ShellGuard(means, command) : NO_GUARD;
}

/** See {@link guardMembers}; the command is what it becomes. */
export class ShellGuard implements MemberGuard {
  pid: number | null = null;
  readonly #told = new Set<number>();
  #forgottenCount = 0;
  #writeEnd = -1;
  /** What the pipe did not take: it is full where the guard is stopped. */
  #unwritten = "";
  #losses = 0;

  constructor(readonly means: GuardMeans, readonly command: readonly string[]) {
    this.#start();
  }

  tell(uniqueId: number): void {
    this.#told.add(uniqueId);
    this.#write(`${uniqueId}\n`);
  }

  forget(uniqueId: number): void {
    if (!this.#told.delete(uniqueId) || ++this.#forgottenCount < MOST_FORGOTTEN) return;
    this.#write(`${ANEW}\n${this.#all()}`);
    this.#forgottenCount = 0;
  }

  #all(): string {
    return [...this.#told].map((uniqueId) => `${uniqueId}\n`).join("");
  }

  dismiss(): void {
    if (this.pid !== null) this.means.children.endGuard(this.pid);
    this.pid = null;
    this.#closePipe();
  }

  #closePipe(): void {
    if (this.#writeEnd >= 0) this.means.descriptors.close(this.#writeEnd);
    this.#writeEnd = -1;
    this.#unwritten = "";
  }

  #start(): void {
    const { children, descriptors } = this.means;
    const [readEnd, writeEnd] = descriptors.makePipe();
    const nothing = descriptors.openNull();
    const words = ["sh", "-c", SCRIPT, "proctor-guard", ...this.command].map((word) => Buffer.from(word));
    const started = spawnSuspended(children.system, {
      file: Buffer.from("/bin/sh"),
      args: words,
      env: [],
      cwd: "/",
      ownSession: true,
      closesOthers: true,
      stdio: [readEnd, nothing, nothing],
    });
    descriptors.close(readEnd);
    descriptors.close(nothing);
    if ("stage" in started) {
      descriptors.close(writeEnd);
      return this.#warn(started.message);
    }
    this.#writeEnd = writeEnd;
    this.pid = started.pid;
    children.addGuard(started.pid, () => this.#replace());
    children.system.c.kill(started.pid, signalNumber("SIGCONT"));
    this.#forgottenCount = 0;
    this.#write(this.#all());
  }

  #replace(): void {
    this.pid = null;
    // Nobody reads there any more: where no other follows, nothing is kept for one.
    this.#closePipe();
    // One that ends again and again has a reason that another would have, too.
    if (++this.#losses > MOST_LOSSES) return this.#warn(`${this.#losses} of them were killed`);
    this.#start();
  }

  #write(text: string): void {
    if (this.#writeEnd < 0) return;
    this.#unwritten += text;
    const bytes = Buffer.from(this.#unwritten);
    try {
      const written = this.means.descriptors.writeAtOnce(this.#writeEnd, bytes) ?? 0;
      this.#unwritten = bytes.subarray(written).toString();
    } catch {
      // It was killed: the next one is told all.
    }
  }

  #warn(reason: string): void {
    process.emitWarning(
      `the guard of a group has ended, and no other takes its place (${reason}): ` +
        "should this program be killed now, the group's processes go on",
      "ProctorWarning",
    );
  }
}
