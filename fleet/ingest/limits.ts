/** What one message may be at most. */
export interface MessageLimits {
  /** As it comes from the broker. */
  readonly payloadBytes: number;
  /** Unpacked. */
  readonly bodyBytes: number;
  /** Messages of one array. */
  readonly batch: number;
  /** Figures under names that are not known, of one task. */
  readonly customNames: number;
  /** How far a sample's time may be ahead of its arrival, ms. */
  readonly aheadMs: number;
  /** How far it may be behind: older ones would be forgotten as they come. */
  readonly behindMs: number;
}

const MEBIBYTE = 1024 * 1024;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** What is sensible where nothing else is said. */
export const MESSAGE_LIMITS: MessageLimits = {
  payloadBytes: MEBIBYTE,
  bodyBytes: 8 * MEBIBYTE,
  batch: 1_000,
  customNames: 32,
  aheadMs: 5 * MINUTE_MS,
  behindMs: 14 * DAY_MS,
};

/** Tokens come at a rate; so many are kept at most. */
export interface BucketLimits {
  readonly perSecond: number;
  readonly most: number;
}

/** What one agent, or one unit, may cost. */
export interface AdmissionLimits {
  /** Messages of an agent, each of an array counted; room for an hour's backlog of 2,000 tasks at 10 s. */
  readonly messages: BucketLimits;
  /** Bytes of an agent's messages, unpacked. */
  readonly bytes: BucketLimits;
  /** New tasks of an agent. */
  readonly newTasks: BucketLimits;
  readonly tasksOfAgent: number;
  readonly tasksOfUnit: number;
  /** Of all units together. */
  readonly tasks: number;
  /** Different names of custom figures of all tasks of an agent, in a day. */
  readonly customNamesOfAgent: number;
  /** Agents of a unit that have not been seen before. */
  readonly newAgents: BucketLimits;
  readonly agentsOfUnit: number;
  /** Agents that take the place of others where there is room for no more. */
  readonly replacedAgents: BucketLimits;
  /** Who was heard of for so long gives its place to no one that is new, ms. */
  readonly establishedMs: number;
  /** Of all units together. */
  readonly agents: number;
  readonly units: number;
  /** Bytes of a unit that nobody can be blamed for, since nothing tells who has sent them. */
  readonly unnamedBytes: BucketLimits;
  /** The largest body of such a topic once those are used up. */
  readonly tightBytes: number;
  /** Bytes that could not be read of what begins with the name of an agent; and so many with names of a unit's. */
  readonly claimedBytes: BucketLimits;
  readonly claimedBytesOfUnit: BucketLimits;
  /** A task that is silent for so long makes room for another where there is none, ms. */
  readonly silentMs: number;
}

const perHour = (count: number): BucketLimits => ({ perSecond: count / 3_600, most: count });

/** Enough for a host with 2,000 processes; with ten tasks a host, a unit may have 50,000 hosts. */
export const ADMISSION_LIMITS: AdmissionLimits = {
  messages: { perSecond: 2_500, most: 1_000_000 },
  bytes: { perSecond: 4 * MEBIBYTE, most: 1024 * MEBIBYTE },
  newTasks: perHour(4_000),
  tasksOfAgent: 10_000,
  tasksOfUnit: 500_000,
  tasks: 2_000_000,
  customNamesOfAgent: 512,
  newAgents: perHour(20_000),
  agentsOfUnit: 50_000,
  replacedAgents: perHour(2_000),
  establishedMs: 60 * MINUTE_MS,
  agents: 200_000,
  units: 10_000,
  unnamedBytes: { perSecond: MEBIBYTE, most: 64 * MEBIBYTE },
  tightBytes: MEBIBYTE / 4,
  claimedBytes: { perSecond: MEBIBYTE / 16, most: 16 * MEBIBYTE },
  claimedBytesOfUnit: { perSecond: MEBIBYTE, most: 64 * MEBIBYTE },
  silentMs: DAY_MS,
};
