import type { Style } from "../../../render/screen/style.ts";
import type { ProcessState, ProcessStatus } from "../../../supervisor/control.ts";

/** The looks of a process's state. */
export const STATE_STYLES: Readonly<Record<ProcessState, Style | undefined>> = {
  running: "good",
  starting: "warm",
  stopping: "warm",
  backoff: "warn",
  failed: "hot",
  stopped: "dim",
  disabled: "dim",
};

/** The looks of its health. */
export const HEALTH_STYLES: Readonly<Record<NonNullable<ProcessStatus["health"]>, Style>> = {
  healthy: "good",
  unhealthy: "hot",
  unknown: "dim",
};

/** The looks of the reason why it is as it is. */
export function reasonStyle({ state, health }: ProcessStatus): Style | undefined {
  return state === "running" && health === "unhealthy" ? HEALTH_STYLES.unhealthy : STATE_STYLES[state];
}
