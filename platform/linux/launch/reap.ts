import { ownProc } from "../proc/own_proc.ts";
import { readEnvironmentOf } from "../processes/descent.ts";
import { LinuxProcessReader } from "../processes/process_reader.ts";
import { sendSignal } from "../processes/send_signal.ts";
import { listDirectory } from "../sys/directory.ts";

const NOTHING = { counters: true, io: false, switches: false, fileDescriptors: false };
const PATIENCE_MS = 5_000;
const PAUSE_MS = 5;

/** Kill what is left once; how many got the signal. */
function killMarked(marker: string): number {
  if (!ownProc()) return 0;
  const readers = listDirectory("/proc").map(({ name }) => Number(name)).filter((pid) =>
    pid > 0 && pid !== process.pid
  )
    .flatMap((pid) => LinuxProcessReader.open(pid, NOTHING) ?? []);
  const marked = readers.filter((reader) => readEnvironmentOf(reader.pid).includes(marker));
  const sessions = new Set(
    marked.filter((reader) => reader.session === reader.pid).map((reader) => reader.session),
  );
  const doomed = readers.filter((reader) =>
    !reader.isZombie && (marked.includes(reader) || sessions.has(reader.session))
  );
  const killed = doomed.filter((reader) => sendSignal(reader, "SIGKILL")).length;
  readers.forEach((reader) => reader.close());
  return killed;
}

/**
 * What a guard without a cgroup does when its owner has died: kills every process that carries the group's mark in its
 * environment, and whatever shares a session with one, until none is left.
 *
 * While a process is in execve(2) it has no environment to read: only when two looks in a row find nobody, nobody is
 * there.
 */
export async function reapMarked(marker: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let empty = 0; empty < 2 && performance.now() < deadline;) {
    empty = killMarked(marker) > 0 ? 0 : empty + 1;
    if (empty < 2) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
