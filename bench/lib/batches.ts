import { createInterface } from "node:readline";
import process from "node:process";

/**
 * Answer the bench from inside a measured program: for each line with a number of readings on stdin, do so many
 * and print the nanoseconds that all of them took.
 */
export async function answerBatches(readings: (count: number) => void | Promise<void>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const start = performance.now();
    const pending = readings(Number(line));
    if (pending) await pending;
    console.log(Math.round((performance.now() - start) * 1e6));
  }
}
