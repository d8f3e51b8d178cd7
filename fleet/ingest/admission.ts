import type { Arrival, Sender, TaskSample } from "../model/arrival.ts";
import type { UnitKey } from "../model/unit.ts";
import { AdmittedAgent } from "./admitted_agent.ts";
import { Bucket } from "./bucket.ts";
import type { Fault, Reason } from "./fault.ts";
import { BEGINNING_BYTES } from "./first_sender.ts";
import { ADMISSION_LIMITS } from "./limits.ts";
import type { AdmissionLimits } from "./limits.ts";

/** What the agents of one unit have had. */
interface AdmittedUnit {
  readonly agents: Map<string, AdmittedAgent>;
  readonly newAgents: Bucket;
  readonly replacedAgents: Bucket;
  readonly unnamed: Bucket;
  /** For what begins with a name of one of them, and cannot be read. */
  readonly claimed: Bucket;
  taskCount: number;
  sweptAt: number;
  /** When an agent of it was heard of last. */
  heardAt: number;
  /** When there was no room for a further agent last. */
  fullAt: number;
}

/** When an agent was heard of, first and last. */
export interface AgentHistory {
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** An arrival that may be taken in, as far as it may; and what of it is refused. */
export interface Admitted {
  readonly arrival: Arrival | null;
  readonly fault: Fault | null;
}

const SWEEP_MS = 600_000;
/** Where there are too many units, each further one has so many of them looked through for one that makes room. */
const UNITS_AT_ONCE = 64;
/** Likewise of agents. */
const AGENTS_AT_ONCE = 64;
/** Who is new has so long to be heard of again, before another that is new may have its place. */
const PROVING_MS = 60_000;
/** So long it is said that a unit has no room, after it last had none. */
const FULL_FOR_MS = 3_600_000;

/**
 * Who may send how much. Beyond its bounds the newest is refused, be it a message, a task, an agent or a name: what
 * was there before goes on, and what one agent does is at the cost of nobody else. Names that were heard of for a
 * moment only give their places to others where there is no room. Its memory is bounded by the limits, whatever names
 * come. Times are ms by a clock that is passed in.
 */
export class Admission {
  readonly #units = new Map<UnitKey, AdmittedUnit>();
  /** Most messages are of the unit of the one before. */
  #lastKey: UnitKey | null = null;
  #last: AdmittedUnit | null = null;
  #agentCount = 0;
  #taskCount = 0;

  /** @param history of an agent that may have given its place away, and comes back */
  constructor(
    readonly limits: AdmissionLimits = ADMISSION_LIMITS,
    readonly history: (unit: UnitKey, propletId: string) => AgentHistory | undefined = () => undefined,
  ) {}

