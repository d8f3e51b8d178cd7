import { alertKey } from "../evaluate/round.ts";
import type { AlertState } from "../evaluate/alert_state.ts";
import { SEVERITIES } from "../rules/rule.ts";
import type { Rule } from "../rules/rule.ts";
import type { Notifier } from "./notifier_schema.ts";

const HOUR_MS = 3_600_000;

/** Alerts that are told together: what is stored of it. */
export interface GroupState {
  /** Since when there is something to tell; null: there is nothing. */
  readonly since: number | null;
  readonly sentAt: number | null;
}

/** A notice that is to be sent. */
export interface PlannedNotice {
  readonly notifier: string;
  readonly states: readonly AlertState[];
  readonly isRepeated: boolean;
}

/** What planning reads. */
export interface Plan {
  readonly now: number;
  readonly states: Iterable<AlertState>;
  readonly rules: ReadonlyMap<string, Rule>;
  /** By alert: by destination, the last transition that it was told of. */
  readonly told: Map<string, Readonly<Record<string, number>>>;
  /** By destination and group. */
  readonly groups: Map<string, GroupState>;
  /** By destination: when the notices of the last hour were sent. */
  readonly sent: Map<string, number[]>;
  readonly isSuppressed: (state: AlertState) => boolean;
  readonly isAcknowledged: (state: AlertState) => boolean;
}

interface Group {
  readonly fresh: AlertState[];
  readonly firing: AlertState[];
}

/**
 * Decide what each destination is told now: what belongs together in one notice, nothing twice, what still fires once
 * in a while, and no more than it can bear. What is told is noted in the plan.
 * @returns the notices, and the keys of what has changed in `told` and in `groups`
 */
export function planNotices(plan: Plan, notifiers: readonly Notifier[]) {
  const notices: PlannedNotice[] = [];
  const [changedTold, changedGroups] = [new Set<string>(), new Set<string>()];
  const states = [...plan.states].filter(({ phase }) => phase !== "pending");
  for (const notifier of notifiers) {
    const groups = groupsOf(plan, notifier, states);
    const due: { readonly key: string; readonly group: Group; readonly isRepeated: boolean }[] = [];
    for (const [key, group] of groups) {
      const before = plan.groups.get(key) ?? { since: null, sentAt: null };
      const since = group.fresh.length > 0 ? before.since ?? plan.now : null;
      if (since !== before.since) {
        plan.groups.set(key, { ...before, since });
        changedGroups.add(key);
      }
      const isDue = isTimeFor(notifier, { ...before, since }, plan.now);
      const repeats = notifier.repeatMs > 0 && notifier.digestMs === 0 && before.sentAt !== null &&
        group.firing.length > 0 && plan.now - before.sentAt >= notifier.repeatMs;
      if (isDue || repeats) due.push({ key, group, isRepeated: !isDue });
    }
    for (const key of plan.groups.keys()) {
      if (!key.startsWith(`${notifier.name} `) || groups.has(key)) continue;
      plan.groups.delete(key);
      changedGroups.add(key);
    }
    const room = roomOf(plan, notifier);
    if (due.length === 0 || room === 0) continue;
    // What would be more than it can bear is one notice.
    const parts = due.length <= room ? due.map((one) => [one]) : [due];
    for (const part of parts) {
      const isRepeated = part.every((one) => one.isRepeated);
      const told = part.flatMap(({ group, isRepeated }) => isRepeated ? group.firing : group.fresh);
      notices.push({ notifier: notifier.name, states: told, isRepeated });
      plan.sent.get(notifier.name)!.push(plan.now);
      for (const { key } of part) {
        plan.groups.set(key, { since: null, sentAt: plan.now });
        changedGroups.add(key);
      }
      for (const state of told) {
        const key = alertKey(state);
        plan.told.set(key, { ...plan.told.get(key), [notifier.name]: state.transition });
        changedTold.add(key);
      }
    }
  }
  return { notices, changedTold, changedGroups };
}

function isTimeFor(
  { waitMs, intervalMs, digestMs }: Notifier,
  { since, sentAt }: GroupState,
  now: number,
): boolean {
  if (since === null) return false;
  if (digestMs > 0) return now - since >= digestMs;
  return now - since >= waitMs && (sentAt === null || now - sentAt >= intervalMs);
}

function groupsOf(plan: Plan, notifier: Notifier, states: readonly AlertState[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  const least = SEVERITIES.indexOf(notifier.severity);
  for (const state of states) {
    const rule = plan.rules.get(state.rule);
    if (!rule || SEVERITIES.indexOf(state.severity) < least) continue;
    if (rule.notify && !rule.notify.includes(notifier.name)) continue;
    const told = plan.told.get(alertKey(state))?.[notifier.name] ?? 0;
    const isFiring = state.phase === "firing";
    // Of an end only those are told that know of the beginning, as odd transitions are.
    const isNews = isFiring ? told !== state.transition : told % 2 === 1 && notifier.tellsResolved;
    if (!isFiring && !isNews) continue;
    if (isFiring && plan.isSuppressed(state)) continue;
    const values = rule.group.map((name) => JSON.stringify(state.labels[name] ?? ""));
    const key = notifier.digestMs > 0
      ? `${notifier.name} digest`
      : `${notifier.name} ${rule.name} ${values.join(",")}`;
    let group = groups.get(key);
    if (!group) groups.set(key, group = { fresh: [], firing: [] });
    if (isNews) group.fresh.push(state);
    if (isFiring && !plan.isAcknowledged(state)) group.firing.push(state);
  }
  return groups;
}

/** How many notices a destination can bear now. */
function roomOf({ sent, now }: Plan, { name, mostPerHour }: Notifier): number {
  const recent = (sent.get(name) ?? []).filter((at) => now - at < HOUR_MS);
  sent.set(name, recent);
  return Math.max(0, mostPerHour - recent.length);
}
