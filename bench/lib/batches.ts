import { createInterface } from "node:readline";
import process from "node:process";

/**
 * Answer the bench from inside a measured program: for each line with a number of readings on stdin, do so many
 * and print the nanoseconds that all of them took.
 * @param clockMs what they are measured by
 */
export async function answerBatches(
  readings: (count: number) => void | Promise<void>,
  clockMs: () => number = () => performance.now(),
): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const start = clockMs();
    const pending = readings(Number(line));
    if (pending) await pending;
    console.log(Math.round((clockMs() - start) * 1e6));
  }
}

/** CPU of this process in ms, that of its collector and compilers included: it holds beside busy neighbours, too. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
