import { readdirSync, readFileSync } from "node:fs";
import { ROOT } from "./fixture.ts";

const DIRECTORY = `${ROOT}/tests/captured/linux-6.18`;

/** A kernel file as it was captured; tests/captured/README.md says of which process. */
export function captured(process: string, file: "stat" | "io" | "status"): Uint8Array {
  return new Uint8Array(readFileSync(`${DIRECTORY}/${process}/${file}`));
}

/** Every process whose files were captured. */
export const CAPTURED: readonly string[] = readdirSync(DIRECTORY);

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
