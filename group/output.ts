import { rule } from "../core/option.ts";
import type { Platform } from "../platform/mod.ts";
import type { ExitStatus, RunningProcess } from "./running_process.ts";
import type { StartOptions } from "./start_options.ts";

/** How much of a command's output to keep. */
export interface OutputOptions extends Omit<StartOptions, "stdin" | "stdout" | "stderr"> {
  /** Most bytes kept of each stream; default 1 MiB. */
  maxBytes?: number;
}

/** What a command wrote, and how it ended. */
export interface CapturedOutput extends ExitStatus {
  /** Standard output, at most `maxBytes` of it. */
  readonly stdout: Uint8Array;
  /** Standard error, at most `maxBytes` of it. */
  readonly stderr: Uint8Array;
  /** Whether a stream was longer than what is kept of it. */
  readonly truncated: boolean;
}

/** What {@link OutputOptions.maxBytes} has to be; the rest is that of a start. */
export const OUTPUT_RULES = {
  maxBytes: rule(
    "a whole number of bytes from 0, or Infinity",
    (value) => value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0),
  ),
};

const DEFAULT_MAX_BYTES = 1_048_576;

/** Read both streams to their ends, keeping no more than the bound of each, and wait for the process. */
export async function capture(
  running: RunningProcess,
  options: OutputOptions,
  platform: Pick<Platform, "drain">,
): Promise<CapturedOutput> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const [stdout, stderr, status] = await Promise.all([
    readUpTo(running.stdout!, maxBytes, platform),
    readUpTo(running.stderr!, maxBytes, platform),
    running.wait(),
  ]);
  return {
    ...status,
    stdout: stdout.kept,
    stderr: stderr.kept,
    truncated: stdout.truncated || stderr.truncated,
  };
}

async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  platform: Pick<Platform, "drain">,
): Promise<{ kept: Uint8Array; truncated: boolean }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let truncated = false;
  const reader = stream.getReader();
  while (!truncated) {
    const { value: piece } = await reader.read();
    if (!piece) break;
    const kept = piece.subarray(0, maxBytes - length);
    // A copy: the piece may be a small part of a large buffer that would be kept whole.
    pieces.push(kept.slice());
    length += kept.length;
    truncated = kept.length < piece.length;
  }
  reader.releaseLock();
  if (truncated) await platform.drain(stream);
  return { kept: Buffer.concat(pieces), truncated };
}
