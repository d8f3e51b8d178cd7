import type { Platform } from "../platform/mod.ts";
import { takeBack } from "./left_behind.ts";

/** A tree that holds its members: it waits for those of them that are, or become, children of this program. */
export interface Holder {
  readonly platform: Platform;
  /** Take every ended child of ours that is its own out of the process table; how many. */
  reapEnded(): number;
}

/** The members of every tree that this program holds: what one of them is to wait for, no other may. */
const HELD = new Map<number, Holder>();

/** The tree of this program that holds the process, if any does. */
export function holderOf(pid: number): Holder | undefined {
  return HELD.get(pid);
}

/** Whether the process is held by a tree, be it one of another thread's. */
export function isHeld(platform: Platform, pid: number): boolean {
  return HELD.has(pid) || platform.isHeldElsewhere(pid);
}

/** From now on this tree alone waits for the process. */
export function hold(pid: number, holder: Holder): void {
  HELD.set(pid, holder);
  takeBack(pid);
  holder.platform.holdChild(pid);
}

/** The tree waits for the process no longer; whether it was its own until now. */
export function letGo(pid: number, holder: Holder): boolean {
  if (HELD.get(pid) !== holder) return false;
  HELD.delete(pid);
  holder.platform.unholdChild(pid);
  return true;
}
