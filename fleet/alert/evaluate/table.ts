import { Usual } from "../detect/usual.ts";
import { CLOCK, CUSTOM } from "../language/expression.ts";
import { COLUMN_AT, COLUMNS } from "../../model/column.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { AgentView, FleetView, StoredSample, TakenSample, TaskView } from "../../model/view.ts";
import { increaseOf } from "../../state/increases.ts";
import type { Needs, RingNeed } from "./needs.ts";
import { Ring } from "./ring.ts";

/** Figures are known as long as this after the last reading, at least, and for some of the usual intervals. */
const [FRESH_MS, FRESH_INTERVALS] = [60_000, 3];

/** A host, or a task on it: what one place of every array of figures is about. */
export interface Row {
  readonly agent: AgentView;
  /** Null for the host itself. */
  readonly task: TaskView | null;
}

interface FedRing extends RingNeed {
  readonly ring: Ring;
  readonly read: (sample: StoredSample) => number;
  /** Whether the sample that is taken tells what it has grown by. */
  readonly columnAt: number | undefined;
}

interface Column {
  readonly figure: string;
  readonly read: (sample: Pick<StoredSample, "figures" | "custom">) => number;
  values: Float64Array;
}

/** What rules want to know of every host and task, in columns: a rule is a loop over numbers. */
export class FigureTable {
  readonly rows: (Row | null)[] = [];
  /** Places whose row is new, or has other labels, since they were asked for last. */
  changed: number[] = [];
  /** When the last reading was taken, by our clock. */
  times = new Float64Array(0);
  readonly #columns: Column[];
  readonly #rings: FedRing[];
  readonly #usual: { readonly column: Column; readonly usual: Usual }[];
  readonly #slots = new Map<number, number>();
  readonly #hostSlots = new Map<number, number>();
  readonly #free: number[] = [];
  #isKnown = new Uint8Array(0);
  #capacity = 0;

