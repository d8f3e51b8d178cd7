import process from "node:process";
import type { HostSource } from "../platform/mod.ts";
import { Connection } from "./connection.ts";
import { Outbox } from "./outbox.ts";
import { paused } from "./paused.ts";
import type { Service } from "./service.ts";

const STDOUT = 1;

/** How serving a stream ended. */
export type Ending =
  /** The input was over, or the signal came: everything is said. */
  | "over"
  /** The reader of our output has gone. */
  | "reader gone"
  /** The reader did not take what was left in time. */
  | "reader stuck";

/** How long the reader may take for what is left when we are told to end. */
export const LAST_WORDS_MS = 5_000;

/** Serve standard input and output until the input is over or the signal comes. */
export async function serveStdio(service: Service, source: HostSource, signal: AbortSignal): Promise<Ending> {
  const outbox = new Outbox((bytes) => writeWhole(source, bytes));
  const connection = new Connection(service, outbox);
  const { stdin } = process;
  const receive = (chunk: Uint8Array) => {
    connection.receive(chunk);
    paused(stdin, outbox);
  };
  const why = await new Promise<"end" | "signal" | "failed">((resolve) => {
    stdin.on("data", receive);
    stdin.on("end", () => resolve("end"));
    stdin.on("error", () => resolve("end"));
    signal.addEventListener("abort", () => resolve("signal"));
    if (signal.aborted) resolve("signal");
    void outbox.failed.then(() => resolve("failed"));
  });
  stdin.off("data", receive);
  if (why === "failed") return "reader gone";
  if (why === "end") connection.endOfInput();
  const said = connection.close().then(() => "over" as const);
  const gone = outbox.failed.then(() => "reader gone" as const);
  if (why === "end" && !signal.aborted) {
    // Nobody presses us: the reader may take its time, until a signal comes.
    const pressed = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const ending = await Promise.race([said, gone, pressed]);
    if (ending) return ending;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stuck = new Promise<"reader stuck">((resolve) => {
    timer = setTimeout(() => resolve("reader stuck"), LAST_WORDS_MS);
  });
  const ending = await Promise.race([gone, said, stuck]);
  clearTimeout(timer);
  return ending;
}

/** Write bytes to standard output without blocking the program. */
async function writeWhole(source: HostSource, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const rest = at === 0 ? bytes : bytes.subarray(at);
    at += source.writeAtOnce(STDOUT, rest) || await source.writeDescriptor(STDOUT, rest);
  }
}
