/**
 * What a reading of the machine costs with proctor, under Bun or Deno, without a cache.
 *
 * usage: read_host.ts PART; for each line with a number of readings on stdin, prints the nanoseconds that all of them
 * took. PART is a part of the library's `host`.
 */
import process from "node:process";
import { Host } from "../host/host.ts";
import type { HostParts } from "../host/host.ts";
import { answerBatches } from "./lib/batches.ts";

const part = process.argv[2] as keyof HostParts;
const host = new Host({ cacheMs: 0 });
await host.read(part);
await answerBatches(async (count) => {
  for (let left = count; left > 0; left--) {
    const reading: unknown = host.read(part);
    if (reading instanceof Promise) await reading;
  }
});
