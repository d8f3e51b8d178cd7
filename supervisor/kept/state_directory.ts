import { lstatSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ProctorError } from "../../core/error.ts";
import { savedGroupSchema } from "../../core/schema/saved_group.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { overwriteFile, replaceFile } from "../../io/private_file.ts";
import { loadPlatform, LockTaken, readOwnFile, takeLock, takePrivateDirectory } from "../../platform/mod.ts";
import { isBaseDirectory, LOCK_NAME, METRICS_SOCKET_END, NOTIFY_SOCKET_NAME } from "./file_names.ts";
import { labelOf } from "./directory_label.ts";
import type { DirectoryLabel } from "./directory_label.ts";
import { isDiskTrouble, whyUnwritten } from "../logs/write_trouble.ts";
import type { Lock } from "../../platform/mod.ts";

/** What is kept of a process is much less. */
const MOST_KEPT_BYTES = 1_048_576;
/** By so many bytes what was decided may become longer: three words, the name of a boot, a few digits. */
const ROOM_FOR_DECISIONS = 64;
/**
 * What fits into a page is written over in place: a kill leaves all or nothing of a write within one page. A rename
 * over a file would be as safe, but some file systems write the new one to the disk first: milliseconds, for which a
 * restart would wait.
 */
const PAGE_BYTES = 4_096;
/** So that what changes while it runs fits in as well. */
const LEAST_BYTES = 2_048;

const keptPort = z.int().min(1).max(65_535).nullable();

/** Where a process can send metrics of its own to, as its environment says: it cannot be told another place. */
const keptEndpointsSchema = z.object({
  statsd_port: keptPort,
  socket: z.string().nullable(),
  otlp_port: keptPort,
});

/** What is kept of a managed process for the next supervisor. */
const keptProcessSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  /** null when nothing runs. */
  pid: z.int().positive().nullable(),
  start_time: z.string().nullable(),
  cgroup: z.string().nullable(),
  group: savedGroupSchema.nullable(),
  app_endpoints: keptEndpointsSchema.nullable().default(null),
  /** Where it notifies us, as its environment says. */
  notify_socket: z.string().nullable().default(null),
  fingerprint: z.string(),
  /** What the definition that it runs by was made of, variables unresolved: of instances, which may run on by it. */
  source: z.object({ written: z.string(), directory: z.string() }).nullable().default(null),
  was_running: z.boolean(),
  /** The line or the message was seen by which it is known to be ready: it will not come again. */
  has_written: z.boolean().default(false),
  stopped_by_hand: z.boolean(),
  /** A person has started what the configuration does not. */
  started_by_hand: z.boolean().default(false),
  /** It is being stopped to be started again. */
  is_restarting: z.boolean().default(false),
  /** What the configuration said when that was decided; null: it is not known. */
  enabled: z.boolean().nullable().default(null),
  /** The run of the machine in which it has done, with exit code 0, all there was to do. */
  done_in_boot: z.string().nullable().default(null),
  /** When it was to be started next by its schedule. */
  scheduled_at: z.string().nullable().default(null),
  starts: z.int().min(0),
  stop_signal: z.string(),
  graceful_timeout_ms: z.number().min(0),
});

/** What is kept of a managed process for the next supervisor. */
export type KeptProcess = z.infer<typeof keptProcessSchema>;
/** Where a process can send metrics of its own to. */
export type KeptEndpoints = z.infer<typeof keptEndpointsSchema>;

/**
 * The directory of one supervisor: lock, PID files, and what the next one has to know. Nothing of it is shared: what
 * stands there is believed (it says whom to signal, and what to run), so no other user may be able to write it.
 */
export class StateDirectory {
  readonly #lock: Lock;
  /**
   * What tells the groups of this directory from all others: by it they are found when nothing else of them is known.
   */
  readonly label: string;
  /** What the groups of earlier supervisors are found by. */
  readonly knownLabel: DirectoryLabel["known"];
  /** What people had decided, where this supervisor has written a state file of one page at most of it. */
  readonly #inOnePage = new Map<string, string>();

  private constructor(readonly base: string, readonly app: string, lock: Lock) {
    this.#lock = lock;
    const { label, known } = labelOf(base);
    this.label = label;
    this.knownLabel = known;
  }

  /**
   * Make the directory where it is missing, and take it.
   * @throws ProctorError of kind `system` when another supervisor has it, another user can change it, or it cannot be
   *   made
   */
  static async open(base: string, appName: string): Promise<StateDirectory> {
    const app = join(base, appName);
    let lock: Lock | undefined;
    try {
      takePrivateDirectory(base, isBaseDirectory);
      const { closeDirectory, lockFile } = await loadPlatform();
      closeDirectory?.(base);
      takePrivateDirectory(app, () => true);
      lock = takeLock(join(base, LOCK_NAME), lockFile);
      removeSockets(app);
      return new StateDirectory(base, app, lock);
    } catch (error) {
      lock?.release();
      if (error instanceof LockTaken) {
        const who = error.holder === undefined ? "" : ` (PID ${error.holder})`;
        throw new ProctorError(
          "system",
          `another supervisor${who} has the state directory ${base}; end it, or choose another one by --state-dir`,
        );
      }
      const why = whyUnfit(base, error as NodeJS.ErrnoException);
      throw new ProctorError(
        "system",
        `the state directory ${base} cannot be used: ${why}; --state-dir names another place`,
      );
    }
  }

