import { usageError } from "../../core/error.ts";
import type { ExportSettings } from "../settings.ts";
import { isUnsendable, topicLevel } from "./topic_text.ts";

/** Where messages are published. */
export interface Topics {
  /** The topic of a task's messages. */
  task(taskId: string): string;
  /** Of the agent's own health; none without a domain and a channel. */
  readonly health: string | undefined;
  /** Of what happens to tasks that are kept running; none without a domain and a channel. */
  readonly events: string | undefined;
  /**
   * Of birth and end of all agents of the channel; none without a domain and a channel, nor where each agent has topics
   * of its own.
   */
  readonly alive: string | undefined;
  /** Of the retained presence of this agent; none without a domain and a channel. */
  readonly presence: string | undefined;
  /** Where a manager asks this agent for something; none without a domain and a channel. */
  readonly control: string | undefined;
}

/** Where a manager asks an agent for something, below the root of its unit. */
export function controlTopic(root: string, propletId: string): string {
  return `${root}/control/manager/profile/${topicLevel(propletId)}`;
}

/** Who publishes. */
export interface Publisher {
  readonly propletId: string;
  readonly agentId: string | null;
}

/** The domain and channel where none is named: a manager without further settings follows them. */
const DEFAULT_UNIT: Unit = { domain: "proctor", channel: "default" };

interface Unit {
  readonly domain: string | undefined;
  readonly channel: string | undefined;
}

/** The domain and channel of the settings: by their names, or as `mqtt_topic_prefix`; none with a template alone. */
function unitOf({ domain, channel, topic, mqtt_topic_prefix: prefix }: ExportSettings): Unit {
  if (prefix === undefined) {
    return domain === undefined && channel === undefined && topic === undefined
      ? DEFAULT_UNIT
      : { domain, channel };
  }
  if (domain !== undefined || channel !== undefined) {
    throw usageError(
      "mqtt_topic_prefix: it is domain and channel in one; leave out domain ID and channel ID",
    );
  }
  const [first, second = DEFAULT_UNIT.channel] = prefix.split("/");
  return { domain: first, channel: second };
}

/**
 * The topics of docs/specification.md, or the template of the settings.
 * @param onCleaned called with the first task whose name has characters that a topic may not have
 * @throws ProctorError of kind `usage` when the settings lack an identity that the topics need
 */
export function topicsOf(
  settings: ExportSettings,
  { propletId, agentId }: Publisher,
  onCleaned: (name: string) => void = () => {},
): Topics {
  const { topic, topic_style } = settings;
  const { domain, channel } = unitOf(settings);
  const root = domain !== undefined && channel !== undefined ? `m/${domain}/c/${channel}` : undefined;
  // The agent's own level comes last: an access list can have a pattern for it, and Propeller matches topics exactly.
  const own = `/${topicLevel(propletId)}`;
  const end = topic_style === "agent" ? own : "";
  const tail = topic_style === "rust" ? "metrics/proplet" : `control/proplet/task_metrics${end}`;
  const template = topic ?? (root && `${root}/${tail}`);
  if (template === undefined || (topic === undefined && root === undefined)) {
    throw usageError("mqtt: give both domain ID and channel ID, or mqtt_topic_prefix PREFIX alone");
  }
  const values: Record<string, string | undefined> = {
    domain_id: domain,
    channel_id: channel,
    proplet_id: propletId,
    agent_id: agentId ?? undefined,
  };
  for (const [field, key] of [["domain_id", "domain"], ["channel_id", "channel"]]) {
    if (topic?.includes(`{${field}}`) && values[field] === undefined) {
      throw usageError(`${key}: the topic has {${field}}; add ${key}`);
    }
  }
  if (topic?.includes("{agent_id}") && agentId === null) {
    throw usageError("agent_id: the topic has {agent_id}, and it is unknown here; add agent_id");
  }
  let hasTold = false;
  const fill = (taskId: string) => {
    if (!hasTold && isUnsendable(taskId)) {
      hasTold = true;
      onCleaned(taskId);
    }
    const filled = template.replace(
      /\{(\w+)\}/g,
      (_, field: string) => topicLevel(field === "task_id" ? taskId : values[field]!),
    );
    // Of a name, not of the template: there, `$SYS/…` is intended.
    return filled.startsWith("$") && !template.startsWith("$") ? `_${filled.slice(1)}` : filled;
  };
  const fixed = topic?.includes("{task_id}") ? undefined : fill("");
  return {
    task: fixed === undefined ? fill : () => fixed,
    health: root && `${root}/control/proplet/metrics${end}`,
    events: root && `${root}/control/proplet/events${end}`,
    alive: topic_style === "agent" ? undefined : root && `${root}/control/proplet/alive`,
    presence: root && `${root}/control/proplet/alive${own}`,
    control: root && controlTopic(root, propletId),
  };
}
