import { fitText } from "../../render/screen/fit_text.ts";
import type { Glyphs } from "../../render/screen/sparkline.ts";
import type { Line } from "../../render/screen/style.ts";

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["arrows, PgUp, PgDn, Home, End", "move"],
  ["space, left, right", "fold, unfold; - folds all, + none"],
  ["Enter", "one process or group in detail; Enter or Esc goes back"],
  ["s, S", "sort by another column; r reverses"],
  ["P, M, T, N", "sort by CPU, memory, CPU time, PID"],
  ["g", "proctor's groups, all cgroups, or one flat list"],
  ["/", "filter: by command, name, user or PID"],
  ["f", "follow the chosen row as it moves"],
  ["k", "send a signal to it, after a question"],
  ["p", "pause, and go on"],
  ["[ ] { }", "back and forth in history; pauses"],
  ["i, 1", "columns of I/O; bars of CPUs"],
  ["a", "show the kernel's own threads, too"],
  ["Ctrl-Z, Ctrl-L", "to the shell; redraw"],
  ["q, Ctrl-C", "quit"],
];
const NOTES = [
  "100% of CPU is one core. Trees are sorted by what all of a tree uses.",
  "Sparklines: CPU from 0 to a core or more; memory from lowest to highest.",
];
const KEYS_WIDTH = 31;

/** What the keys do. */
export function helpLines(columns: number, { ellipsis }: Glyphs): Line[] {
  return [
    [],
    ...KEYS.map(([keys, does]): Line => [
      [fitText(`  ${keys}`, Math.min(columns, KEYS_WIDTH + 2), ellipsis), "strong"],
      [fitText(does, Math.max(0, columns - KEYS_WIDTH - 2), ellipsis)],
    ]),
    [],
    ...NOTES.map((note): Line => [[fitText(`  ${note}`, columns, ellipsis), "dim"]]),
  ];
}
