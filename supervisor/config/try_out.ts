import type { Definition } from "../definition.ts";

/** What a definition cannot be carried out for, and the key that says so. */
export interface TryFault {
  readonly id: string;
  readonly path: readonly string[];
  readonly message: string;
}

/** Tries all definitions of a configuration that has no other fault, and changes nothing. */
export type TryOut = (definitions: readonly Definition[]) => TryFault[];
