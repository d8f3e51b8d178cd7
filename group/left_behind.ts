import type { Container, Platform } from "../platform/mod.ts";
import { onChildEnd } from "./child_ends.ts";

/** A signal may get lost. */
const LOOK_AGAIN_MS = 1_000;

/** Children of ours that go on without a group. */
const left = new Set<number>();
let endWatch: (() => void) | undefined;

/**
 * Take a child of ours out of the process table when it ends, however long that may take: its group is gone. Keeps no
 * program alive; who ends before it leaves it to init.
 */
export function buryInTime(platform: Platform, pid: number): void {
  left.add(pid);
  platform.leaveChild(pid);
  endWatch ??= watch(platform);
}

/** A group has taken it up again. */
export function takeBack(pid: number): void {
  left.delete(pid);
}

function watch(platform: Platform): () => void {
  const look = () => {
    for (const pid of left) {
      if (platform.isHeldElsewhere(pid)) left.delete(pid);
      if (!left.has(pid)) continue;
      if (platform.hasEnded(pid)) platform.bury(pid);
      else if (platform.isChild(pid)) continue;
      else platform.unholdChild(pid);
      left.delete(pid);
    }
    if (left.size > 0) return;
    endWatch?.();
    endWatch = undefined;
  };
  const stopListening = onChildEnd(platform, look);
  const timer = setInterval(look, LOOK_AGAIN_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    stopListening();
  };
}

/** What was killed becomes a zombie a moment after it has left its cgroup; on a busy machine, some moments. */
const STRAGGLERS_AFTER_MS = [20, 200, 1_000, 3_000];
let stragglersDue: ReturnType<typeof setTimeout>[] = [];

/**
 * Poll a few times for unseen dead members of closed groups: with the last group closed, no other poll is left.
 */
export function buryStragglers(platform: Platform, container: Container): void {
  stragglersDue.forEach(clearTimeout);
  stragglersDue = STRAGGLERS_AFTER_MS.map((ms) => {
    const timer = setTimeout(() => {
      // Mostly nobody has: one call tells, where all children would be asked one by one.
      if (platform.endedChild() === 0) return;
      for (const pid of platform.endedChildren()) {
        if (!platform.isHeldElsewhere(pid) && container.isOfGone(pid)) platform.bury(pid);
      }
    }, ms);
    timer.unref();
    return timer;
  });
}
