import type { Definition } from "./definition.ts";

/** The steps from one set of definitions to another. */
export interface ReloadPlan {
  readonly added: readonly Definition[];
  readonly removed: readonly string[];
  readonly changed: readonly Definition[];
  /** What runs stays; at most what is said of them has changed. */
  readonly unchanged: readonly Definition[];
}

/** Compare by id and fingerprint. */
export function planReload(current: readonly Definition[], next: readonly Definition[]): ReloadPlan {
  const before = new Map(current.map((definition) => [definition.id, definition]));
  const ids = new Set(next.map(({ id }) => id));
  const isKnown = ({ id }: Definition) => before.has(id);
  const isSame = ({ id, fingerprint }: Definition) => before.get(id)?.fingerprint === fingerprint;
  return {
    added: next.filter((definition) => !isKnown(definition)),
    removed: current.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    changed: next.filter((definition) => isKnown(definition) && !isSame(definition)),
    unchanged: next.filter(isSame),
  };
}
