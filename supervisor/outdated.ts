import type { Definition } from "./definition.ts";
import type { Engine } from "./engine.ts";
import type { KeptProcess } from "./kept/state_directory.ts";
import type { Rollbacks } from "./rollback.ts";
import { isRolled } from "./rollout.ts";

/** How an instance is made that runs on from the last supervisor by another definition than the file has now. */
export interface Outdated {
  /** The one that it runs by. */
  readonly present: Definition;
  /** Whether that cannot be had again: then all but its fingerprint is what the file says. */
  readonly isUnknown: boolean;
}

const NOT_WRITTEN = { written: "", directory: "" };

/** Whether it may run on until its turn of a roll-out comes, since others of its process serve meanwhile. */
function isOutdated(kept: KeptProcess, next: Definition, all: readonly Definition[]): boolean {
  const { fingerprint, schedule, type } = next;
  return kept.group !== null && kept.fingerprint !== fingerprint && !schedule && type !== "unmanaged" &&
    isRolled(next, all);
}

/**
 * An instance as it runs on until its turn of a roll-out comes: checks, limits and watch are those it was started with,
 * and after a crash it is that which starts again.
 * @param next what the file says
 * @returns null where there is nothing to wait for
 */
export function outdatedOf(
  engine: Pick<Engine, "healthy" | "say">,
  rollbacks: Rollbacks,
  kept: KeptProcess | undefined,
  next: Definition,
  all: readonly Definition[],
): Outdated | null {
  if (!kept || !isOutdated(kept, next, all)) return null;
  const { id, fingerprint } = kept;
  const source = kept.source ?? engine.healthy.find(id, fingerprint);
  let why = `${id}: the definition that it runs by is not known`;
  try {
    const earlier = source && rollbacks.load(id, source, next);
    if (earlier?.launch) {
      // What it writes goes where the file says: where it went, another may write by now.
      return { present: { ...earlier, fingerprint, logCollection: next.logCollection }, isUnknown: false };
    }
  } catch (error) {
    why = (error as Error).message;
  }
  engine.say("warn", `${why}; until it is replaced it is judged by that of the configuration file`);
  // The next supervisor may have it again.
  return { present: { ...next, fingerprint, source: source ?? NOT_WRITTEN }, isUnknown: true };
}
