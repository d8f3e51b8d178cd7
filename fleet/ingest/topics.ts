import { unitKey } from "../model/unit.ts";
import type { Unit, UnitKey } from "../model/unit.ts";
import { isName } from "./fields.ts";

/** What the messages of a topic are about. */
export type TopicKind = "task" | "health" | "presence" | "facts" | "end" | "invocation" | "event";

/** What a topic tells of its messages. */
export interface TopicPlace {
  /** Its domain and channel. */
  readonly unit: UnitKey;
  readonly kind: TopicKind;
  /** The agent, where the topic has a level of its own for it: an access list of the broker may hold it to that. */
  readonly agent: string | null;
}

/** What comes behind `m/DOMAIN/c/CHANNEL/`. */
const KINDS: ReadonlyMap<string, TopicKind> = new Map([
  ["control/proplet/task_metrics", "task"],
  ["control/proplet/metrics", "health"],
  ["control/proplet/alive", "presence"],
  ["control/proplet/create", "facts"],
  ["control/proplet/results", "end"],
  ["control/proplet/invoke_results", "invocation"],
  ["control/proplet/events", "event"],
]);
/** The other style of tasks' messages: there is no level of an agent behind it. */
const RUST_TASKS = "metrics/proplet";
/** The end of an invocation says nothing of its task, which goes on. */
const UNWANTED: ReadonlySet<TopicKind> = new Set(["invocation"]);

/** What to subscribe to for a unit, or for all of them. */
export function subscriptionsOf(unit: Unit | null): string[] {
  const root = unit === null ? "m/+/c/+" : `m/${unit.domain}/c/${unit.channel}`;
  const wanted = [...KINDS].filter(([, kind]) => !UNWANTED.has(kind));
  // A level more is that of the agent; presence has one in every style.
  return [...wanted.flatMap(([tail]) => [`${root}/${tail}`, `${root}/${tail}/+`]), `${root}/${RUST_TASKS}`];
}

/** What to subscribe to so as to learn of every unit: agents and hosts, but no tasks, which are most of all messages. */
export function discoverySubscriptions(): string[] {
  return [...KINDS].filter(([, kind]) => !UNWANTED.has(kind) && kind !== "task").flatMap(([tail]) => [
    `m/+/c/+/${tail}`,
    `m/+/c/+/${tail}/+`,
  ]);
}

/** What a topic tells; null where it is none of ours. */
export function readTopic(topic: string): TopicPlace | null {
  const levels = topic.split("/");
  const [m, domain, c, channel, ...rest] = levels;
  if (m !== "m" || c !== "c" || !isName(domain) || !isName(channel)) return null;
  const unit = unitKey({ domain, channel });
  if (rest.length === 2) return rest.join("/") === RUST_TASKS ? { unit, kind: "task", agent: null } : null;
  const kind = KINDS.get(rest.slice(0, 3).join("/"));
  if (kind === undefined || rest.length > 4) return null;
  if (rest.length === 4 && !isName(rest[3])) return null;
  return { unit, kind, agent: rest[3] ?? null };
}

/** Remembers what topics tell: there are few of them, and each message has one. */
export class Topics {
  readonly #known = new Map<string, TopicPlace>();

  /** @param most topics that are remembered; then it begins anew */
  constructor(readonly most = 50_000) {}

  /** What a topic tells; null where it is none of ours. */
  read(topic: string): TopicPlace | null {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const place = readTopic(topic);
    // What is none of ours may be long, and no two alike.
    if (place === null) return null;
    if (this.#known.size >= this.most) this.#known.clear();
    this.#known.set(topic, place);
    return place;
  }
}
