import type { HostProcess } from "../../host/process_table.ts";
import { typed } from "../screen/key.ts";
import type { Key } from "../screen/key.ts";
import { press } from "../screen/press.ts";
import type { ScreenEffect } from "../screen/press.ts";
import { SUGGESTED_SIGNAL, typedSignal } from "../screen/signal_prompt.ts";
import { canFold, depthOf, isFolded, membersOf } from "./rows.ts";
import type { Row } from "./rows.ts";
import { SORTS, VIEWS } from "./state.ts";
import type { Sort, Target, TopState } from "./state.ts";

/** What a key was pressed at. */
export interface Situation {
  readonly rows: readonly Row[];
  /** How many rows the screen holds. */
  readonly pageLength: number;
  /** The oldest and the newest tick there are. */
  readonly firstTick: number;
  readonly lastTick: number;
  /** `SIGTERM` for `TERM`, `sigterm` or `15`; null when there is no such signal. */
  readonly signalName: (text: string) => string | null;
}

/** What has to be done besides, which only the world outside can. */
export type Effect =
  | ScreenEffect
  | { readonly kind: "signal"; readonly signal: string; readonly processes: readonly HostProcess[] };

/** The state after a key, and what else is to be done. */
export type Outcome = readonly [state: TopState, effect?: Effect];

/** What a key does. Pure: the same key at the same place does the same. */
export function pressKey(before: TopState, key: Key, at: Situation): Outcome {
  return press({ inPrompt: pressInPrompt, named: NAMED, typed: TYPED }, before, key, at);
}

type Action = (state: TopState, at: Situation) => Outcome;

/** Keys that have a name. */
const NAMED: Readonly<Record<string, Action>> = {
  up: (state, at) => move(state, at, -1),
  down: (state, at) => move(state, at, 1),
  pageup: (state, at) => move(state, at, -at.pageLength),
  pagedown: (state, at) => move(state, at, at.pageLength),
  home: (state, at) => move(state, at, -Infinity),
  end: (state, at) => move(state, at, Infinity),
  left: (state, at) => state.pausedAt === null ? fold(state, at, true) : stepBack(state, at, 1),
  right: (state, at) => state.pausedAt === null ? fold(state, at, false) : stepBack(state, at, -1),
  space: (state, at) => fold(state, at, undefined),
  return: (state, at) => openDetails(state, at),
  enter: (state, at) => openDetails(state, at),
  escape: (
    state,
  ) => [
    state.showsDetails
      ? { ...state, showsDetails: false }
      : state.filter === ""
      ? { ...state, follows: false }
      : { ...state, filter: "" },
  ],
};

/** Keys that are what they type. */
const TYPED: Readonly<Record<string, Action>> = {
  "q": (state) => [state, { kind: "quit" }],
  "?": (state) => [{ ...state, showsHelp: true }],
  "h": (state) => [{ ...state, showsHelp: true }],
  "s": (state) => [{ ...state, sort: after(sortsOf(state), state.sort, 1), isReversed: false }],
  "S": (state) => [{ ...state, sort: after(sortsOf(state), state.sort, -1), isReversed: false }],
  "r": (state) => [{ ...state, isReversed: !state.isReversed }],
  "P": (state) => [{ ...state, sort: "cpu", isReversed: false }],
  "M": (state) => [{ ...state, sort: "memory", isReversed: false }],
  "T": (state) => [{ ...state, sort: "time", isReversed: false }],
  "N": (state) => [{ ...state, sort: "pid", isReversed: false }],
  "g": (state) => [{ ...state, view: after(VIEWS, state.view, 1), scroll: 0, cursor: 0 }],
  "i": (state) => [{ ...state, showsIo: !state.showsIo }],
  "1": (state) => [{ ...state, showsCores: !state.showsCores }],
  "a": (state) => [{ ...state, showsKernel: !state.showsKernel }],
  "/": (state) => [{ ...state, prompt: { kind: "filter", text: state.filter, before: state.filter } }],
  "-": (state, at) => [{ ...state, folded: new Set(at.rows.filter(canFold).map(({ id }) => id)) }],
  "+": (state) => [{ ...state, folded: new Set() }],
  "f": (state) => [{ ...state, follows: !state.follows }],
  "k": askForSignal,
  "p": (state, at) => [{ ...state, pausedAt: state.pausedAt === null ? at.lastTick : null }],
  "[": (state, at) => stepBack(state, at, 1),
  "]": (state, at) => stepBack(state, at, -1),
  "{": (state, at) => stepBack(state, at, 10),
  "}": (state, at) => stepBack(state, at, -10),
};

/** The columns that there are. */
function sortsOf({ showsNetwork }: TopState): readonly Sort[] {
  return showsNetwork ? SORTS : SORTS.filter((sort) => sort !== "network");
}

function after<T>(list: readonly T[], item: T, step: number): T {
  return list[(list.indexOf(item) + step + list.length) % list.length];
}

