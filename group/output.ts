import type { ExitStatus, RunningProcess } from "./running_process.ts";
import type { StartOptions } from "./start_options.ts";

/** How much of a command's output to keep. */
export interface OutputOptions extends Omit<StartOptions, "stdin" | "stdout" | "stderr"> {
  /** Most bytes kept of each stream; default 1 MiB. */
  maxBytes?: number;
}

/** What a command wrote, and how it ended. */
export interface CapturedOutput extends ExitStatus {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Whether a stream was longer than what is kept of it. */
  readonly truncated: boolean;
}

const DEFAULT_MAX_BYTES = 1_048_576;

/** Read both streams to their ends, keeping no more than the bound of each, and wait for the process. */
export async function capture(running: RunningProcess, options: OutputOptions): Promise<CapturedOutput> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const [stdout, stderr, status] = await Promise.all([
    readUpTo(running.stdout!, maxBytes),
    readUpTo(running.stderr!, maxBytes),
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
): Promise<{ kept: Uint8Array; truncated: boolean }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let truncated = false;
  for await (const piece of stream) {
    const kept = piece.subarray(0, maxBytes - length);
    truncated ||= kept.length < piece.length;
    if (kept.length === 0) continue;
    // A copy: the piece may be a small part of a large buffer that would be kept whole.
    pieces.push(kept.slice());
    length += kept.length;
  }
  return { kept: Buffer.concat(pieces), truncated };
}
