import { usageError } from "../../core/error.ts";
import { topicLevel } from "../../exporters/mqtt/topic_text.ts";

/** What is to be allowed, and to whom. */
export interface AccessWanted {
  /** null: all of them. */
  readonly domain: string | null;
  readonly channel: string | null;
  /** User names of agents, each of which is the agent's proplet_id. Empty: whoever logs in is one. */
  readonly agents: readonly string[];
  /** The manager's user name. */
  readonly manager: string;
  /** Whether users are known by certificates, and not by passwords. */
  readonly byCertificate: boolean;
}

/** Topics as MQTT has them; `OWN` stands for the name of whoever asks. */
export interface Allowed {
  readonly agentWrites: string;
  readonly agentReads: string;
  readonly managerReads: readonly string[];
  readonly managerWrites: string;
}

/** What an agent of one name may, and a manager. */
export function allowed({ domain, channel }: AccessWanted, own: string): Allowed {
  const root = `m/${domain ?? "+"}/c/${channel ?? "+"}`;
  return {
    agentWrites: `${root}/control/proplet/+/${own}`,
    agentReads: `${root}/control/manager/profile/${own}`,
    // With an agent's level and without, and the style of worker nodes.
    managerReads: [`${root}/control/proplet/+`, `${root}/control/proplet/+/+`, `${root}/metrics/proplet`],
    managerWrites: `${root}/control/manager/profile/+`,
  };
}

/**
 * Look at what is wanted.
 * @throws ProctorError of kind `usage` for names that an access list cannot hold apart
 */
export function checkAccess({ agents, manager, domain, channel }: AccessWanted): void {
  if (channel !== null && domain === null) {
    throw usageError("--channel: a channel needs its domain; add --domain");
  }
  const names: (readonly [option: string, name: string])[] = [
    ...agents.map((agent) => ["--agent", agent] as const),
    ["--manager", manager],
    ...(domain === null ? [] : [["--domain", domain] as const]),
    ...(channel === null ? [] : [["--channel", channel] as const]),
  ];
  for (const [option, name] of names) {
    const isPlain = name !== "" && topicLevel(name) === name && /^[^\s"'`$%\\]+$/.test(name);
    if (isPlain) continue;
    throw usageError(
      `${option}: ${
        JSON.stringify(name)
      } has what access lists give a meaning; choose a name of letters, digits, - and _`,
    );
  }
  if (agents.includes(manager)) {
    throw usageError(`--agent: ${manager} is the manager; an agent needs a name of its own`);
  }
}
