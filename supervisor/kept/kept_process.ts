import type { SavedGroup } from "../../core/schema/saved_group.ts";
import type { Definition } from "../definition.ts";
import { instanceBase } from "../instance_rows.ts";
import type { Signs } from "../health/signs.ts";
import type { Machine } from "../lifecycle/machine.ts";
import type { ProcessRun } from "../process/process_run.ts";
import { memoryToKeep } from "./process_memory.ts";
import type { KeptEndpoints, KeptProcess } from "./state_directory.ts";

/** What is longer is not kept: no command is. */
const MOST_WRITTEN_CHARACTERS = 100_000;

/** What there is to know of a process. */
export interface KeptFacts {
  readonly definition: Definition;
  readonly machine: Machine;
  readonly run: ProcessRun | null;
  readonly bootId: string;
  /** A group in which nothing runs yet. */
  readonly begun: SavedGroup | null;
  /** What it has told so far that its readiness is known by, and where it tells it. */
  readonly signs: Signs;
  /** When it is started next by its schedule. */
  readonly scheduledAtMs: number | null;
  /** Where it can send metrics of its own to. */
  readonly endpoints: KeptEndpoints | null;
}

/** What the next supervisor has to know of a process. */
export function keptProcess(facts: KeptFacts): KeptProcess {
  const { definition, machine, run, bootId, begun, signs, scheduledAtMs, endpoints } = facts;
  const { id, launch, source } = definition;
  const { length } = source.written;
  const isSourceKept = instanceBase(id) !== null && length > 0 && length <= MOST_WRITTEN_CHARACTERS;
  const group = run && !run.group.isClosed ? run.group.isKept ? run.group.save() : null : begun;
  return {
    version: 1,
    id,
    pid: run?.pid ?? null,
    start_time: run ? new Date(run.command.startTimeMs).toISOString() : null,
    cgroup: group?.directory ?? null,
    group,
    app_endpoints: group && endpoints,
    source: isSourceKept ? source : null,
    was_running: machine.state === "running",
    has_written: signs.isSeen,
    notify_socket: group && (signs.notify?.address ?? null),
    scheduled_at: scheduledAtMs === null ? null : new Date(scheduledAtMs).toISOString(),
    stop_signal: launch?.stopSignal ?? "SIGTERM",
    graceful_timeout_ms: launch?.gracefulTimeoutMs ?? 0,
    ...memoryToKeep(machine, definition, bootId),
  };
}
