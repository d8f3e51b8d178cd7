import type { UnitKey } from "../model/unit.ts";

/** Which units a manager is to take, and which it is to give to others. */
export interface ShareChange {
  readonly take: readonly UnitKey[];
  readonly give: readonly UnitKey[];
}

/**
 * As many units as there are for each manager, and where that is not a whole one, one more for those that come first by
 * name: so everybody comes to the same by himself, and a manager more or less moves no more than it has to.
 * @param members all that are there, in an order that is the same for all
 * @param holders by unit who has it
 */
export function fairShare(
  self: string,
  members: readonly string[],
  holders: ReadonlyMap<UnitKey, string | null>,
): ShareChange {
  const rank = members.indexOf(self);
  // Who is not there for the others has nothing to take.
  if (rank < 0) return { take: [], give: [] };
  const units = [...holders].sort(([a], [b]) => (a < b ? -1 : 1));
  const share = Math.floor(units.length / members.length) + (rank < units.length % members.length ? 1 : 0);
  const own = units.filter(([, holder]) => holder === self).map(([unit]) => unit);
  const free = units.filter(([, holder]) => holder === null).map(([unit]) => unit);
  // Managers that start at once do not all reach for the same.
  const turned = [...free.slice(rank % (free.length || 1)), ...free.slice(0, rank % (free.length || 1))];
  return { take: turned.slice(0, Math.max(0, share - own.length)), give: own.slice(share) };
}
