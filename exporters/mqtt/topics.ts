import { usageError } from "../../core/error.ts";
import type { ExportSettings } from "../settings.ts";

/** A task's name may be a whole command; a topic level of that length serves nobody. */
const LONGEST_LEVEL = 1_000;

/** Where messages are published. */
export interface Topics {
  /** The topic of a task's messages. */
  task(taskId: string): string;
  /** Of the agent's own health; none without a domain and a channel. */
  readonly health: string | undefined;
  /** Of what happens to tasks that are kept running; none without a domain and a channel. */
  readonly events: string | undefined;
  /** Of the retained birth, end and last will; none without a domain and a channel. */
  readonly alive: string | undefined;
}

/**
 * Seed 001's topics, or the template of the settings.
 * @throws ProctorError of kind `usage` when the settings lack an identity that the topics need
 */
export function topicsOf(settings: ExportSettings, propletId: string): Topics {
  const { domain, channel, topic, topic_style } = settings;
  const root = domain !== undefined && channel !== undefined ? `m/${domain}/c/${channel}` : undefined;
  const seeds = topic_style === "rust" ? "metrics/proplet" : "control/proplet/task_metrics";
  const template = topic ?? (root && `${root}/${seeds}`);
  if (template === undefined || (topic === undefined && root === undefined)) {
    throw usageError("mqtt: its topics need domain ID and channel ID, or topic TEMPLATE");
  }
  const values: Record<string, string | undefined> = {
    domain_id: domain,
    channel_id: channel,
    proplet_id: propletId,
  };
  for (const [field, key] of [["domain_id", "domain"], ["channel_id", "channel"]]) {
    if (topic?.includes(`{${field}}`) && values[field] === undefined) {
      throw usageError(`${key}: the topic has {${field}}; add ${key}`);
    }
  }
  const fill = (taskId: string) =>
    template.replace(
      /\{(\w+)\}/g,
      (_, field: string) => level(field === "task_id" ? taskId : values[field]!),
    );
  const fixed = topic?.includes("{task_id}") ? undefined : fill("");
  return {
    task: fixed === undefined ? fill : () => fixed,
    health: root && `${root}/control/proplet/metrics`,
    events: root && `${root}/control/proplet/events`,
    alive: root && `${root}/control/proplet/alive`,
  };
}

/** A value as one level of a topic: what MQTT gives a meaning there is replaced. */
function level(value: string): string {
  return value.slice(0, LONGEST_LEVEL).replace(/[/+#\0]/g, "_");
}