  /** Units that lately had no room for another agent. */
  *fullUnits(now: number): Generator<UnitKey> {
    for (const [key, { fullAt }] of this.#units) if (now - fullAt < FULL_FOR_MS) yield key;
  }

  /** Whether an agent has been heard of for so long that its name is not made up for the moment. */
  isEstablished(unit: UnitKey, propletId: string): boolean {
    const known = this.#units.get(unit)?.agents.get(propletId);
    return known === undefined
      ? this.#wasEstablished(this.history(unit, propletId))
      : known.heardMs >= this.limits.establishedMs;
  }

  /**
   * Whether a payload may be unpacked and read at all: one of an agent that its topic names, and that has sent too
   * much, costs no more than this question.
   * @returns how large its body may be, or why it is left alone
   */
  opens(unit: UnitKey, agent: string | null, now: number): { bodyBytes: number } | { reason: Reason } {
    const known = this.#units.get(unit);
    if (known === undefined) return { bodyBytes: Infinity };
    if (agent !== null) {
      const sender = known.agents.get(agent);
      if (sender !== undefined) return sender.maySend(now) ? { bodyBytes: Infinity } : { reason: "rate" };
    }
    // Who has sent it is in what has yet to be unpacked: what is as large as honest batches are goes on to be read.
    return { bodyBytes: known.unnamed.left(now) > 0 ? Infinity : this.limits.tightBytes };
  }

  /**
   * The same of a payload at a topic of all, by who its beginning says it is from.
   * @param sender null where its beginning does not tell
   * @param bodyBytes how large its body may be by its topic
   */
  opensOf(
    unit: UnitKey,
    sender: string | null,
    bodyBytes: number,
    now: number,
  ): { bodyBytes: number } | { reason: Reason } {
    const known = this.#units.get(unit);
    if (known === undefined) return { bodyBytes };
    const agent = sender === null ? undefined : known.agents.get(sender);
    if (agent !== undefined) {
      if (!agent.maySend(now)) return { reason: "rate" };
      // Its own account pays for what it sends: what others have sent without a name is no matter.
      const mayBeLarge = agent.maySendLarge(now) && known.claimed.left(now) > 0;
      return { bodyBytes: mayBeLarge ? Infinity : this.limits.tightBytes };
    }
    // As long as nobody has sent more than can be put down to somebody, all of it is read.
    if (bodyBytes === Infinity) return { bodyBytes };
    // Whoever hides behind a long beginning is no agent: a message alone, which may have its name last, is short.
    if (sender === null) return { bodyBytes: Math.min(bodyBytes, BEGINNING_BYTES) };
    return known.newAgents.left(now) < 1 ? { reason: "new_agents" } : { bodyBytes };
  }

  /**
   * Put what a payload has cost down to who has sent it.
   * @param agent by the topic, or by its first message; null where nothing tells
   * @param claimed who its beginning says it is from, where that was looked at; whoever has sent it
   * @returns why what it tells is not taken in, if so
   */
  charge(
    unit: UnitKey,
    agent: string | null,
    cost: { readonly count: number; readonly bytes: number },
    now: number,
    claimed: string | null = null,
  ): Reason | null {
    const known = this.#unit(unit, now);
    if (known === null) return "units";
    const sender = agent === null ? undefined : known.agents.get(agent);
    // It was unpacked by the name that it begins with, and is another's: that name is used up by it.
    const claimer = claimed !== null && claimed !== agent ? known.agents.get(claimed) : undefined;
    const mayGoOn = sender?.maySend(now) ?? true;
    if (sender === undefined || !mayGoOn) this.#blame(known, claimer, cost.bytes, now);
    if (sender === undefined) return null;
    sender.messages.spend(cost.count, now);
    sender.bytes.spend(cost.bytes, now);
    return mayGoOn ? null : "rate";
  }

  /** Put down what nobody's account pays for, but who it claims to be from. */
  #blame(unit: AdmittedUnit, claimer: AdmittedAgent | undefined, bytes: number, now: number): void {
    // Of one that is not known yet, too: a name is easily made up.
    if (claimer === undefined) return unit.unnamed.spend(bytes, now);
    // Of a name that is used up already no more is unpacked than of none: that one alone pays.
    if (claimer.maySendLarge(now)) unit.claimed.spend(bytes, now);
    claimer.spendClaimed(bytes, now);
  }

  /**
   * Whether an arrival may be taken in: by the agents, tasks and names that there are already.
   * @param isAgain whether it was taken in once, before a restart: how many of them came in an hour no longer matters,
   *   how many there are does
   */
  admit(arrival: Arrival, now: number, isAgain = false): Admitted {
    const { sender } = arrival;
    const unit = this.#unit(sender.unit, now);
    if (unit === null) return refused("units", sender, null);
    const agent = this.#agent(sender.unit, unit, sender.propletId, now, isAgain);
    if (typeof agent === "string") return refused(agent, sender, null);
    agent.heardAt = unit.heardAt = now;
    if (arrival.kind === "host" || arrival.kind === "presence" || arrival.kind === "facts") {
      return { arrival, fault: null };
    }
    const { taskId } = arrival;
    if (arrival.kind === "end" || taskId === "") {
      agent.ended(taskId);
      return { arrival, fault: null };
    }
    const reason = this.#taskRefusal(unit, agent, taskId, now, isAgain);
    if (reason !== null) return refused(reason, sender, `task ${taskId}`);
    if (arrival.kind === "event") return { arrival, fault: null };
    if (arrival.state !== "running") agent.ended(taskId);
    return arrival.custom === null ? { arrival, fault: null } : withAdmittedNames(arrival, agent, now);
  }