  constructor(readonly view: FleetView, readonly needs: Needs, now: number) {
    const most = Math.max(1_024, Math.ceil((view.tasks.size + view.agents.size) * 1.25));
    this.#columns = [...needs.figures].map((figure) => ({
      figure,
      read: reader(figure),
      values: new Float64Array(0),
    }));
    this.#rings = [...needs.rings.values()].map((need) => {
      const columnAt = COLUMN_AT.get(need.figure);
      const isCounter = columnAt !== undefined && COLUMNS[columnAt].kind === "counter";
      return {
        ...need,
        ring: new Ring(need.kept, need.windowMs, need.parts, 0),
        read: reader(need.figure),
        columnAt: need.isIncrease && isCounter ? columnAt : undefined,
      };
    });
    this.#usual = this.#columns.filter(({ figure }) => needs.usual.has(figure))
      .map((column) => ({ column, usual: new Usual(column.figure, 0) }));
    this.#grow(most);
    for (const agent of view.agents.values()) this.addHost(agent);
    for (const task of view.tasks.values()) this.#slotOf(task);
    for (const task of view.tasks.values()) this.#warm(task, now);
  }

  /** Bytes that the columns and windows of some rules take for so many hosts and tasks. */
  static bytes({ figures, rings, usual }: Needs, rows: number): number {
    const windows = [...rings.values()].reduce(
      (sum, { parts }) => sum + 8 * rows + Ring.bytes(parts, rows),
      0,
    );
    return windows + rows * (9 + 8 * figures.size) + usual.size * Usual.bytes(rows);
  }

  /** Places that are, or were, taken. */
  get size(): number {
    return this.rows.length;
  }

  values(figure: string): Float64Array {
    return this.#columns.find((column) => column.figure === figure)!.values;
  }

  ring(key: { figure: string; kept: string; windowMs: number; parts: number }): Ring {
    return this.#rings.find((one) =>
      one.figure === key.figure && one.kept === key.kept && one.windowMs === key.windowMs &&
      one.parts === key.parts
    )!.ring;
  }

  usual(figure: string): Usual {
    return this.#usual.find(({ column }) => column.figure === figure)!.usual;
  }

  slotOfTask(id: number): number | undefined {
    return this.#slots.get(id);
  }

  slotOfHost(agent: number): number | undefined {
    return this.#hostSlots.get(agent);
  }

  addHost(agent: AgentView): number {
    const known = this.#hostSlots.get(agent.id);
    if (known !== undefined) return known;
    const slot = this.#place({ agent, task: null });
    this.#hostSlots.set(agent.id, slot);
    return slot;
  }

  /** Have the labels of a host or a task looked at anew. */
  note(agent: AgentView, task: TaskView | null): void {
    const slot = task ? this.#slotOf(task) : this.addHost(agent);
    this.rows[slot] = { agent, task: task && task.taskId !== "" ? task : null };
    this.changed.push(slot);
  }

  /** A reading comes in, before it is the last one of its task. */
  take({ task, time, figures, custom, increases }: TakenSample): void {
    const slot = this.#slotOf(task);
    const at = this.#reach(slot, task.agent, time);
    const sample = { figures, custom };
    for (const { read, ring, isIncrease, columnAt } of this.#rings) {
      if (!isIncrease) ring.add(slot, at, read(sample as StoredSample));
      else if (columnAt !== undefined) ring.add(slot, at, increases[columnAt]);
      else {
        const grown = read(sample as StoredSample) -
          read({ figures: task.last, custom: task.custom } as StoredSample);
        ring.add(slot, at, Math.max(0, grown));
      }
    }
    for (const column of this.#columns) column.values[slot] = column.read(sample);
    for (const { column, usual } of this.#usual) usual.add(slot, column.values[slot]);
  }

  /**
   * A unit was read again: who is there now, and what is known of them by now. What came meanwhile is missing in the
   * windows of rules, and what is stored of a task is not all of its figures.
   */
  reread(unit: UnitKey): void {
    for (const agent of this.view.units.get(unit) ?? []) this.note(agent, null);
    for (const task of this.view.tasks.values()) {
      if (task.agent.unit !== unit) continue;
      this.note(task.agent, task);
      const slot = this.#slotOf(task);
      this.#reach(slot, task.agent, task.lastTime);
      for (const column of this.#columns) {
        const value = column.read({ figures: task.last, custom: task.custom });
        if (!Number.isNaN(value)) column.values[slot] = value;
      }
    }
  }

  /**
   * Note that there is a reading of a time by the agent's clock. How far that is off is reckoned again with each
   * message, and may seem less all at once: a reading that came later is none of an earlier time.
   * @returns the time by ours
   */
  #reach(slot: number, agent: AgentView, time: number): number {
    this.#isKnown[slot] = 1;
    return this.times[slot] = Math.max(this.times[slot], time - (agent.clockOffset ?? 0) * 1_000);
  }

  /** A run has begun: what was usual before says nothing of it. */
  beginRun(task: TaskView): void {
    const slot = this.#slotOf(task);
    for (const { usual } of this.#usual) usual.clear(slot);
  }

  /** Figures that are too old are no longer known, and what the fleet has forgotten is forgotten. */
  refresh(now: number): void {
    this.#forgetOld(now);
    this.#readClocks(now);
  }

  /** Of every agent that has told the time of late, also where what it says of that time is refused. */
  #readClocks(now: number): void {
    const columns = this.#columns.filter(({ figure }) => figure === CLOCK);
    // It is no counter: nothing grows by it.
    const rings = this.#rings.filter(({ figure, isIncrease }) => figure === CLOCK && !isIncrease);
    if (columns.length + rings.length === 0) return;
    for (const [slot, row] of this.rows.entries()) {
      if (row === null) continue;
      const { toldOffset, toldOffsetAt } = row.agent;
      const interval = (row.task ?? row.agent.hostTask)?.interval ?? 0;
      const isFresh = now - toldOffsetAt <= Math.max(FRESH_MS, FRESH_INTERVALS * interval);
      const value = isFresh ? toldOffset ?? NaN : NaN;
      for (const { values } of columns) values[slot] = value;
      for (const { ring } of rings) ring.add(slot, now, value);
    }
  }

  #forgetOld(now: number): void {
    for (let slot = 0; slot < this.rows.length; slot++) {
      if (this.#isKnown[slot] === 0 || now - this.times[slot] <= FRESH_MS) continue;
      const row = this.rows[slot];
      const interval = (row?.task ?? row?.agent.hostTask)?.interval ?? 0;
      if (now - this.times[slot] <= FRESH_INTERVALS * interval) continue;
      this.#isKnown[slot] = 0;
      for (const { values } of this.#columns) values[slot] = NaN;
      for (const { usual } of this.#usual) usual.scores[slot] = NaN;
    }
  }

  /** Free the places of hosts and tasks that are no more. @returns those places */
  sweep(): number[] {
    const freed: number[] = [];
    const { tasks, agents } = this.view;
    for (const [id, slot] of this.#slots) {
      if (tasks.has(id)) continue;
      this.#slots.delete(id);
      if (this.rows[slot]?.task) freed.push(slot);
    }
    for (const [id, slot] of this.#hostSlots) {
      if (agents.has(id)) continue;
      this.#hostSlots.delete(id);
      freed.push(slot);
    }
    for (const slot of freed) {
      this.rows[slot] = null;
      this.#free.push(slot);
      this.changed.push(slot);
      this.#isKnown[slot] = 0;
      this.times[slot] = 0;
      for (const { values } of this.#columns) values[slot] = NaN;
      for (const { ring } of this.#rings) ring.clear(slot);
      for (const { usual } of this.#usual) usual.clear(slot);
    }
    return freed;
  }

  #slotOf(task: TaskView): number {
    const known = this.#slots.get(task.id);
    if (known !== undefined) return known;
    const slot = task.taskId === "" ? this.addHost(task.agent) : this.#place({ agent: task.agent, task });
    this.#slots.set(task.id, slot);
    return slot;
  }

  #place(row: Row): number {
    const slot = this.#free.pop() ?? this.rows.length;
    if (slot >= this.#capacity) this.#grow(Math.ceil(this.#capacity * 1.5));
    this.rows[slot] = row;
    this.changed.push(slot);
    return slot;
  }

  #grow(capacity: number): void {
    const wider = (before: Float64Array, fill: number) => {
      const after = new Float64Array(capacity).fill(fill);
      after.set(before);
      return after;
    };
    this.#capacity = capacity;
    this.times = wider(this.times, 0);
    const isKnown = new Uint8Array(capacity);
    isKnown.set(this.#isKnown);
    this.#isKnown = isKnown;
    for (const column of this.#columns) column.values = wider(column.values, NaN);
    for (const { ring } of this.#rings) ring.grow(capacity);
    for (const { usual } of this.#usual) usual.grow(capacity);
  }

  /** What a manager that has just begun knows already. */
  #warm(task: TaskView, now: number): void {
    const slot = this.#slotOf(task);
    const offsetMs = (task.agent.clockOffset ?? 0) * 1_000;
    if (now - (task.lastTime - offsetMs) <= Math.max(FRESH_MS, FRESH_INTERVALS * (task.interval ?? 0))) {
      this.times[slot] = task.lastTime - offsetMs;
      this.#isKnown[slot] = 1;
      for (const column of this.#columns) {
        column.values[slot] = column.read({ figures: task.last, custom: task.custom });
      }
    }
    if (this.#rings.length === 0) return;
    const longest = Math.max(...this.#rings.map(({ windowMs }) => windowMs));
    let before: StoredSample | null = null;
    for (const sample of this.view.open(task, now - longest, now)) {
      for (const { ring, read, isIncrease } of this.#rings) {
        const value = read(sample);
        const grown = () => increaseOf(value, before ? read(before) : NaN, sample.begins);
        ring.add(slot, sample.time - offsetMs, isIncrease ? grown() : value);
      }
      before = sample;
    }
  }
}

function reader(figure: string): Column["read"] {
  if (figure === CLOCK) return () => NaN;
  const at = COLUMN_AT.get(figure);
  if (at !== undefined) return ({ figures }) => figures[at];
  const name = figure.slice(CUSTOM.length);
  return ({ custom }) => custom?.get(name) ?? NaN;
}
