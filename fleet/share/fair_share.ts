import type { UnitKey } from "../model/unit.ts";

/** Which units a manager is to take, and which it is to give to others. */
export interface ShareChange {
  readonly take: readonly UnitKey[];
  readonly give: readonly UnitKey[];
}

/** A manager, and what it can hold. */
export interface ShareMember {
  readonly name: string;
  /** The units that it is to read; null: every one. */
  readonly wanted: ReadonlySet<string> | null;
  /** Whether it reaches its broker, as far as that is settled: a link that breaks for a moment changes nothing. */
  readonly reaches: boolean;
  /** Whether it is connected with its broker at this moment. */
  readonly isConnected: boolean;
}

/** Units that the same managers can hold. */
interface Group {
  readonly members: readonly ShareMember[];
  /** Whether one that reaches its broker can have them: only then does anybody give one up. */
  readonly isReached: boolean;
  readonly units: [unit: UnitKey, holder: string | null][];
}

/**
 * As many units for each manager as for the others, among those that can hold them; where that is not a whole number,
 * one more for those that come first by name. So all come to the same, each by itself, and a manager more or less moves
 * no more than it has to. One without a broker counts for nothing as long as another has one; where none has,
 * everything stays where it is. One whose connection is back and has yet to prove itself keeps what it has, and takes
 * nothing: when a broker is back for all, nobody is to lose to whoever was a moment faster.
 * @param members all that are there, in an order that is the same for all
 * @param holders by unit who has it
 */
export function fairShare(
  self: string,
  members: readonly ShareMember[],
  holders: ReadonlyMap<UnitKey, string | null>,
): ShareChange {
  const [take, give]: [UnitKey[], UnitKey[]] = [[], []];
  const own = members.find(({ name }) => name === self);
  // Who is not there for the others has nothing to take.
  if (!own) return { take, give };
  const isUnproven = own.isConnected && !own.reaches;
  const loads = new Map(members.map(({ name }) => [name, 0]));
  for (const group of groupsOf(members, holders)) {
    const { units, isReached } = group;
    const held = units.filter(([, holder]) => holder === self).map(([unit]) => unit);
    if (isReached && isUnproven) {
      give.push(...held.filter((unit) => own.wanted !== null && !own.wanted.has(unit)));
      continue;
    }
    const rank = group.members.findIndex(({ name }) => name === self);
    const share = sharesOf(group, loads).get(self) ?? 0;
    const free = units.filter(([, holder]) => holder === null).map(([unit]) => unit);
    // Managers that start at once do not all reach for the same.
    const first = rank < 0 ? 0 : rank % (free.length || 1);
    const turned = [...free.slice(first), ...free.slice(0, first)];
    take.push(...turned.slice(0, Math.max(0, share - held.length)));
    if (isReached) give.push(...held.slice(share));
  }
  return { take, give };
}

/** Whether another manager is the one to do what one does for all: finding units needs one that reads all of them. */
export function isHouseOfOther(self: string, members: readonly ShareMember[]): boolean {
  const isReached = members.some(({ reaches, isConnected }) => reaches && isConnected);
  // It keeps what it has while its connection has yet to prove itself.
  const mayKeep = (one: ShareMember) => one.reaches || (one.name === self && one.isConnected);
  const able = isReached ? members.filter(mayKeep) : members;
  const readsAll = able.some(({ wanted }) => wanted === null);
  return !able.some(({ name, wanted }) => name === self && (wanted === null || !readsAll));
}

/** Groups of units by who can hold them, those with the fewest managers first. */
function groupsOf(
  members: readonly ShareMember[],
  holders: ReadonlyMap<UnitKey, string | null>,
): Group[] {
  const groups = new Map<string, Group>();
  for (const [unit, holder] of [...holders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const wanting = members.filter(({ wanted }) => wanted === null || wanted.has(unit));
    const isReached = wanting.some(({ reaches, isConnected }) => reaches && isConnected);
    const able = isReached ? wanting.filter(({ reaches }) => reaches) : wanting;
    const key = JSON.stringify([isReached, ...able.map(({ name }) => name)]);
    let group = groups.get(key);
    if (!group) groups.set(key, group = { members: able, isReached, units: [] });
    group.units.push([unit, holder]);
  }
  return [...groups].sort(([a, { members: one }], [b, { members: other }]) =>
    one.length - other.length || (a < b ? -1 : 1)
  ).map(([, group]) => group);
}

/** How many units of a group each of its managers gets: whoever has the fewest so far is next. */
function sharesOf({ members, units }: Group, loads: Map<string, number>): Map<string, number> {
  const shares = new Map<string, number>();
  for (let left = members.length === 0 ? 0 : units.length; left > 0; left--) {
    let least = members[0]!.name;
    for (const { name } of members) if (loads.get(name)! < loads.get(least)!) least = name;
    loads.set(least, loads.get(least)! + 1);
    shares.set(least, (shares.get(least) ?? 0) + 1);
  }
  return shares;
}
