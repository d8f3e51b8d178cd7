import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { reasonOf } from "../../../io/errno_words.ts";
import { waitAtMost } from "../../../io/deadline.ts";

/** What tells a file from what it was before: which it is, and when it was written; null where there is none. */
async function markOf(whole: string): Promise<string | null> {
  try {
    const { dev, ino, mtimeNs, ctimeNs } = await stat(whole, { bigint: true });
    return `${dev}:${ino}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The mark of a file; undefined where it cannot be had, or not in time. */
export async function fileMark(
  path: string,
  directory: string,
  timeoutMs: number,
): Promise<string | null | undefined> {
  return await waitAtMost(timeoutMs, markOf(resolve(directory, path)).catch(() => undefined));
}

/**
 * Whether a file is there, and was written since the process was started: one that an earlier life has left does not
 * count. What is wrong, or null.
 * @param before its mark at the start; undefined where that is not known, as of a process that ran already
 */
export async function fileFault(
  path: string,
  directory: string,
  timeoutMs: number,
  before: string | null | undefined,
): Promise<string | null> {
  const whole = resolve(directory, path);
  try {
    const mark = await waitAtMost(timeoutMs, markOf(whole));
    if (mark === undefined) return `"${whole}": its file system does not answer within ${timeoutMs} ms`;
    if (mark === null) return `"${whole}": no such file or directory`;
    return mark === before ? `"${whole}" is as it was before the process was started` : null;
  } catch (error) {
    return `"${whole}": ${reasonOf(error)}`;
  }
}
