import { LineProcess } from "./line_process.ts";

/** One of the programs that are compared: it answers a number of readings with nanoseconds (see batches.ts). */
export interface Subject {
  readonly name: string;
  readonly command: readonly string[];
  /** Readings per batch. */
  readonly batch: number;
}

/** Batches before anything counts: compilers warm up, caches fill. */
const WARM_UP_ROUNDS = 3;

/**
 * Let every subject take its turn in every round, so that what disturbs the machine disturbs all alike; the
 * microseconds per reading of every round, for each subject.
 */
export async function measureRounds(
  subjects: readonly Subject[],
  rounds: number,
): Promise<Map<string, number[]>> {
  const running = subjects.map((subject) => ({
    subject,
    process: new LineProcess(subject.command),
    us: [] as number[],
  }));
  try {
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (const { subject, process, us } of running) {
        const nanoseconds = Number(await process.ask(String(subject.batch)));
        if (round >= 0) us.push(nanoseconds / subject.batch / 1_000);
      }
    }
  } finally {
    await Promise.all(running.map(({ process }) => process.kill()));
  }
  return new Map(running.map(({ subject, us }) => [subject.name, us]));
}
