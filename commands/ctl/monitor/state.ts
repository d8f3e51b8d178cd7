/** What processes are sorted by; `order` is that of the configuration, `state` has first who is in trouble. */
export const SORTS = ["order", "id", "state", "uptime", "restarts", "cpu", "memory"] as const;
/** What processes are sorted by. */
export type Sort = typeof SORTS[number];

/** What there is to see of the chosen process. */
export const PANES = ["log", "events", "all events", "info"] as const;
/** What there is to see of the chosen process. */
export type PaneName = typeof PANES[number];

/** What can be done to a process. */
export const ACTIONS = ["start", "stop", "restart", "reset"] as const;
/** What can be done to a process. */
export type Action = typeof ACTIONS[number];

/** What is done once a question was answered by yes. */
export type Deed =
  | { readonly kind: "act"; readonly action: Action; readonly id: string }
  | { readonly kind: "signal"; readonly signal: string; readonly id: string }
  /** The supervisor, with all that it keeps. */
  | { readonly kind: "end" };

/** What is being typed, or asked. */
export type Prompt =
  | { readonly kind: "filter" | "search"; readonly text: string; readonly before: string }
  | { readonly kind: "signal"; readonly text: string; readonly id: string }
  | { readonly kind: "question"; readonly words: string; readonly deed: Deed };

/** All that the keys have brought about. */
export interface MonitorState {
  /** Whether the screen is the supervisor's own: whoever quits ends it, with all that it keeps. */
  readonly isOwn: boolean;
  readonly sort: Sort;
  readonly isReversed: boolean;
  readonly filter: string;
  /** Index of the chosen process, and which one it is: it stays chosen wherever it goes. */
  readonly cursor: number;
  readonly selected: string | null;
  /** Index of the first process on the screen. */
  readonly scroll: number;
  readonly pane: PaneName;
  /** Whether what there is to see of the chosen process has the whole screen. */
  readonly isOpen: boolean;
  /** Whether a line that is too long goes on in the next one; else it is cut. */
  readonly wraps: boolean;
  /** The line of the pane that it stands still at; null: where it is by itself, a log at its end. */
  readonly anchor: number | null;
  readonly search: string;
  /** The line that was found last. */
  readonly match: number | null;
  readonly prompt: Prompt | null;
  readonly showsHelp: boolean;
  /** Told until the next key. */
  readonly message: string | null;
}

/** How the screen begins. */
export const INITIAL_STATE: MonitorState = {
  isOwn: false,
  sort: "order",
  isReversed: false,
  filter: "",
  cursor: 0,
  selected: null,
  scroll: 0,
  pane: "log",
  isOpen: false,
  wraps: false,
  anchor: null,
  search: "",
  match: null,
  prompt: null,
  showsHelp: false,
  message: null,
};