  /**
   * A task that is known from before a restart: it was admitted once.
   * @param since when its agent was heard of first
   */
  remember(unit: UnitKey, propletId: string, taskId: string, lastTime: number, since = lastTime): void {
    const known = this.#unit(unit, lastTime);
    if (known === null) return;
    const agent = known.agents.get(propletId) ?? this.#newAgent(known, propletId, lastTime, since);
    agent.heardAt = Math.max(agent.heardAt, lastTime);
    if (agent.heard(taskId, lastTime)) return;
    agent.add(taskId, lastTime);
    this.#countTasks(known, 1);
  }

  /** Why a task is refused; null: it is one of the agent's. */
  #taskRefusal(
    unit: AdmittedUnit,
    agent: AdmittedAgent,
    taskId: string,
    now: number,
    isAgain: boolean,
  ): Reason | null {
    if (agent.heard(taskId, now)) return null;
    if (agent.taskCount >= this.limits.tasksOfAgent) this.#countTasks(unit, -agent.sweep(now));
    if (this.#isFullOfTasks(unit)) this.#sweep(unit, now);
    if (this.#isFullOfTasks(unit)) return "tasks";
    const reason = agent.newTaskRefusal(now, isAgain);
    if (reason !== null) return reason;
    this.#countTasks(unit, 1);
    agent.add(taskId, now);
    return null;
  }

  #isFullOfTasks({ taskCount }: AdmittedUnit): boolean {
    return taskCount >= this.limits.tasksOfUnit || this.#taskCount >= this.limits.tasks;
  }

  #isFullOfAgents({ agents }: AdmittedUnit): boolean {
    return agents.size >= this.limits.agentsOfUnit || this.#agentCount >= this.limits.agents;
  }