  /** The file with the PID of a process: a plain number. */
  pidFile(id: string): string {
    return join(this.app, `${id}.pid`);
  }

  /** The socket that a process can send metrics of its own to. */
  metricsSocket(id: string): string {
    return join(this.app, `${id}${METRICS_SOCKET_END}`);
  }

  /** The socket that processes notify us by (sd_notify(3)). */
  get notifySocket(): string {
    return join(this.app, NOTIFY_SOCKET_NAME);
  }

  /** Keep what the next supervisor has to know; the PID file says the same as the state file beside it. */
  keep(kept: KeptProcess): void {
    const json = JSON.stringify(kept);
    // With room for what may be decided when the disk is full.
    const whole = json.padEnd(json.length + ROOM_FOR_DECISIONS);
    this.#writeState(kept.id, whole, JSON.stringify(decisionsOf(kept)));
    // Not before: on a full disk its room would let a launch go on that has none for its output.
    if (kept.pid === null) rmSync(this.pidFile(kept.id), { force: true });
    else this.#write(this.pidFile(kept.id), `${kept.pid}\n`, 0o640);
  }

  /**
   * Keep what was decided, and of all the rest what is kept already: for a disk that has no room for anything new.
   * @throws an error with a `code` of the file system; then it is kept as it was
   */
  keepDecisions(kept: KeptProcess): void {
    const path = this.#stateFile(kept.id);
    const old = keptProcessSchema.parse(JSON.parse(readOwnFile(path, MOST_KEPT_BYTES) ?? ""));
    const { starts, fingerprint } = kept;
    overwriteFile(path, JSON.stringify({ ...old, ...decisionsOf(kept), starts, fingerprint }));
  }

  /** Forget a process. */
  forget(id: string): void {
    rmSync(this.pidFile(id), { force: true });
    rmSync(this.#stateFile(id), { force: true });
    this.#inOnePage.delete(id);
  }

  #writeState(id: string, text: string, decisions: string): void {
    const path = this.#stateFile(id);
    if (this.#inOnePage.get(id) === decisions) {
      try {
        // On a full disk a launch waits, and is told to: its output would have no room either.
        if (hasRoom(this.app)) return overwriteFile(path, text);
      } catch { /* It is longer than before, or the file is not there any more: it is made anew. */ }
    }
    const whole = `${text.padEnd(LEAST_BYTES - 1)}\n`;
    this.#write(path, whole, 0o600);
    if (Buffer.byteLength(whole) <= PAGE_BYTES) this.#inOnePage.set(id, decisions);
    else this.#inOnePage.delete(id);
  }

  #stateFile(id: string): string {
    return join(this.app, `${id}.json`);
  }

  /**
   * What the last supervisor has left; a file that is not valid is ignored.
   * @throws ProctorError of kind `system` where the disk cannot be read: what people have decided would be forgotten
   */
  readKept(): KeptProcess[] {
    const demanded = <T>(read: () => T): T => {
      try {
        return read();
      } catch (error) {
        const reason = whyUnwritten(error);
        throw new ProctorError("system", `what is kept in ${this.app} cannot be read: ${reason}`);
      }
    };
    const names = demanded(() => readdirSync(this.app));
    return names.filter((name) => name.endsWith(".json")).sort().flatMap((name) => {
      const text = demanded(() => readText(join(this.app, name)));
      try {
        const kept = keptProcessSchema.safeParse(JSON.parse(text ?? ""));
        return kept.success && `${kept.data.id}.json` === name ? [kept.data] : [];
      } catch {
        return [];
      }
    });
  }

  /** Let another supervisor have it. */
  release(): void {
    this.#lock.release();
  }

  /** As a whole or not at all, whenever we die. */
  #write(path: string, text: string, mode: number): void {
    try {
      replaceFile(path, text, mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      // The directory was removed.
      takePrivateDirectory(this.app, () => true);
      replaceFile(path, text, mode);
    }
  }
}

/** What people have decided: that holds after the power has failed, too. */
function decisionsOf(
  { stopped_by_hand, started_by_hand, is_restarting, enabled, done_in_boot }: KeptProcess,
) {
  return { stopped_by_hand, started_by_hand, is_restarting, enabled, done_in_boot };
}

/** Whether the file system of a directory has a page to give. */
function hasRoom(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize >= PAGE_BYTES;
}

/** Those of a supervisor that was killed: nobody reads them, since the lock is ours. */
function removeSockets(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.endsWith(METRICS_SOCKET_END)) continue;
    const path = join(directory, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path, { force: true });
  }
}

/** What keeps a directory from being taken, in words. */
function whyUnfit(base: string, error: NodeJS.ErrnoException): string {
  if (isDiskTrouble(error)) return whyUnwritten(error);
  const { code, path } = error;
  const isElsewhere = code !== undefined && path !== undefined && path !== base;
  return `${isElsewhere ? `${path}: ` : ""}${reasonOf(error)}`;
}

/**
 * null where there is none that can be trusted.
 * @throws the error of a disk that cannot be read
 */
function readText(path: string): string | null {
  try {
    return readOwnFile(path, MOST_KEPT_BYTES);
  } catch (error) {
    if (isDiskTrouble(error as NodeJS.ErrnoException)) throw error;
    return null;
  }
}
