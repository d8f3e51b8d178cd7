import { ProctorError } from "../core/error.ts";
import type { AgentIdentity } from "../exporters/identity/agent_identity.ts";

/** Which agent this would be where messages leave, and where that is from; nothing is made for it. */
export interface OwnAgent extends Pick<AgentIdentity, "id" | "source"> {
  /** What would keep exporters from being opened. */
  readonly problem: string | null;
}

const ORIGINS: Readonly<Record<AgentIdentity["source"], string>> = {
  setting: "by PROCTOR_AGENT_ID",
  file: "by agent-id in the state directory",
  machine: "of the machine's ID",
  container: "of the machine's ID and the container's name",
  none: "",
};

/** Find it out. */
export async function ownAgent(): Promise<OwnAgent> {
  const { agentIdentity } = await import("../exporters/identity/agent_identity.ts");
  const options = { variables: process.env, isMade: false, notice: () => {} };
  try {
    const { id, source } = await agentIdentity(options);
    return { id, source, problem: null };
  } catch (error) {
    // Nothing else of what doctor tells depends on it.
    if (!(error instanceof ProctorError)) throw error;
    return { id: null, source: "none", problem: error.message };
  }
}

/** The same in words. */
export function agentInWords({ id, source, problem }: OwnAgent): string {
  if (problem !== null) return `none: ${problem}`;
  if (id === null) return "none yet; one is made and kept when an agent exports";
  return `${id} (${ORIGINS[source]})`;
}
