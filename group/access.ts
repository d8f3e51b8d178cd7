import type { GroupState, StartedCommand } from "./group_state.ts";

/**
 * What stands behind the public handles, for the rooms above that watch them. Held weakly from the handle's side: who
 * knows the state does not keep the handle, so that a forgotten group is still ended.
 */
const states = new WeakMap<object, GroupState>();
const commands = new WeakMap<object, { state: GroupState; started: StartedCommand }>();

/** Remember the state of a `ProcessGroup`; called by its constructor. */
export function rememberGroup(group: object, state: GroupState): void {
  states.set(group, state);
}

/** Remember what a `RunningProcess` stands for; called by its constructor. */
export function rememberProcess(running: object, state: GroupState, started: StartedCommand): void {
  commands.set(running, { state, started });
}

/** The state of a `ProcessGroup`; undefined for anything else. */
export function stateOf(group: object): GroupState | undefined {
  return states.get(group);
}

/** The started command, and its group's state, behind a `RunningProcess`; undefined for anything else. */
export function commandOf(running: object): { state: GroupState; started: StartedCommand } | undefined {
  return commands.get(running);
}
