import type { Template } from "./template.ts";

/** What agents do beside what they should; each is told by its name on the command line. */
export const FAULTS = {
  vanish: "falls silent for good without a word",
  die: "falls silent for good, and its last will is published",
  restart: "says offline, is away for a few intervals, and begins anew with all its tasks",
  late: "keeps its messages back for ten intervals at a time, then sends all with their own times",
  duplicate: "sends every message twice, as after a reconnection",
  garbage: "sends bytes, broken JSON and JSON of the wrong kind in place of messages",
  bomb: "sends small gzip that unpacks to 64 MiB",
  zstd: "sends small zstd that unpacks to 64 MiB",
  names: "names a thousand new tasks at every tick",
  strangers: "speaks for a thousand new agents at every tick",
  future: "is a year ahead of time",
} as const;

/** What an agent does beside what it should. */
export type FaultName = keyof typeof FAULTS;

/** A fleet to simulate. Two fleets of the same plan send the same bytes. */
export interface FleetPlan {
  readonly agents: number;
  /** Tasks of each agent. */
  readonly tasks: number;
  /** Time between two messages of a task, ms. */
  readonly intervalMs: number;
  /** Intervals between two messages of an agent on itself and its host; 0: none, and no presence either. */
  readonly healthEvery: number;
  /** Channels that the agents are spread over, in one domain. */
  readonly channels: number;
  readonly domain: string;
  readonly style: "proplet" | "agent" | "rust";
  /** Messages in an array; 1: each alone, and no array. */
  readonly batch: number;
  readonly gzip: boolean;
  readonly seed: number;
  /** When the first interval begins, ms since 1970. */
  readonly startAt: number;
  /** How many agents have which fault; the first agents of the fleet, in this order. */
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  /** What recorded tasks did, for tasks to do again; without it their figures are made up. */
  readonly templates?: readonly Template[];
}

/** A small fleet without faults: what a plan is made from. */
export const SMALL_FLEET: FleetPlan = {
  agents: 10,
  tasks: 10,
  intervalMs: 10_000,
  healthEvery: 1,
  channels: 1,
  domain: "fleet",
  style: "proplet",
  batch: 1,
  gzip: false,
  seed: 1,
  startAt: Date.parse("2026-11-01T00:00:00Z"),
  faults: {},
};

/** A message as it is published. */
export interface FleetMessage {
  /** When it is published, ms since 1970. */
  readonly at: number;
  readonly agent: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly isRetained: boolean;
  /** Samples of tasks in it that a reader is to take in; those of duplicates are counted again. */
  readonly samples: number;
}
