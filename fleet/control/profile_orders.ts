import { MOST_ORDERED_TASKS } from "../../core/schema/profile_order.ts";
import type { ProfileOrder } from "../../core/schema/profile_order.ts";
import { controlTopic } from "../../exporters/mqtt/topics.ts";
import type { AgentView, FleetView } from "../model/view.ts";
import { unitOfKey } from "../model/unit.ts";

/** What agents are asked for, and how many of them. */
export interface OrderRules {
  /** Between two samples, in milliseconds. */
  readonly intervalMs: number;
  /** An order ends by itself after so long. */
  readonly lastsMs: number;
  /** Of so many agents at once: what concerns a whole fleet must not make all of it busy. */
  readonly mostAgents: number;
}

/** An order that has been given, and what was known of its agent then. */
export interface GivenOrder {
  readonly agent: AgentView;
  readonly order: ProfileOrder;
  readonly givenAt: number;
  /** How many orders the agent had said by then that it had refused. */
  readonly refusedBefore: number;
}

/** What became of an order, as far as it is known. */
export type Answer = "followed" | "refused" | "not_accepted" | "awaited";

/** Samples come late by a little: an interval of so much more is still the one that was asked for. */
const LENIENCE = 1.5;

/** Which orders are in force, and which are to be given next. */
export class ProfileOrders {
  readonly #given = new Map<number, GivenOrder>();

  constructor(readonly rules: OrderRules) {}

  /** Those in force. */
  get given(): readonly GivenOrder[] {
    return [...this.#given.values()];
  }

  /** Take up what another manager, or an earlier one, has given. */
  takeUp(given: readonly GivenOrder[]): void {
    this.#given.clear();
    for (const one of given) this.#given.set(one.agent.id, one);
  }

  /**
   * The orders to be given now: for tasks that are in trouble, before an older one ends, and to take one back.
   * @param troubled numbers of tasks
   * @param sequence the number of the first; each further one has the next
   */
  plan(view: FleetView, troubled: Iterable<number>, now: number, sequence: number): ProfileOrder[] {
    const wanted = this.#wanted(view, troubled);
    const orders: ProfileOrder[] = [];
    const give = (agent: AgentView, tasks: readonly string[]) => {
      const order = orderOf(agent, tasks, sequence + orders.length, now, this.rules);
      orders.push(order);
      if (tasks.length === 0) this.#given.delete(agent.id);
      else {
        const refusedBefore = refusedOf(agent);
        this.#given.set(agent.id, { agent, order, givenAt: now, refusedBefore });
      }
    };
    for (const [id, { agent, order }] of [...this.#given]) {
      if (wanted.has(id)) continue;
      if (order.expires_at <= now) this.#given.delete(id);
      else give(agent, []);
    }
    for (const [id, { agent, tasks }] of wanted) {
      const given = this.#given.get(id)?.order;
      const isSame = given?.tasks.map(({ task_id }) => task_id).join("\n") === tasks.join("\n");
      if (!isSame || given!.expires_at - now < this.rules.lastsMs / 2) give(agent, tasks);
    }
    return orders;
  }

  /** Orders that take back all that is in force. */
  takeBack(now: number, sequence: number): ProfileOrder[] {
    const given = this.given.filter(({ order }) => order.expires_at > now);
    this.#given.clear();
    return given.map(({ agent }, at) => orderOf(agent, [], sequence + at, now, this.rules));
  }

  /** By agent: names of tasks in the order of names, so that the same tasks are the same order. */
  #wanted(view: FleetView, troubled: Iterable<number>): Map<number, { agent: AgentView; tasks: string[] }> {
    const all = new Map<number, { agent: AgentView; tasks: Set<string> }>();
    for (const number of troubled) {
      const task = view.tasks.get(number);
      if (task?.state !== "running" || task.taskId === "" || task.agent.presence !== "online") continue;
      const { agent } = task;
      if (!all.has(agent.id)) all.set(agent.id, { agent, tasks: new Set() });
      all.get(agent.id)!.tasks.add(task.taskId);
    }
    // Whoever is asked already is asked on.
    const first = [...all].sort(([a], [b]) => Number(this.#given.has(b)) - Number(this.#given.has(a)));
    return new Map(
      first.slice(0, this.rules.mostAgents).map(([id, { agent, tasks }]) => [id, {
        agent,
        tasks: [...tasks].sort().slice(0, MOST_ORDERED_TASKS),
      }]),
    );
  }
}

/** What an agent has made of an order. */
export function answerOf({ agent, order, refusedBefore }: GivenOrder): Answer {
  const { control } = agent;
  if (control && control.sequence !== null && control.sequence >= order.sequence) return "followed";
  const isDense = order.tasks.every(({ task_id, interval_ms }) => {
    const interval = agent.tasks.get(task_id)?.interval ?? Infinity;
    return interval <= interval_ms * LENIENCE;
  });
  // A run tells nothing of itself but its samples.
  if (isDense) return "followed";
  if (refusedOf(agent) > refusedBefore) return "refused";
  return control === null ? "not_accepted" : "awaited";
}

function refusedOf({ control }: AgentView): number {
  return Object.values(control?.refused ?? {}).reduce((sum, count) => sum + count, 0);
}

function orderOf(
  { unit, propletId, agentId }: AgentView,
  tasks: readonly string[],
  sequence: number,
  now: number,
  { intervalMs, lastsMs }: OrderRules,
): ProfileOrder {
  const { domain, channel } = unitOfKey(unit);
  return {
    topic: controlTopic(`m/${domain}/c/${channel}`, propletId),
    proplet_id: propletId,
    agent_id: agentId,
    sequence,
    expires_at: now + lastsMs,
    tasks: tasks.map((task_id) => ({ task_id, interval_ms: intervalMs })),
  };
}
