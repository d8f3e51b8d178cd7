/*
 * usage: stand_program.ts: stands still and says by lines of JSON what ended that, for tests; a runtime's test runner
 * has event loops of its own.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs";
import process from "node:process";
import { loadPlatform } from "../../platform/mod.ts";

const LONG_MS = 20_000;
const platform = await loadPlatform();
const still = platform.standStill();
const turn = () => new Promise((resolve) => setImmediate(resolve));
const tell = (what: string, value: unknown) => console.log(JSON.stringify({ what, value }));

/** Stand until a condition holds, as a program does between two ticks; how long that took, in milliseconds. */
async function standUntil(holds: () => boolean): Promise<number> {
  const begun = performance.now();
  while (!holds() && performance.now() - begun < LONG_MS) if (still!.stand(LONG_MS)) await turn();
  return performance.now() - begun;
}

tell("can", still !== null);
if (still) {
  // What the start of this program has left to do is done first.
  while (still.stand(50)) await turn();
  for (const ms of [0.2, 1, 12.5, 80, -1]) {
    const begun = performance.now();
    const disturbed = still.stand(ms);
    tell("time", { ms, disturbed, took: performance.now() - begun });
  }
  let signals = 0;
  const handler = () => void signals++;
  process.on("SIGUSR2", handler);
  process.kill(process.pid, "SIGUSR2");
  tell("a signal before", await standUntil(() => signals === 1));
  const other = spawn("sh", ["-c", `sleep 0.2; kill -USR2 ${process.pid}`], { stdio: "ignore" });
  tell("a signal meanwhile", await standUntil(() => signals === 2));
  // It is there for longer than is stood: nothing but the stop ends that.
  const stopper = spawn("sh", [
    "-c",
    `sleep 0.2; kill -STOP ${process.pid}; sleep 0.2; kill -CONT ${process.pid}; exec sleep 60`,
  ], { stdio: "ignore" });
  while (still.stand(50)) await turn();
  const stoppedMs = performance.now();
  still.stand(LONG_MS);
  tell("a stop", performance.now() - stoppedMs);
  stopper.kill("SIGKILL");
  await new Promise((resolve) => stopper.once("exit", resolve));
  let text = "";
  readFile("/proc/self/comm", "utf8", (_error, read) => text = read);
  tell("another thread", await standUntil(() => text !== ""));
  await new Promise((resolve) => other.exitCode === null ? other.once("exit", resolve) : resolve(null));

  const child = spawn("sleep", ["0.3"], { stdio: "ignore" });
  const wanted = { counters: false, io: false, switches: false, fileDescriptors: false };
  const reader = platform.openProcess(child.pid!, wanted)!;
  tell("watches", still.watch(reader) && still.isWatching);
  tell("a process", await standUntil(() => !still.isWatching));
  await standUntil(() => child.exitCode !== null);
  tell("watches one that is gone", still.watch(reader));
  tell("watches another with its PID", still.watch({ pid: process.pid, birth: 1 }));
  reader.close();
  const [bell, rope] = platform.makePipe();
  // Left over from the child.
  while (still.stand(50, bell)) await turn();
  tell("silence", still.hasRung);
  const ringer = spawn("sh", ["-c", "sleep 0.3; echo >&3"], { stdio: ["ignore", "ignore", "ignore", rope] });
  const begun = performance.now();
  while (!still.hasRung && performance.now() - begun < LONG_MS) if (still.stand(LONG_MS, bell)) await turn();
  tell("a bell", performance.now() - begun);
  await new Promise((resolve) => ringer.exitCode === null ? ringer.once("exit", resolve) : resolve(null));
  while (still.stand(50)) await turn();
  const undisturbed = still.stand(LONG_MS, bell);
  tell("rings alone", [undisturbed, still.hasRung]);
  still.stand(1);
  tell("unheard", still.hasRung);
  for (const end of [bell, rope]) platform.closeDescriptor(end);
  still.close();
}
