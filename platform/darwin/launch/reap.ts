import { allPids, bsdInfo, isDead, uniqueInfo } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { environmentOf } from "../processes/process_words.ts";
import { signalNumber } from "../layout/signals.ts";
import { MEMBERS } from "./guard.ts";

const PATIENCE_MS = 5_000;
const PAUSE_MS = 5;

/**
 * What a guard does when its owner has died: kills whoever has a number that it was told, was started by one that has,
 * or carries the mark, until two looks in a row find nobody.
 * @param told the numbers, with spaces between
 */
export async function reapMarked(
  system: LibSystem,
  marker: string,
  told: string = process.env[MEMBERS] ?? "",
): Promise<void> {
  const members = new Set(told.split(" ").filter((id) => id !== "").map(Number));
  const deadline = performance.now() + PATIENCE_MS;
  for (let empty = 0; empty < 2 && performance.now() < deadline;) {
    empty = killMembers(system, marker, members) > 0 ? 0 : empty + 1;
    if (empty < 2) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Kill what is left once; how many got the signal. */
function killMembers(system: LibSystem, marker: string, members: Set<number>): number {
  let killed = 0;
  const left = new Set(allPids(system).filter((pid) => pid !== process.pid));
  // A parent may stand behind its children.
  for (let grown = true; grown;) {
    grown = false;
    for (const pid of left) {
      const unique = uniqueInfo(system, pid);
      if (!unique) continue;
      const isMember = members.has(unique.uniqueId) || members.has(unique.starterUniqueId) ||
        environmentOf(system, pid).includes(marker);
      if (!isMember) continue;
      left.delete(pid);
      members.add(unique.uniqueId);
      grown = true;
      const who = bsdInfo(system, pid);
      if ((!who || !isDead(who.status)) && system.c.kill(pid, signalNumber("SIGKILL")) === 0) killed++;
    }
  }
  return killed;
}
