import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readOwnFile } from "../../platform/mod.ts";
import { topicNameSchema } from "../topic_name.ts";

const MOST_BYTES = 1_024;

/**
 * The ID in a file of one line; null when there is none.
 * @throws ProctorError of kind `usage` when others may have written it, or it holds something else
 */
export function keptId(path: string): string | null {
  let content: string | null;
  try {
    content = readOwnFile(path, MOST_BYTES);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // On the way there is no directory, or none that lets us in: then nothing of ours is there.
    if (code === "ENOTDIR" || code === "EACCES") return null;
    const reason = code === undefined ? (error as Error).message : reasonOf(error);
    throw usageError(`agent_id: cannot use ${path}: ${reason}`);
  }
  if (content === null) return null;
  const id = content.replace(/\r?\n$/, "");
  if (topicNameSchema.safeParse(id).success) return id;
  throw usageError(`agent_id: ${path} holds no agent ID; write one line without /, + and #`);
}

/**
 * Keep a random ID in a file, unless another process is faster.
 * @returns what is in the file then
 * @throws the error of the system where it cannot be kept
 */
export function keepNewId(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const id = randomUUID();
  const beside = `${path}.new-${id}`;
  writeFileSync(beside, `${id}\n`, { flag: "wx", mode: 0o600 });
  try {
    // Whole, and never in the place of another.
    linkSync(beside, path);
    return id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return keptId(path) ?? id;
  } finally {
    rmSync(beside, { force: true });
  }
}
