import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ProctorError } from "../core/error.ts";
import { savedGroupSchema } from "../core/saved_group.ts";
import { lockFile } from "../group/lock_file.ts";
import type { FileLock } from "../group/lock_file.ts";

/** What is kept of a managed process for the next supervisor. */
export const keptProcessSchema = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  /** null when nothing runs. */
  pid: z.int().positive().nullable(),
  start_time: z.string().nullable(),
  cgroup: z.string().nullable(),
  group: savedGroupSchema.nullable(),
  fingerprint: z.string(),
  was_running: z.boolean(),
  stopped_by_hand: z.boolean(),
  starts: z.int().min(0),
  stop_signal: z.string(),
  graceful_timeout_ms: z.number().min(0),
});

/** What is kept of a managed process for the next supervisor. */
export type KeptProcess = z.infer<typeof keptProcessSchema>;

/** The directory of one supervisor: lock, PID files, and what the next one has to know. Nothing of it is shared. */
export class StateDirectory {
  readonly #lock: FileLock;

  private constructor(readonly base: string, readonly app: string, lock: FileLock) {
    this.#lock = lock;
  }

  /**
   * Make the directory where it is missing, and take it.
   * @throws ProctorError of kind `system` when another supervisor has it, or it cannot be made
   */
  static async open(base: string, appName: string): Promise<StateDirectory> {
    const app = join(base, appName);
    const path = join(base, "proctor.lock");
    let lock: FileLock | null;
    try {
      mkdirSync(app, { recursive: true, mode: 0o755 });
      lock = await lockFile(path);
    } catch (error) {
      throw new ProctorError(
        "system",
        `the state directory ${base} cannot be used: ${(error as Error).message}`,
      );
    }
    if (lock === null) {
      const holder = readText(path)?.trim();
      const who = holder ? ` (PID ${holder})` : "";
      throw new ProctorError(
        "system",
        `another supervisor${who} has the state directory ${base}; end it, or choose another one by --state-dir`,
      );
    }
    // In place: another file would be another lock.
    writeFileSync(path, `${process.pid}\n`);
    return new StateDirectory(base, app, lock);
  }

  /** The file with the PID of a process: a plain number. */
  pidFile(id: string): string {
    return join(this.app, `${id}.pid`);
  }

  /** Keep what the next supervisor has to know; the PID file says the same as the state file beside it. */
  keep(kept: KeptProcess): void {
    this.#write(join(this.app, `${kept.id}.json`), `${JSON.stringify(kept)}\n`, 0o600);
    if (kept.pid === null) rmSync(this.pidFile(kept.id), { force: true });
    else this.#write(this.pidFile(kept.id), `${kept.pid}\n`, 0o644);
  }

  /** Forget a process. */
  forget(id: string): void {
    rmSync(this.pidFile(id), { force: true });
    rmSync(join(this.app, `${id}.json`), { force: true });
  }

  /** What the last supervisor has left; a file that cannot be read is none. */
  readKept(): KeptProcess[] {
    return readdirSync(this.app).filter((name) => name.endsWith(".json")).sort().flatMap((name) => {
      const text = readText(join(this.app, name));
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
    const fresh = `${path}.new`;
    writeFileSync(fresh, text, { mode });
    renameSync(fresh, path);
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
