import type {
  HostSample,
  PresenceNews,
  Sender,
  TaskFacts,
  TaskSample,
} from "../../../fleet/model/arrival.ts";
import { COLUMN_AT, noFigures } from "../../../fleet/model/column.ts";
import type { Figures } from "../../../fleet/model/column.ts";
import type { UnitKey } from "../../../fleet/model/unit.ts";
import { FleetState } from "../../../fleet/state/fleet_state.ts";

/** Noon of some day. */
export const NOON = Date.UTC(2026, 10, 28, 12);
export const UNIT: UnitKey = "factory/line";

/** Figures by name. */
export function figures(named: Readonly<Record<string, number>>): Figures {
  const made = noFigures();
  for (const [name, value] of Object.entries(named)) made[COLUMN_AT.get(name)!] = value;
  return made;
}

export function sender(propletId = "web-1", agentId: string | null = null): Sender {
  return { unit: UNIT, propletId, agentId };
}

const NO_FACTS: TaskFacts = { target: null, name: null, pid: null, startedAt: null, labels: {} };

/** A sample of a task at so many seconds after noon. */
export function sample(
  seconds: number,
  named: Readonly<Record<string, number>>,
  more: Partial<Omit<TaskSample, "facts">> & { facts?: Partial<TaskFacts> } = {},
): TaskSample {
  return {
    kind: "sample",
    sender: sender(),
    taskId: "job",
    time: NOON + seconds * 1_000,
    isApproximate: false,
    figures: figures(named),
    custom: null,
    state: "running",
    quality: null,
    isEmbedded: false,
    ...more,
    facts: more.facts ? { ...NO_FACTS, ...more.facts } : null,
  };
}

/** What an agent tells of its host at so many seconds after noon. */
export function hostSample(seconds: number, named: Readonly<Record<string, number>> = {}): HostSample {
  return {
    kind: "host",
    sender: sender(),
    time: NOON + seconds * 1_000,
    isApproximate: false,
    figures: figures(named),
    agent: { version: "1.2.3", uptimeSeconds: null, control: null },
  };
}

/** That an agent is there or has gone, told at so many seconds after noon by its clock. */
export function presence(
  seconds: number,
  status: PresenceNews["status"],
  more: Partial<PresenceNews> = {},
): PresenceNews {
  return {
    kind: "presence",
    sender: sender(),
    time: NOON + seconds * 1_000,
    status,
    isRetained: false,
    version: "1.2.3",
    host: "web-1.example",
    bootId: null,
    since: NOON,
    ...more,
  };
}

/** A fleet of which nothing is known; its units are listened to since noon. */
export function emptyFleet(heardSince = NOON): FleetState {
  let [agents, tasks] = [0, 0];
  return new FleetState({ agent: () => ++agents, task: () => ++tasks }, () => heardSince);
}
