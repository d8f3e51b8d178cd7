import { fitText } from "../../../render/screen/fit_text.ts";
import type { Glyphs } from "../../../render/screen/sparkline.ts";
import type { Line } from "../../../render/screen/style.ts";

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["arrows, PgUp, PgDn, Home, End", "choose a process; in an open pane, scroll"],
  ["Enter", "open the pane to the whole screen, and close it"],
  ["l  e  a  i, Tab", "its log, its events, everybody's, all about it"],
  ["[ ] { }", "scroll the pane by a line, by a page"],
  ["/, n  N", "search the pane; further back, and forth"],
  ["w", "long lines go on in the next one, or are cut"],
  ["f", "filter: id, state, health, @group"],
  ["s  S, o", "sort by another column; reverse"],
  ["u  d  r", "start (up), stop (down), restart; it asks first"],
  ["c", "close its circuit breaker; it asks first"],
  ["k", "send it a signal (name or number); it asks first"],
  ["Esc", "end a search, close the pane, drop the filter"],
];
const QUITS = [
  ["Ctrl-Z, Ctrl-L", "to the shell; redraw"],
  ["q, Ctrl-C", "quit; the supervisor goes on"],
] as const;
const ENDS = [
  ["Ctrl-L", "redraw"],
  ["q", "stop everything, and end; it asks first"],
  ["Ctrl-C", "the same at once; again: kill what is left"],
] as const;
const KEYS_WIDTH = 30;

/** What the keys do. @param isOwn whether the screen is the supervisor's own */
export function helpLines(columns: number, isOwn: boolean, { ellipsis, bars }: Glyphs): Line[] {
  const notes = [
    "CPU and memory are those of the whole tree of a process; 100% is one core.",
    `In a log ${bars[0]} is standard output, ${bars[1]} standard error, ! said by proctor itself.`,
  ];
  return [
    [],
    ...[...KEYS, ...(isOwn ? ENDS : QUITS)].map(([keys, does]): Line => [
      [fitText(`  ${keys}`, Math.min(columns, KEYS_WIDTH + 2), ellipsis), "strong"],
      [fitText(does, Math.max(0, columns - KEYS_WIDTH - 2), ellipsis)],
    ]),
    [],
    ...notes.map((note): Line => [[fitText(`  ${note}`, columns, ellipsis), "dim"]]),
  ];
}
