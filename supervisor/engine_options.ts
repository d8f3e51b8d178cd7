import { CALLBACK, FLAG, listOf, OBJECT, TEXT } from "../core/option.ts";
import type { Rules } from "../core/option.ts";
import type { ConfigInForce } from "./config/load.ts";
import type { SupervisorEvent } from "./control.ts";
import type { Display } from "./logs/display.ts";
import type { OwnOutput } from "./logs/own_stream.ts";
import type { Level } from "./process/supervised.ts";

/** How a supervisor is made, but for what concerns its handle. */
export interface EngineOptions {
  /** Its configuration file; without one it begins with `processes`, or with nothing to supervise. */
  readonly configFile?: string;
  /** Entries of `managed_processes`, instead of a file. */
  readonly processes?: readonly object[];
  /**
   * `processes` are what somebody wants now: what was decided about them before does not count, and a state directory
   * whose last supervisor has left anything else running is refused, since that would be ended.
   */
  readonly beginsAnew?: boolean;
  /** Over the configuration's `base_directory`. */
  readonly stateDirectory?: string;
  /** The `proplet_id` of metrics, over the configuration's; default: the host's name. */
  readonly propletId?: string;
  /** At the end processes are left running, for the next supervisor to take up. */
  readonly detachOnExit?: boolean;
  /** Called with lines for the supervisor's own log; by default there is none. */
  readonly say?: (level: Level, line: string) => void;
  /** Called with every event, from the first one on. */
  readonly onEvent?: (event: SupervisorEvent) => void;
  /**
   * Called with a configuration that was read again and is valid, before anything of it is applied. What it throws
   * refuses the reload; should that fail later, it is called again with the configuration that stays in force.
   */
  readonly beforeReload?: (config: ConfigInForce) => Promise<void>;
  /** Where logs that are to go to our own output go; default: the process's. */
  readonly stdout?: OwnOutput;
  /** The same for standard error. */
  readonly stderr?: OwnOutput;
  /** Whether colours may be used where `stdout` or `stderr` is a terminal; default false. */
  readonly colorsWelcome?: boolean;
  /** Show what processes write on `stdout` as well, each line behind the name of its process; default: none. */
  readonly display?: Display;
}

/** What each option of `Supervisor.start` may be. */
export const SUPERVISOR_RULES: Rules<EngineOptions & { beforeStart?: unknown }> = {
  configFile: TEXT,
  processes: listOf("a list of entries of managed_processes", OBJECT),
  beginsAnew: FLAG,
  stateDirectory: TEXT,
  propletId: TEXT,
  detachOnExit: FLAG,
  say: CALLBACK,
  onEvent: CALLBACK,
  beforeStart: CALLBACK,
  beforeReload: CALLBACK,
  stdout: OBJECT,
  stderr: OBJECT,
  colorsWelcome: FLAG,
  display: OBJECT,
};
