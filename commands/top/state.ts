import type { HostProcess } from "../../host/process_table.ts";

/** Columns that rows are sorted by. */
export const SORTS = ["cpu", "memory", "io", "network", "time", "pid", "name"] as const;
/** A column that rows are sorted by. */
export type Sort = typeof SORTS[number];

/** Ways to gather processes. */
export const VIEWS = ["groups", "cgroups", "flat"] as const;
/** A way to gather processes: by proctor's groups, by control groups, or not at all. */
export type View = typeof VIEWS[number];

/** Who is to get a signal. */
export interface Target {
  /** As the question names them. */
  readonly words: string;
  readonly processes: readonly HostProcess[];
}

/** What is being typed, or asked. */
export type Prompt =
  | { readonly kind: "filter"; readonly text: string; readonly before: string }
  | { readonly kind: "signal"; readonly text: string; readonly target: Target }
  | { readonly kind: "question"; readonly signal: string; readonly target: Target };

/** All that the keys have brought about. */
export interface TopState {
  readonly sort: Sort;
  readonly isReversed: boolean;
  readonly view: View;
  readonly filter: string;
  readonly showsKernel: boolean;
  /** Whether it is counted what processes receive and send. */
  readonly showsNetwork: boolean;
  /** Whether there is a column of each for what is read and written, even where there is little room. */
  readonly showsIo: boolean;
  /** Whether each CPU has a bar, where there is room for them. */
  readonly showsCores: boolean;
  /** Only these and their descendants are shown; all when empty. */
  readonly roots: readonly number[];
  readonly folded: ReadonlySet<string>;
  /** Index of the chosen row, and what row it is. */
  readonly cursor: number;
  readonly selected: string | null;
  /** Index of the first row on the screen. */
  readonly scroll: number;
  /** Whether the cursor stays with its row, wherever that goes. */
  readonly follows: boolean;
  /** The tick that is shown while the screen stands still; null: always the newest. */
  readonly pausedAt: number | null;
  readonly prompt: Prompt | null;
  readonly showsHelp: boolean;
  /** Whether the chosen process or group is shown alone, in detail. */
  readonly showsDetails: boolean;
  /** Told until the next key. */
  readonly message: string | null;
}

/** How top begins. */
export const INITIAL_STATE: TopState = {
  sort: "cpu",
  isReversed: false,
  view: "groups",
  filter: "",
  showsKernel: false,
  showsNetwork: false,
  showsIo: false,
  showsCores: true,
  roots: [],
  folded: new Set(),
  cursor: 0,
  selected: null,
  scroll: 0,
  follows: false,
  pausedAt: null,
  prompt: null,
  showsHelp: false,
  showsDetails: false,
  message: null,
};
