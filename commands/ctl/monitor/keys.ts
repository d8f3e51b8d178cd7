import type { ProcessStatus } from "../../../supervisor/control.ts";
import { typed } from "../../screen/key.ts";
import type { Key } from "../../screen/key.ts";
import { press } from "../../screen/press.ts";
import type { ScreenEffect } from "../../screen/press.ts";
import { SUGGESTED_SIGNAL, typedSignal } from "../../screen/signal_prompt.ts";
import type { Pane } from "./panes.ts";
import { findFrom } from "./search.ts";
import { PANES, SORTS } from "./state.ts";
import type { Action, Deed, MonitorState, PaneName } from "./state.ts";

/** What a key was pressed at. */
export interface Situation {
  readonly rows: readonly ProcessStatus[];
  readonly pane: Pane;
  /** How many processes the screen holds, and how many lines of the pane. */
  readonly pageLength: number;
  readonly paneLength: number;
}

/** What has to be done besides, which only the world outside can. */
export type Effect = ScreenEffect | Deed;

/** The state after a key, and what else is to be done. */
export type Outcome = readonly [state: MonitorState, effect?: Effect];

/** What a key does. Pure: the same key at the same place does the same. */
export function pressKey(before: MonitorState, key: Key, at: Situation): Outcome {
  return press({ inPrompt: pressInPrompt, named: NAMED, typed: TYPED }, before, key, at);
}

type Does = (state: MonitorState, at: Situation) => Outcome;

/** In the open pane the keys that move go through its lines, else through the processes. */
const moving = (by: number | "page" | "all", sign: number): Does => (state, at) => {
  const page = state.isOpen ? at.paneLength : at.pageLength;
  const steps = sign * (by === "page" ? page : by === "all" ? Infinity : by);
  return [state.isOpen ? scrollPane(state, at, steps) : move(state, at, steps)];
};

/** Keys that have a name. */
const NAMED: Readonly<Record<string, Does>> = {
  up: moving(1, -1),
  down: moving(1, 1),
  pageup: moving("page", -1),
  pagedown: moving("page", 1),
  home: moving("all", -1),
  end: moving("all", 1),
  tab: (state) => [showPane(state, after(PANES, state.pane, 1))],
  right: (state) => [showPane(state, after(PANES, state.pane, 1))],
  left: (state) => [showPane(state, after(PANES, state.pane, -1))],
  return: (state) => [{ ...state, isOpen: !state.isOpen }],
  enter: (state) => [{ ...state, isOpen: !state.isOpen }],
  escape: (state) => [stepBack(state)],
};

/** Keys that are what they type. */
const TYPED: Readonly<Record<string, Does>> = {
  "q": quit,
  "?": (state) => [{ ...state, showsHelp: true }],
  "h": (state) => [{ ...state, showsHelp: true }],
  "l": (state) => [showPane(state, "log")],
  "e": (state) => [showPane(state, "events")],
  "a": (state) => [showPane(state, "all events")],
  "i": (state) => [showPane(state, "info")],
  "w": (state) => [{ ...state, wraps: !state.wraps }],
  "s": (state) => [{ ...state, sort: after(SORTS, state.sort, 1), isReversed: false }],
  "S": (state) => [{ ...state, sort: after(SORTS, state.sort, -1), isReversed: false }],
  "o": (state) => [{ ...state, isReversed: !state.isReversed }],
  "f": (state) => [{ ...state, prompt: { kind: "filter", text: state.filter, before: state.filter } }],
  "/": (state) => [{ ...state, prompt: { kind: "search", text: "", before: state.search } }],
  "n": (state, at) => [searchOn(state, at, 1)],
  "N": (state, at) => [searchOn(state, at, -1)],
  "[": (state, at) => [scrollPane(state, at, -1)],
  "]": (state, at) => [scrollPane(state, at, 1)],
  "{": (state, at) => [scrollPane(state, at, -at.paneLength)],
  "}": (state, at) => [scrollPane(state, at, at.paneLength)],
  "u": asking("start"),
  "d": asking("stop"),
  "r": asking("restart"),
  "c": asking("reset"),
  "k": (state) => onChosen(state, (id) => ({ kind: "signal", text: SUGGESTED_SIGNAL, id })),
};

function after<T>(list: readonly T[], item: T, step: number): T {
  return list[(list.indexOf(item) + step + list.length) % list.length];
}

function asking(action: Action): Does {
  return (state) =>
    onChosen(
      state,
      (id) => ({ kind: "question", words: `${action} ${id}`, deed: { kind: "act", action, id } }),
    );
}

/** Ask something about the process that is chosen. */
function onChosen(state: MonitorState, promptOf: (id: string) => MonitorState["prompt"]): Outcome {
  const { selected } = state;
  return [
    selected === null
      ? { ...state, message: "no process is chosen" }
      : { ...state, prompt: promptOf(selected) },
  ];
}

function quit(state: MonitorState): Outcome {
  if (!state.isOwn) return [state, { kind: "quit" }];
  const question = { kind: "question", words: "stop everything, and end", deed: { kind: "end" } } as const;
  return [{ ...state, prompt: question }];
}

function move(state: MonitorState, { rows }: Situation, by: number): MonitorState {
  const cursor = Math.max(0, Math.min(rows.length - 1, state.cursor + by));
  const selected = rows[cursor]?.id ?? null;
  if (selected === state.selected) return { ...state, cursor };
  // Where one was in the log of another says nothing of this one's.
  const isAll = state.pane === "all events";
  return { ...state, cursor, selected, ...(isAll ? {} : { anchor: null, match: null }) };
}

function showPane(state: MonitorState, pane: PaneName): MonitorState {
  return pane === state.pane ? state : { ...state, pane, anchor: null, match: null };
}

