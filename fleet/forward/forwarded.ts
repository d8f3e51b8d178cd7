import type { Figures } from "../model/column.ts";
import type { TaskView } from "../model/view.ts";

/** A sample that others are told, or the end of a task's run. */
export interface Forwarded {
  readonly task: TaskView;
  readonly time: number;
  readonly figures: Figures;
  readonly custom: ReadonlyMap<string, number> | null;
  /** Nothing more is sampled of this run: the figures are those of its last sample, which was told before. */
  readonly isEnd: boolean;
}

/** What became of a request. */
export type Outcome =
  | { readonly kind: "taken" }
  /** It never will be: another try would come to the same. `isOfContent`: a part of it may well be taken. */
  | { readonly kind: "refused"; readonly why: string; readonly isOfContent: boolean }
  | { readonly kind: "again"; readonly why: string };

/** Where samples go to. */
export interface Destination {
  /** For people and for what is stored of it: without a password. */
  readonly name: string;
  /** So many samples make a request at most. */
  readonly mostSamples: number;
  /** Make ready what is needed there; before the first request, and until it is `taken`. */
  prepare?(signal: AbortSignal): Promise<Outcome>;
  /** Send samples, those of a task in the order of time. Never throws. */
  send(samples: readonly Forwarded[], signal: AbortSignal): Promise<Outcome>;
}

/** How a destination is doing. */
export interface ForwardReport {
  readonly destination: string;
  /** Samples that were taken. */
  readonly sent: number;
  /** Samples that it refused. */
  readonly dropped: number;
  /** Requests that are sent again. */
  readonly failed: number;
  /** Samples in memory that wait. */
  readonly waiting: number;
  /** Whether what waits is in the store alone, and is read from there. */
  readonly isCatchingUp: boolean;
  /** Why the last request was not taken; null where it was. */
  readonly why: string | null;
}
