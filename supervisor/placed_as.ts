import type { Definition } from "./definition.ts";

/**
 * A definition with the place among all others that another one of its id has: what it waits for and restarts with, and
 * what it is found by. None of that is anything a process runs by, and others of that place may be gone.
 */
export function placedAs(definition: Definition, other: Definition): Definition {
  const { depends_on, restart_with, groups } = other.shown;
  return {
    ...definition,
    dependsOn: other.dependsOn,
    restartWith: other.restartWith,
    groups: other.groups,
    shown: { ...definition.shown, depends_on, restart_with, groups },
  };
}