function move(state: TopState, { rows }: Situation, by: number): Outcome {
  const cursor = Math.max(0, Math.min(rows.length - 1, state.cursor + by));
  return [{ ...state, cursor, selected: rows[cursor]?.id ?? null }];
}

/** Open the details of the chosen row, or close them: they stay with it, wherever it goes. */
function openDetails(state: TopState, { rows }: Situation): Outcome {
  const showsDetails = !state.showsDetails && rows[state.cursor] !== undefined;
  return [{ ...state, showsDetails }];
}

/** @param how undefined turns it around */
function fold(state: TopState, { rows }: Situation, how: boolean | undefined): Outcome {
  const row = rows[state.cursor];
  if (!row) return [state];
  const willFold = how ?? !isFolded(row);
  if (willFold && (!canFold(row) || isFolded(row))) return how ? toParent(state, rows) : [state];
  const folded = new Set(state.folded);
  if (willFold) folded.add(row.id);
  else folded.delete(row.id);
  return [{ ...state, folded }];
}

/** From something that cannot be folded, the next step to the left is its parent. */
function toParent(state: TopState, rows: readonly Row[]): Outcome {
  const depth = depthOf(rows[state.cursor]);
  for (let cursor = state.cursor - 1; cursor >= 0; cursor--) {
    if (depthOf(rows[cursor]) < depth) return [{ ...state, cursor, selected: rows[cursor].id }];
  }
  return [state];
}

/** Go back in history; that pauses. Stepping beyond the newest tick goes on live. */
function stepBack(state: TopState, { firstTick, lastTick }: Situation, by: number): Outcome {
  const tick = (state.pausedAt ?? lastTick) - by;
  if (tick > lastTick) return [{ ...state, pausedAt: null }];
  return [{ ...state, pausedAt: Math.max(firstTick, tick) }];
}

function askForSignal(state: TopState, { rows }: Situation): Outcome {
  const row = rows[state.cursor];
  if (!row) return [state];
  return [{ ...state, prompt: { kind: "signal", text: SUGGESTED_SIGNAL, target: targetOf(row) } }];
}

/** Who is meant by a row: a process alone, or all of a group or a folded tree. */
function targetOf(row: Row): Target {
  const processes = membersOf(row).map(({ process }) => process);
  if (row.kind === "heading") return { words: `the ${counted(processes.length)} of ${row.title}`, processes };
  const { name, pid } = row.process;
  const more = processes.length > 1 ? ` and the ${counted(processes.length - 1)} below it` : "";
  return { words: `${name} (${pid})${more}`, processes };
}

function counted(count: number): string {
  return count === 1 ? "one process" : `${count} processes`;
}

function pressInPrompt(state: TopState, key: Key, at: Situation): Outcome {
  const prompt = state.prompt!;
  if (prompt.kind === "question") {
    const answered = { ...state, prompt: null };
    if (key.text !== "y" && key.text !== "Y") return [{ ...answered, message: "no signal was sent" }];
    return [answered, { kind: "signal", signal: prompt.signal, processes: prompt.target.processes }];
  }
  if (key.name === "escape") {
    return [
      prompt.kind === "filter"
        ? { ...state, filter: prompt.before, prompt: null }
        : { ...state, prompt: null },
    ];
  }
  if (key.name === "return" || key.name === "enter") {
    if (prompt.kind === "filter") return [{ ...state, prompt: null }];
    const signal = at.signalName(prompt.text);
    if (signal === null) return [{ ...state, prompt: null, message: `there is no signal "${prompt.text}"` }];
    return [{ ...state, prompt: { kind: "question", signal, target: prompt.target } }];
  }
  if (prompt.kind === "signal") {
    return [{ ...state, prompt: { ...prompt, text: typedSignal(prompt.text, key) } }];
  }
  const text = typed(prompt.text, key);
  // The rows change while it is typed: the cursor begins anew.
  return [{ ...state, filter: text, cursor: 0, prompt: { ...prompt, text } }];
}

/** Bring cursor and scroll into line with rows that have changed. */
export function settle(state: TopState, rows: readonly Row[], pageLength: number): TopState {
  const found = state.follows || state.showsDetails ? rows.findIndex(({ id }) => id === state.selected) : -1;
  const cursor = found >= 0 ? found : Math.max(0, Math.min(rows.length - 1, state.cursor));
  // What is followed and not there, filtered or folded away for a while, is waited for.
  const selected = (state.follows || state.showsDetails) && found < 0 && state.selected !== null
    ? state.selected
    : rows[cursor]?.id ?? null;
  const highest = Math.max(0, rows.length - pageLength);
  const scroll = Math.max(0, Math.min(highest, cursor, Math.max(state.scroll, cursor - pageLength + 1)));
  if (cursor === state.cursor && selected === state.selected && scroll === state.scroll) return state;
  return { ...state, cursor, selected, scroll };
}
