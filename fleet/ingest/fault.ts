import type { UnitKey } from "../model/unit.ts";
import type { TopicKind } from "./topics.ts";

/** Why something was not taken in. */
export const REASONS = {
  topic: "a topic that is none of ours",
  payload_size: "a payload that is too large",
  body_size: "a body that is too large when it is unpacked",
  compression: "gzip or zstd that cannot be unpacked",
  encoding: "text that is not UTF-8",
  json: "what is not JSON",
  nesting: "more brackets than messages have",
  batch: "an array of too many messages",
  schema: "a message that is not of its form",
  forgery: "another agent's name than that of the topic",
  future: "a time in the future",
  past: "a time before what is kept",
  custom_names: "more names of custom figures than a task may have",
  agent_custom_names: "more names of custom figures than an agent may have",
  rate: "more messages than an agent may send",
  new_tasks: "more new tasks in an hour than an agent may have",
  agent_tasks: "more tasks than an agent may have",
  tasks: "more tasks than a unit may have, or all units together",
  new_agents: "more new agents in an hour than a unit may have",
  agents: "more agents than a unit may have, or all units together",
  units: "more units than there may be",
  internal: "a message that an error of proctor itself keeps from being read",
} as const;

/** Why something was not taken in, in a word. */
export type Reason = keyof typeof REASONS;

/** Something that was not taken in. */
export interface Fault {
  readonly reason: Reason;
  /** By the topic; null where it tells none. */
  readonly unit: UnitKey | null;
  /** Who has sent it, as far as that is known. */
  readonly agent: string | null;
  /** What exactly, beyond the reason; may have anything in it that was sent. */
  readonly detail: string | null;
  /** The message that is not of its form, for who wants to tell in full what is wrong with it. */
  readonly message?: { readonly kind: TopicKind; readonly value: unknown };
  /** Whether only a part of a message was left out. */
  readonly isPartial?: boolean;
}