  #countTasks(unit: AdmittedUnit, more: number): void {
    unit.taskCount += more;
    this.#taskCount += more;
  }

  #unit(key: UnitKey, now: number): AdmittedUnit | null {
    if (key === this.#lastKey) return this.#last;
    const known = this.#units.get(key);
    if (known !== undefined) {
      [this.#lastKey, this.#last] = [key, known];
      return known;
    }
    if (this.#units.size >= this.limits.units) this.#sweepUnits(now);
    if (this.#units.size >= this.limits.units) return null;
    const unit: AdmittedUnit = {
      agents: new Map(),
      newAgents: new Bucket(this.limits.newAgents, now),
      replacedAgents: new Bucket(this.limits.replacedAgents, now),
      unnamed: new Bucket(this.limits.unnamedBytes, now),
      claimed: new Bucket(this.limits.claimedBytesOfUnit, now),
      taskCount: 0,
      sweptAt: -Infinity,
      heardAt: -Infinity,
      fullAt: -Infinity,
    };
    this.#units.set(key, unit);
    return unit;
  }

  #agent(
    key: UnitKey,
    unit: AdmittedUnit,
    propletId: string,
    now: number,
    isAgain: boolean,
  ): AdmittedAgent | Reason {
    const known = unit.agents.get(propletId);
    if (known !== undefined) return known;
    const past = this.history(key, propletId);
    const isKnown = this.#wasEstablished(past);
    if (this.#isFullOfAgents(unit)) this.#sweep(unit, now);
    if (this.#isFullOfAgents(unit)) {
      unit.fullAt = now;
      if (!this.#replace(unit, now, isKnown)) return "agents";
    }
    if (!isAgain && !isKnown && !unit.newAgents.take(now)) return "new_agents";
    return this.#newAgent(unit, propletId, now, isKnown ? past.firstSeen : now);
  }

  #wasEstablished(past: AgentHistory | undefined): past is AgentHistory {
    return past !== undefined && past.lastSeen - past.firstSeen >= this.limits.establishedMs;
  }

  #newAgent(unit: AdmittedUnit, propletId: string, now: number, since: number): AdmittedAgent {
    const agent = new AdmittedAgent(this.limits, now, since);
    unit.agents.set(propletId, agent);
    unit.heardAt = Math.max(unit.heardAt, now);
    this.#agentCount++;
    return agent;
  }

  /**
   * Have an agent give its place away that was heard of for a short time only, and has been silent since; for one that
   * comes back, also one that is heard of still. @returns whether there is such a one
   */
  #replace(unit: AdmittedUnit, now: number, isForKnown: boolean): boolean {
    if (!isForKnown && unit.replacedAgents.left(now) < 1) return false;
    const isOver = unit.agents.size >= this.limits.agentsOfUnit;
    const from = isOver ? [unit] : [unit, ...this.#largest(unit)];
    for (const one of from) {
      const least = this.#leastHeard(one, isForKnown ? Infinity : now - PROVING_MS);
      if (least === null) continue;
      if (!isForKnown) unit.replacedAgents.take(now);
      this.#countTasks(one, -one.agents.get(least)!.taskCount);
      one.agents.delete(least);
      this.#agentCount--;
      return true;
    }
    return false;
  }

  /** Of some agents, those looked at longest ago, the one that was heard of for the shortest time. */
  #leastHeard({ agents }: AdmittedUnit, silentSince: number): string | null {
    let least: string | null = null;
    let leastMs = this.limits.establishedMs;
    let left = Math.min(AGENTS_AT_ONCE, agents.size);
    for (const [propletId, agent] of agents) {
      if (left-- === 0) break;
      agents.delete(propletId);
      agents.set(propletId, agent);
      if (agent.heardMs >= leastMs || agent.heardAt > silentSince) continue;
      [least, leastMs] = [propletId, agent.heardMs];
    }
    return least;
  }

  /** The one with most agents of some other units, those looked at longest ago. */
  #largest(than: AdmittedUnit): AdmittedUnit[] {
    let largest = than;
    let left = Math.min(UNITS_AT_ONCE, this.#units.size);
    for (const [key, unit] of this.#units) {
      if (left-- === 0) break;
      this.#units.delete(key);
      this.#units.set(key, unit);
      if (unit.agents.size > largest.agents.size) largest = unit;
    }
    return largest === than ? [] : [largest];
  }

  /**
   * A unit that has no agent, or none that was heard of for long, makes room. Those that live go to the end of the
   * line: so all of them have their turn, however little is done for each that is new.
   */
  #sweepUnits(now: number): void {
    let left = Math.min(UNITS_AT_ONCE, this.#units.size);
    for (const [key, unit] of this.#units) {
      if (left-- === 0) return;
      this.#units.delete(key);
      if (unit.agents.size === 0 || unit.heardAt < now - this.limits.silentMs) {
        this.#countTasks(unit, -unit.taskCount);
        this.#agentCount -= unit.agents.size;
        if (key === this.#lastKey) [this.#lastKey, this.#last] = [null, null];
      } else this.#units.set(key, unit);
    }
  }

  /** Agents and tasks that have been silent for long make room; looked for now and then only. */
  #sweep(unit: AdmittedUnit, now: number): void {
    if (now < unit.sweptAt + SWEEP_MS && now >= unit.sweptAt) return;
    unit.sweptAt = now;
    for (const [propletId, agent] of unit.agents) {
      if (agent.heardAt < now - this.limits.silentMs) {
        this.#countTasks(unit, -agent.taskCount);
        unit.agents.delete(propletId);
        this.#agentCount--;
      } else this.#countTasks(unit, -agent.sweep(now));
    }
  }
}

/** The sample without figures whose names are too many for its agent. */
function withAdmittedNames(arrival: TaskSample, agent: AdmittedAgent, now: number): Admitted {
  let left: Map<string, number> | null = null;
  let first: string | null = null;
  for (const name of arrival.custom!.keys()) {
    if (agent.admitsCustomName(name, now)) continue;
    left ??= new Map(arrival.custom);
    left.delete(name);
    first ??= name;
  }
  if (left === null) return { arrival, fault: null };
  const detail = `task ${arrival.taskId}, first ${first}`;
  const { fault } = refused("agent_custom_names", arrival.sender, detail);
  return {
    arrival: { ...arrival, custom: left.size > 0 ? left : null },
    fault: { ...fault!, isPartial: true },
  };
}

function refused(reason: Reason, { unit, propletId }: Sender, detail: string | null): Admitted {
  return { arrival: null, fault: { reason, unit, agent: propletId, detail } };
}
