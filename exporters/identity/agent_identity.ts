import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { usageError } from "../../core/error.ts";
import { describeIssues, IN_OUR_WORDS } from "../../core/schema/zod_issues.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { defaultBaseDirectory, loadHostSource } from "../../platform/mod.ts";
import type { HostSource } from "../../platform/mod.ts";
import { topicNameSchema } from "../topic_name.ts";
import { idOfContainer, idOfMachine } from "./derived_id.ts";
import { keepNewId, keptId } from "./kept_id.ts";

/** The file in the state directory of an account that has an ID in one line. */
const FILE = "agent-id";
/** The variable that sets it. */
const VARIABLE = "PROCTOR_AGENT_ID";
/** Containers that are machines of their own, as far as that goes: what starts them gives each an ID. */
const WHOLE_SYSTEMS = /^(lxc|systemd-nspawn|openvz|wsl)/;

/**
 * Which agent this is, whatever its host is called.
 * `source` says where the ID is from: it was set; a file of the state directory; the machine's ID; that and the name of
 * a container; or nowhere, so that it changes with each start, or is null.
 */
export interface AgentIdentity {
  readonly id: string | null;
  readonly source: "setting" | "file" | "machine" | "container" | "none";
  readonly bootId: string | null;
}

/** What finding it out needs. */
export interface IdentityOptions {
  /** The setting; over everything else. */
  readonly given?: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Whether one is made, and kept, where there is none. */
  readonly isMade: boolean;
  readonly notice: (line: string) => void;
  /** Default: the machine. */
  readonly host?: Pick<HostSource, "identity" | "machine">;
  /** Where the file is; default: the state directory of the account. */
  readonly directory?: string | null;
}

/**
 * Find out which agent this is.
 * @throws ProctorError of kind `usage` when the variable or the file holds something else than an ID
 */
export async function agentIdentity(options: IdentityOptions): Promise<AgentIdentity> {
  const host = options.host ?? await loadHostSource();
  const { machineId, bootId } = host.identity();
  const given = options.given ?? ofVariable(options.variables[VARIABLE]);
  if (given !== undefined) return { id: given, source: "setting", bootId };
  const directory = options.directory === undefined ? baseDirectory() : options.directory;
  const path = directory === null ? null : join(directory, FILE);
  const kept = path === null ? null : keptId(path);
  if (kept !== null) return { id: kept, source: "file", bootId };
  const { container, hostName } = host.machine();
  if (machineId !== null) {
    const { runtime } = container ?? { runtime: null };
    return runtime === null || WHOLE_SYSTEMS.test(runtime)
      ? { id: idOfMachine(machineId), source: "machine", bootId }
      : { id: idOfContainer(machineId, hostName ?? hostname()), source: "container", bootId };
  }
  if (!options.isMade) return { id: null, source: "none", bootId };
  return { ...made(path, options.notice), bootId };
}

/** A random one, kept where that is possible. */
function made(path: string | null, notice: (line: string) => void): Pick<AgentIdentity, "id" | "source"> {
  let reason = "there is no state directory";
  try {
    if (path !== null) return { id: keepNewId(path), source: "file" };
  } catch (error) {
    reason = `${path}: ${reasonOf(error)}`;
  }
  notice(`agent_id: the machine has no ID, and none can be kept (${reason}); this one is used until we end`);
  return { id: randomUUID(), source: "none" };
}

function ofVariable(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  const { success, error } = topicNameSchema.safeParse(text, IN_OUR_WORDS);
  if (!success) throw usageError(`${VARIABLE}: ${describeIssues(error)}`);
  return text;
}

function baseDirectory(): string | null {
  try {
    return defaultBaseDirectory();
  } catch {
    return null; // There is no home.
  }
}