/** What one would undo next. */
function stepBack(state: MonitorState): MonitorState {
  if (state.search !== "" || state.anchor !== null) {
    return { ...state, search: "", match: null, anchor: null };
  }
  if (state.isOpen) return { ...state, isOpen: false };
  return { ...state, filter: "" };
}

/** A pane that one goes through stands still; at its natural end it goes on by itself. */
function scrollPane(state: MonitorState, { pane, paneLength }: Situation, by: number): MonitorState {
  const { first, end, isTail } = pane;
  const wraps = state.wraps || pane.wraps;
  if (end - first <= paneLength && !wraps) return { ...state, anchor: null };
  if (isTail) {
    const lowest = Math.min(end - 1, first + paneLength - 1);
    const anchor = Math.max(lowest, (state.anchor ?? end - 1) + by);
    return { ...state, anchor: anchor >= end - 1 ? null : anchor };
  }
  const anchor = Math.min(wraps ? end - 1 : end - paneLength, (state.anchor ?? first) + by);
  return { ...state, anchor: anchor <= first ? null : anchor };
}

/** @param sign 1 goes on in the direction that one searches in: back in time, where the newest is last */
function searchOn(state: MonitorState, at: Situation, sign: number): MonitorState {
  if (state.search === "") return { ...state, message: "search with / first" };
  const { pane } = at;
  const step = (pane.isTail ? -1 : 1) * sign;
  const from = state.match === null ? startOf(pane) : state.match + step;
  const found = findFrom(pane, state.search, from, step);
  if (found !== null) return showMatch(state, at, found);
  return { ...state, message: state.match === null ? `nothing has "${state.search}"` : "no more of it" };
}

function startOf({ isTail, first, end }: Pane): number {
  return isTail ? end - 1 : first;
}

/** A line that was found stands in the middle, with what was around it. */
function showMatch(
  state: MonitorState,
  { pane, paneLength }: Pick<Situation, "pane" | "paneLength">,
  match: number,
): MonitorState {
  const half = Math.floor(paneLength / 2);
  const anchor = pane.isTail ? Math.min(pane.end - 1, match + half) : Math.max(pane.first, match - half);
  return { ...state, match, anchor };
}

function pressInPrompt(state: MonitorState, key: Key, at: Situation): Outcome {
  const prompt = state.prompt!;
  if (prompt.kind === "question") {
    const answered = { ...state, prompt: null };
    if (key.text !== "y" && key.text !== "Y") return [{ ...answered, message: "nothing was done" }];
    return [answered, prompt.deed];
  }
  if (prompt.kind === "signal") return pressInSignal(state, prompt, key);
  const { kind, before } = prompt;
  if (key.name === "escape") {
    return [kind === "filter" ? { ...state, filter: before, prompt: null } : searching(state, at, "", null)];
  }
  if (key.name === "return" || key.name === "enter") {
    // Nothing typed: what was searched before.
    if (kind === "search" && prompt.text === "") {
      return [searchOn({ ...state, prompt: null, search: before }, at, 1)];
    }
    const isMissed = kind === "search" && state.match === null;
    return [{ ...state, prompt: null, message: isMissed ? `nothing has "${prompt.text}"` : null }];
  }
  const text = typed(prompt.text, key);
  return [
    kind === "filter"
      ? { ...state, filter: text, cursor: 0, prompt: { ...prompt, text } }
      : searching(state, at, text, { ...prompt, text }),
  ];
}

/** The supervisor knows its signals, which may be those of another system than ours. */
function pressInSignal(
  state: MonitorState,
  prompt: Extract<MonitorState["prompt"], { kind: "signal" }>,
  key: Key,
): Outcome {
  const { text: signal, id } = prompt;
  if (key.name === "escape") return [{ ...state, prompt: null }];
  if (key.name !== "return" && key.name !== "enter") {
    return [{ ...state, prompt: { ...prompt, text: typedSignal(signal, key) } }];
  }
  if (signal === "") return [{ ...state, prompt: null }];
  const deed = { kind: "signal", signal, id } as const;
  return [{ ...state, prompt: { kind: "question", words: `send ${signal} to ${id}`, deed } }];
}

/** It is found as it is typed. */
function searching(
  state: MonitorState,
  at: Pick<Situation, "pane" | "paneLength">,
  search: string,
  prompt: MonitorState["prompt"],
): MonitorState {
  const { pane } = at;
  const found = search === "" ? null : findFrom(pane, search, startOf(pane), pane.isTail ? -1 : 1);
  const typing = { ...state, search, prompt };
  return found === null ? { ...typing, match: null, anchor: null } : showMatch(typing, at, found);
}

/** What is searched for while it is typed may only come now. */
export function searchAgain(state: MonitorState, at: Pick<Situation, "pane" | "paneLength">): MonitorState {
  const { prompt, search, match } = state;
  return prompt?.kind !== "search" || search === "" || match !== null
    ? state
    : searching(state, at, search, prompt);
}

/** Bring cursor and scroll into line with processes that have changed. */
export function settle(
  state: MonitorState,
  rows: readonly ProcessStatus[],
  pageLength: number,
): MonitorState {
  const found = rows.findIndex(({ id }) => id === state.selected);
  const cursor = found >= 0 ? found : Math.max(0, Math.min(rows.length - 1, state.cursor));
  const selected = rows[cursor]?.id ?? null;
  const highest = Math.max(0, rows.length - pageLength);
  const scroll = Math.max(0, Math.min(highest, cursor, Math.max(state.scroll, cursor - pageLength + 1)));
  const isOther = selected !== state.selected;
  if (cursor === state.cursor && !isOther && scroll === state.scroll) return state;
  return { ...state, cursor, selected, scroll, ...(isOther ? { anchor: null, match: null } : {}) };
}
