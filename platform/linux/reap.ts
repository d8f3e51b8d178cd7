import { readEnvironmentOf } from "./descent.ts";
import { listDirectory } from "./directory.ts";
import { LinuxProcessReader } from "./process_reader.ts";
import { sendSignal } from "./send_signal.ts";

const NOTHING = { counters: true, io: false, switches: false, fileDescriptors: false };
const PATIENCE_MS = 5_000;
const PAUSE_MS = 5;

/** Kill what is left once; how many got the signal. */
function killMarked(marker: string): number {
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
 */
export async function reapMarked(marker: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (killMarked(marker) > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
