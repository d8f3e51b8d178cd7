import type { AgentView, FleetView } from "../../model/view.ts";
import type { UnitKey } from "../../model/unit.ts";
import { FALSE, TRUE, UNKNOWN } from "./compile.ts";
import type { FigureTable } from "./table.ts";

/** Silence is no absence before so long, nor before some of the usual intervals. */
const [SILENT_MS, SILENT_INTERVALS] = [60_000, 3];
/** Whoever of a unit is heard so long after another fell silent is a witness that the unit is there. */
const WITNESS_MS = 30_000;
/** How long a host that has no witness, for others speak seldom, is not told of. */
const UNSURE_MS = 120_000;
/** What falls silent within so long does so at once. */
const AT_ONCE_MS = 180_000;
/** Evaluations that are further apart than this tell that we ourselves were away. */
const LAG_MS = 30_000;
const LEAST_AT_ONCE = 2;

/** Of a row: there, gone without a word, not to be told now, gone by its own word, or nothing that is waited for. */
export const [PRESENT, LOST, UNSURE, PLANNED, OVER] = [0, 1, 2, 3, 4] as const;

/** All hosts of a unit that are gone at once. */
export interface SilentUnit {
  readonly unit: UnitKey;
  readonly since: number;
  readonly hosts: number;
}

/** Tells absence apart: planned, of a host, of a task, of a unit, and our own. */
export class PresenceWatch {
  codes = new Uint8Array(0);
  since = new Float64Array(0);
  readonly silent = new Map<UnitKey, SilentUnit>();
  /** Units that we do not hear, for want of a connection with their broker, and since when. */
  readonly deaf = new Map<UnitKey, number>();
  #heardSince = new Map<UnitKey, number>();
  #lastLook: number | null = null;
  /** When we were away last. */
  #attentiveSince = -Infinity;

  constructor(readonly view: FleetView, readonly table: FigureTable) {}

  /** Take in who is there. @param withTasks whether tasks are asked for one by one, too */
  look(now: number, withTasks: boolean): void {
    const lag = this.#lastLook === null ? 0 : now - this.#lastLook;
    // A clock that was set back is an absence of ours as well.
    if (lag > LAG_MS || lag < 0) this.#attentiveSince = now;
    this.#lastLook = now;
    this.silent.clear();
    for (const [unit, agents] of this.view.units) this.#lookAtUnit(unit, agents, now);
    for (const unit of this.deaf.keys()) if (!this.view.units.has(unit)) this.deaf.delete(unit);
    this.#fit();
    if (!withTasks) return;
    for (let slot = 0; slot < this.table.size; slot++) {
      if (this.table.rows[slot]?.task) this.lookAtTask(slot, now);
    }
  }

  /** Take in whether a task is there. */
  lookAtTask(slot: number, now: number): number {
    const { agent, task } = this.table.rows[slot]!;
    const host = this.#lookAtHost(agent, now);
    let [code, since]: [number, number] = [PRESENT, now];
    if (task!.state === "ended" || task!.state === "stopped") code = OVER;
    else if (host !== PRESENT) code = host === PLANNED || host === OVER ? host : UNSURE;
    else if (task!.state === "lost") [code, since] = [LOST, task!.stateSince];
    else if (task!.lastTime !== -Infinity) { // Of some only events are told.
      const heardSince = this.#heardSince.get(agent.unit) ?? now;
      const last = Math.max(this.table.times[slot] || task!.lastTime, heardSince);
      const silence = Math.max(SILENT_MS, SILENT_INTERVALS * (task!.interval ?? 0));
      // Only an agent that has spoken since can have left it out.
      if (now - last >= silence && agent.lastSeen - last >= silence / 2) [code, since] = [LOST, last];
    }
    this.#fit();
    this.codes[slot] = code;
    this.since[slot] = since;
    return code;
  }

  /** As `absent` says it: whether each row is absent. */
  verdicts(isPlanned: boolean, out: Uint8Array): void {
    for (let slot = 0; slot < out.length; slot++) {
      const code = this.codes[slot];
      out[slot] = code === LOST || (isPlanned && code === PLANNED) ? TRUE : code === UNSURE ? UNKNOWN : FALSE;
    }
  }

  #fit(): void {
    const size = this.table.size;
    if (this.codes.length >= size) return;
    const [codes, since] = [this.codes, this.since];
    const capacity = Math.max(1_024, Math.ceil(size * 1.25));
    (this.codes = new Uint8Array(capacity)).set(codes);
    (this.since = new Float64Array(capacity)).set(since);
  }

  #lookAtUnit(unit: UnitKey, agents: ReadonlySet<AgentView>, now: number): void {
    const listening = this.view.listeningSince(unit);
    if (listening === null) {
      this.#heardSince.delete(unit);
      if (!this.deaf.has(unit)) this.deaf.set(unit, now);
    } else {
      this.#heardSince.set(unit, Math.max(listening, this.#attentiveSince));
      this.deaf.delete(unit);
    }
    let [expected, newest] = [0, -Infinity];
    for (const agent of agents) {
      if (agent.presence === "offline" || isEphemeral(agent)) continue;
      expected++;
      newest = Math.max(newest, agent.lastSeen);
    }
    const gone: number[] = [];
    for (const agent of agents) {
      const slot = this.table.addHost(agent);
      this.#fit();
      let code = this.#lookAtHost(agent, now);
      const since = code === PLANNED
        ? agent.presenceSince
        : Math.max(agent.lastSeen, this.#heardSince.get(unit) ?? 0);
      if (code === LOST) {
        gone.push(slot);
        const isWitnessed = newest - agent.lastSeen >= WITNESS_MS || now - since >= UNSURE_MS;
        if (expected >= LEAST_AT_ONCE && !isWitnessed) code = UNSURE;
      }
      this.codes[slot] = code;
      this.since[slot] = since;
    }
    if (expected < LEAST_AT_ONCE || gone.length < expected) return;
    const last = gone.reduce((most, slot) => Math.max(most, this.since[slot]), -Infinity);
    const atOnce = gone.filter((slot) => last - this.since[slot] <= AT_ONCE_MS);
    if (atOnce.length < Math.max(LEAST_AT_ONCE, expected / 2)) return;
    this.silent.set(unit, { unit, since: last, hosts: atOnce.length });
    for (const slot of atOnce) this.codes[slot] = UNSURE;
  }

  #lookAtHost(agent: AgentView, now: number): number {
    if (agent.presence === "offline") return PLANNED;
    if (isEphemeral(agent)) return agent.presence === "lost" ? OVER : PRESENT;
    const heardSince = this.#heardSince.get(agent.unit);
    if (heardSince === undefined) return UNSURE;
    const silent = now - Math.max(agent.lastSeen, heardSince);
    // Its will tells at once; but what it was before we listened says nothing of now.
    if (agent.presence === "lost" && (agent.presenceSince >= heardSince || silent >= SILENT_MS)) return LOST;
    if (silent >= SILENT_MS && silent >= silenceOf(agent)) return LOST;
    // Whom we have not heard yet may be there, or may not.
    return agent.presence === "lost" || agent.lastSeen < heardSince ? UNSURE : PRESENT;
  }
}

/** Hosts that come and go: nobody waits for them. */
function isEphemeral({ labels }: AgentView): boolean {
  return labels.ephemeral === "true";
}

function silenceOf(agent: AgentView): number {
  let longest = agent.hostTask?.interval ?? 0;
  if (agent.hostTask === null) {
    for (const { interval } of agent.tasks.values()) longest = Math.max(longest, interval ?? 0);
  }
  return Math.max(SILENT_MS, SILENT_INTERVALS * longest);
}
