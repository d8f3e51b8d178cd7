import { randomBytes } from "node:crypto";

/** One span's place in a trace. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** 8 bits; the lowest says that the trace is recorded. */
  readonly flags: number;
}

const SAMPLED = 1;
/** Random is the other flag of level 2: it says that the trace's ID is. */
const RANDOM = 2;

/**
 * Read a `traceparent` (W3C Trace Context, 3.2.2).
 * @returns undefined when it is not well-formed: then it counts as absent
 */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text?.trim() ?? "") ?? [];
  // Later versions may be longer; version ff is none.
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: parseInt(flags, 16) };
}

/** Write a `traceparent`. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

/** A span beneath another, or at the root of a trace of its own, which is recorded. */
export function childOf(parent: TraceContext | undefined): TraceContext {
  return {
    traceId: parent?.traceId ?? randomId(16),
    spanId: randomId(8),
    // Of flags that we do not know nothing is passed on.
    flags: parent ? parent.flags & (SAMPLED | RANDOM) : SAMPLED | RANDOM,
  };
}

/** Whether the trace is recorded. */
export function isSampled({ flags }: TraceContext): boolean {
  return (flags & SAMPLED) !== 0;
}

/** Read a `tracestate`, which is passed on unchanged: a list of bounded length, or nothing. */
export function parseTracestate(text: string | undefined): string | undefined {
  const state = text?.trim() ?? "";
  return /^[\x20-\x7e]{1,512}$/.test(state) && state.includes("=") ? state : undefined;
}

/** All zeros is not a valid ID. */
function randomId(bytes: number): string {
  const id = randomBytes(bytes);
  if (id.every((byte) => byte === 0)) id[bytes - 1] = 1;
  return id.toString("hex");
}
