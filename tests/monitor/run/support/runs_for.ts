import { writeFileSync } from "node:fs";
import type { ProctorRecord } from "../../../../mod.ts";

/**
 * A command that ends, with exit code 3, when so many samples of it were counted, however long the machine takes for
 * them: a fixed time may pass without one.
 */
export function runsFor(samples: number, directory: string) {
  let left = samples;
  return {
    command: ["sh", "-c", `while [ ! -e "$0/enough" ]; do sleep 0.02; done; exit 3`, directory],
    /** To be called for each record. */
    count({ kind }: ProctorRecord): void {
      if (kind === "sample" && --left === 0) writeFileSync(`${directory}/enough`, "");
    },
  };
}
