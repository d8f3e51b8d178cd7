import { ControlError } from "./control.ts";
import { startOrder } from "./dependencies.ts";
import type { Definition } from "./definition.ts";
import { inRows, instanceBase } from "./instance_rows.ts";
import type { Replacements } from "./replacements.ts";

/** What has become of instances that were to get another definition. */
export interface RolledOut {
  readonly restarted: string[];
  readonly failed: { readonly id: string; readonly reason: string }[];
  /** As they were, since one before them is not ready. */
  readonly left: string[];
}

/** Those of changed definitions that are one of several instances, before and after the change. */
export function isRolled({ id }: Definition, all: readonly Definition[]): boolean {
  const base = instanceBase(id);
  return base !== null && all.some((other) => other.id !== id && instanceBase(other.id) === base);
}

/**
 * Give instances another definition: those of one process one after another, the next only when the one before it is
 * ready. Where one is not, those after it stay as they are; other processes go on.
 * @param order in which all processes are listed
 * @param onStopped called for each that does not become ready, with those that stay as they are
 */
export async function rollOut(
  changed: readonly Definition[],
  replacements: Replacements,
  order: readonly string[],
  onStopped: (id: string, reason: string, left: readonly string[]) => void,
): Promise<RolledOut> {
  const done: RolledOut = { restarted: [], failed: [], left: [] };
  const byId = new Map(changed.map((definition) => [definition.id, definition]));
  // What others of them depend on comes first: nobody is taken down to wait for another that is about to be.
  for (const row of inRows(startOrder(changed).map(({ id }) => id))) {
    for (const [index, id] of row.entries()) {
      try {
        await replacements.replace(byId.get(id)!, "its definition has changed", order);
        done.restarted.push(id);
      } catch (error) {
        const rest = row.slice(index + 1);
        const reason = reasonFor(id, error as Error);
        done.failed.push({ id, reason });
        done.left.push(...rest);
        onStopped(id, reason, rest);
        // The supervisor ends: nothing is taken down any more.
        if (error instanceof ControlError && error.kind === "unavailable") return leaveRest(done, changed);
        break;
      }
    }
  }
  return done;
}

function leaveRest(done: RolledOut, changed: readonly Definition[]): RolledOut {
  const told = new Set([...done.restarted, ...done.left, ...done.failed.map(({ id }) => id)]);
  return { ...done, left: [...done.left, ...changed.map(({ id }) => id).filter((id) => !told.has(id))] };
}

/** A sentence without the id that it begins with. */
export function reasonFor(id: string, { message }: Error): string {
  return message.startsWith(`${id}: `) ? message.slice(id.length + 2) : message;
}
