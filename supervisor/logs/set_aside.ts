import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/*
 * Logs that were set aside: `web.log.000042.20260131T120000.000Z`, and `.gz` behind it. The number says the order, the
 * time is for people: a clock that was wrong puts nothing into another order. Names without a number are of earlier
 * versions, and older than all others.
 */

const SUFFIX = /^\.(?:(\d{6,15})\.)?(\d{8}T\d{6}\.\d{3}Z)(\.gz)?$/;
const DIGITS = 6;

/** The permissions of logs. */
export const LOG_MODE = 0o640;

/** A log that was set aside. */
export interface SetAside {
  readonly path: string;
  /** The higher, the later. */
  readonly sequence: number;
  /** When it was set aside, by the clock of then, in milliseconds since the epoch. */
  readonly stampMs: number;
  readonly isCompressed: boolean;
}

/** What was set aside of a log, the oldest first. */
export function listSetAside(log: string): SetAside[] {
  const [directory, name] = [dirname(log), basename(log)];
  // By its name first: the logs of a thousand others may lie beside it.
  return readdirSync(directory).flatMap((entry) => {
    const match = entry.startsWith(name) ? SUFFIX.exec(entry.slice(name.length)) : null;
    if (!match || !isFile(join(directory, entry))) return [];
    const [, sequence = "0", stamp, compressed] = match;
    return [{
      path: join(directory, entry),
      sequence: Number(sequence),
      stampMs: Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(.*)$/, "$1-$2-$3T$4:$5:$6")),
      isCompressed: compressed !== undefined,
    }];
  }).sort((a, b) => a.sequence - b.sequence || a.stampMs - b.stampMs);
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The name for what is set aside of a log as the how manyth. */
export function nameAside(log: string, sequence: number, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replace(/[-:]/g, "");
  return `${log}.${String(sequence).padStart(DIGITS, "0")}.${stamp}`;
}

/**
 * Which are to be thrown away: what is beyond the number, and what is older than the age. Always the first: a clock
 * that has jumped makes no hole.
 */
export function surplusOf(
  files: readonly SetAside[],
  maxFiles: number,
  maxAgeMs: number | null,
  nowMs: number,
): number {
  const isOld = ({ stampMs }: SetAside) => maxAgeMs !== null && nowMs - stampMs > maxAgeMs;
  const young = files.findIndex((file) => !isOld(file));
  return Math.max(files.length - maxFiles, young < 0 ? files.length : young, 0);
}
