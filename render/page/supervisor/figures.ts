/** What can be done to a process in a state; nothing of what the supervisor only looks after. */
export function actionsOf({ state, type }: { readonly state: string; readonly type: string }): Action[] {
  if (type === "unmanaged") return [];
  if (state === "stopped" || state === "disabled") return ["start"];
  if (state === "failed") return ["start", "reset"];
  return state === "backoff" ? ["stop", "restart"] : ["stop", "restart", "signal"];
}

/** Something to be done to a process. */
export type Action = "start" | "stop" | "restart" | "reset" | "signal";

/** How an action is named on its button. */
export const ACTION_WORDS: Readonly<Record<Action, string>> = {
  start: "Start",
  stop: "Stop",
  restart: "Restart",
  reset: "Reset",
  signal: "Signal",
};

/** What comes of an action, for the question before it; null for what needs none. */
export function consequence(action: Action, id: string, dependents: readonly string[]): string | null {
  const others = dependents.length === 0
    ? ""
    : dependents.length === 1
    ? ` ${dependents[0]} depends on it.`
    : ` ${dependents.slice(0, 5).join(", ")}${dependents.length > 5 ? " and others" : ""} depend on it.`;
  switch (action) {
    case "stop":
      return `${id} and all that it has started end, and stay so until somebody starts it.${others}`;
    case "restart":
      return `${id} and all that it has started end, and it is started again.${others}`;
    default:
      return null;
  }
}
