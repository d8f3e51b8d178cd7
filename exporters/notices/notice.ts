/** How much a notice matters, least first. */
export const NOTICE_LEVELS = ["debug", "info", "warn", "error"] as const;
/** How much a notice matters. */
export type NoticeLevel = typeof NOTICE_LEVELS[number];

/** What a destination is told. */
export interface Notice {
  /** One line: what has happened, or how much, and where. */
  readonly title: string;
  /** A line for each thing that has happened, the oldest first. */
  readonly lines: readonly string[];
  /** That of what matters most. */
  readonly level: NoticeLevel;
  /** What a webhook is posted. */
  readonly json: unknown;
}
