import type { Refusal } from "./refusal.ts";

/** A request, whatever protocol it came in, and how what comes of it is written. All texts are JSON without newline. */
export interface Call {
  readonly method: string;
  readonly parameters: unknown;
  /** The message that carries a result, given as JSON. */
  answer(result: string): string;
  /** The message that says why there is none. */
  refuse(refusal: Refusal): string;
  /** A later message that belongs to this call. */
  event(name: string, result: string): string;
}
