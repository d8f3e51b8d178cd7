import { everyBeat } from "./every_beat.ts";
import type { Platform } from "../platform/mod.ts";
import { onChildEnd } from "./child_ends.ts";
import { holderOf } from "./holders.ts";
import type { Holder } from "./holders.ts";

/** Waiters poll at this interval, in case a signal was lost. */
export const LOOK_AGAIN_MS = 1_000;

/** What is to be woken when something of a tree was reaped. */
const wakes = new Map<Holder, () => void>();
const patient = new Set<object>();
/** Those of them who look themselves. */
const looks = new Set<{ readonly look?: () => void }>();
let stopListening: (() => void) | undefined;
let endBeat: (() => void) | undefined;

/**
 * Reap the ended children of a tree, and call `wake`, whenever a child of ours has ended; returns how to end that. One
 * look serves all trees: a hundred that asked the kernel each would take longer than a process to start.
 */
export function reapFor(tree: Holder, wake: () => void): () => void {
  wakes.set(tree, wake);
  stopListening ??= onChildEnd(tree.platform, () => reapEnded(tree.platform));
  return () => {
    if (!wakes.delete(tree) || wakes.size > 0) return;
    stopListening?.();
    stopListening = undefined;
  };
}

/**
 * Reap every second what no signal has reported, and look whether something has come about, on one timer for all, until
 * the function returned is called. Keeps the program alive meanwhile.
 * @param look left out where whoever waits is woken by {@link reapFor} and its tree alone
 */
export function lookAgain(platform: Platform, look?: () => void): () => void {
  const own = { look };
  patient.add(own);
  if (look) looks.add(own);
  endBeat ??= everyBeat(LOOK_AGAIN_MS, () => {
    reapEnded(platform);
    for (const { look } of [...looks]) look?.();
  }, { keepsAlive: true });
  return () => {
    looks.delete(own);
    if (!patient.delete(own) || patient.size > 0) return;
    endBeat?.();
    endBeat = undefined;
  };
}

function reapEnded(platform: Platform): void {
  for (let pid = platform.endedChild(); pid !== 0; pid = platform.endedChild()) {
    const tree = holderOf(pid);
    const wake = tree && wakes.get(tree);
    // No tree is known to own it: each checks whether it is an orphan of its own.
    if (!wake || tree.reapEnded() === 0) return reapForAll();
    wake();
  }
}

function reapForAll(): void {
  for (const [tree, wake] of [...wakes]) {
    if (!wakes.has(tree)) continue;
    tree.reapEnded();
    wake();
  }
}
