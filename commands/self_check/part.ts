import { spawn } from "node:child_process";
import type { Platform } from "../../platform/mod.ts";
import { printOut } from "../../io/terminal/output.ts";
import { ownProgram } from "../own_program.ts";

/** The programs that a check runs: this one again, since it is the one that is certainly there. */
export const PARTS = ["burn", "orphan", "hold"] as const;

/** What a part does. */
export type Part = (typeof PARTS)[number];

/** A hundredth of it is well above what the program uses after it has asked: 10 ms to free its memory and end. */
const BURN_SECONDS = 3;
/** A hundredth of it is more than what printing and ending touch after the program has asked. */
const TOUCHED_BYTES = 64 * 2 ** 20;
const HOLD_MS = 120_000;

/** What `burn` says of itself when it has done, by getrusage(2). */
export interface OwnUse {
  readonly cpu_seconds: number;
  readonly peak_memory_bytes: number;
}

/** Be one of the programs that a check runs. */
export async function playPart(part: Part, platform: Platform): Promise<void> {
  if (part === "burn") return burn();
  if (part === "hold") return void await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
  // Of a session of its own, and forgotten by who has started it: a containment has it all the same.
  const [program, ...words] = [...ownProgram(platform), "self-check", "--part", "hold"];
  const { promise: isStarted, resolve } = Promise.withResolvers<void>();
  const child = spawn(program, words, { detached: true, stdio: "ignore" });
  child.once("spawn", resolve);
  await isStarted;
  child.unref();
  printOut(`${child.pid}\n`);
  process.exit(0);
}

function burn(): void {
  const touched = new Uint8Array(TOUCHED_BYTES).fill(1);
  let sum = 0;
  while (cpuSeconds() < BURN_SECONDS) for (let i = 0; i < 100_000; i++) sum = (sum + touched[i] * i) % 65_521;
  // What printing needs is in memory before the use is read.
  printOut(" \n");
  const use: OwnUse = {
    cpu_seconds: cpuSeconds(),
    peak_memory_bytes: process.resourceUsage().maxRSS * 1_024,
  };
  printOut(`${JSON.stringify({ ...use, sum })}\n`);
  process.exit(0);
}

function cpuSeconds(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1e6;
}
