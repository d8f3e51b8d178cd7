import process from "node:process";
import { Outbox } from "../../io/lines/outbox.ts";
import { paused } from "../../io/lines/paused.ts";
import type { Platform } from "../../platform/mod.ts";
import { Connection } from "./connection.ts";
import type { Service } from "./service.ts";
import { readStill } from "./still_input.ts";
import { waitAtMost } from "../../io/deadline.ts";

const STDIN = 0;
const STDOUT = 1;

/** How serving a stream ended. */
export type Ending =
  /** The input was over, or the signal came: everything is said. */
  | "over"
  /** Our output takes no more: its reader has gone (EPIPE), or a disk is full. */
  | Error
  /** The reader did not take what was left in time. */
  | "reader stuck";

/** How long the reader may take for what is left when we are told to end. */
export const LAST_WORDS_MS = 5_000;

/** Serve standard input and output until the input is over or the signal comes. */
export async function serveStdio(service: Service, platform: Platform, signal: AbortSignal): Promise<Ending> {
  const outbox = new Outbox((bytes) => writeWhole(platform, bytes));
  const connection = new Connection(service, outbox);
  if (await readStandingStill(platform, connection, outbox, signal)) {
    connection.endOfInput();
    return await saidAll(connection, outbox, signal);
  }
  const { stdin } = process;
  const receive = (chunk: Uint8Array) => {
    connection.receive(chunk);
    paused(stdin, outbox);
  };
  const why = await new Promise<"end" | "signal" | Error>((resolve) => {
    stdin.on("data", receive);
    stdin.on("end", () => resolve("end"));
    stdin.on("error", () => resolve("end"));
    signal.addEventListener("abort", () => resolve("signal"));
    if (signal.aborted) resolve("signal");
    void outbox.failed.then(resolve);
  });
  stdin.off("data", receive);
  if (why instanceof Error) return why;
  if (why === "end") connection.endOfInput();
  return await saidAll(connection, outbox, signal);
}

/** Whether the input is over, as far as it could be read without the event loop. */
async function readStandingStill(
  platform: Platform,
  connection: Connection,
  outbox: Outbox,
  signal: AbortSignal,
): Promise<boolean> {
  const still = platform.standStill();
  if (!still) return false;
  try {
    return await readStill(still, STDIN, connection, outbox, () => outbox.hasFailed || signal.aborted);
  } finally {
    still.close();
  }
}

/** Say what is left: where nobody presses us for as long as its reader takes. */
async function saidAll(connection: Connection, outbox: Outbox, signal: AbortSignal): Promise<Ending> {
  const said = connection.close().then(() => "over" as const);
  const gone = outbox.failed;
  if (!signal.aborted) {
    // Nobody presses us: the reader may take its time, until a signal comes.
    const pressed = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const ending = await Promise.race([said, gone, pressed]);
    if (ending) return ending;
  }
  return await waitAtMost(LAST_WORDS_MS, Promise.race([gone, said])) ?? "reader stuck";
}

/** Write bytes to standard output without blocking the program. */
async function writeWhole(platform: Platform, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const rest = at === 0 ? bytes : bytes.subarray(at);
    at += platform.writeAtOnce(STDOUT, rest) || await platform.writeDescriptor(STDOUT, rest);
  }
}
