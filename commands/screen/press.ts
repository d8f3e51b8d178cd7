import type { Key } from "./key.ts";

/** What the state of every screen has. */
interface ScreenState {
  /** What is told until a key is pressed. */
  readonly message: string | null;
  /** What is being asked for. */
  readonly prompt: object | null;
  readonly showsHelp: boolean;
}

/** What every screen leaves to the world outside. */
export type ScreenEffect =
  | { readonly kind: "quit" }
  | { readonly kind: "suspend" }
  | { readonly kind: "redraw" };

/** What the keys of a screen do, each to a state in a situation. */
export interface Keys<State, Situation, Outcome> {
  readonly inPrompt: (state: State, key: Key, at: Situation) => Outcome;
  /** Keys that have a name. */
  readonly named: Readonly<Record<string, (state: State, at: Situation) => Outcome>>;
  /** Keys that are what they type. */
  readonly typed: Readonly<Record<string, (state: State, at: Situation) => Outcome>>;
}

/** The state after a key, and what else is to be done. Pure: the same key at the same place does the same. */
export function press<State extends ScreenState, Situation, Effect>(
  keys: Keys<State, Situation, readonly [state: State, effect?: Effect]>,
  before: State,
  key: Key,
  at: Situation,
): readonly [state: State, effect?: Effect | ScreenEffect] {
  const state = before.message === null ? before : { ...before, message: null };
  if (key.ctrl && key.name === "c") return [state, { kind: "quit" }];
  if (key.ctrl && key.name === "z") return [state, { kind: "suspend" }];
  if (key.ctrl && key.name === "l") return [state, { kind: "redraw" }];
  if (state.prompt) return keys.inPrompt(state, key, at);
  if (state.showsHelp) return [{ ...state, showsHelp: false }];
  const action = (key.name !== undefined && keys.named[key.name]) ||
    (key.text !== undefined && keys.typed[key.text]);
  return action ? action(state, at) : [state];
}
