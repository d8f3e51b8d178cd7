import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { usageError } from "../../core/error.ts";
import { join } from "../../core/posix_path.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readTextFile } from "../../io/text_file.ts";
import { defaultBaseDirectory, lockHolder } from "../../platform/mod.ts";

const MOST_TOKEN_BYTES = 4_096;
const ANSWERS_WITHIN_MS = 30_000;

/** A manager that runs, and a token for it. */
export interface AskedManager {
  readonly url: URL;
  readonly token: string;
}

/**
 * Where a manager is, and what lets us in.
 * @throws ProctorError of kind `usage`
 */
export function managerAt(address: string, tokenFile?: string): AskedManager {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw usageError(`--url: "${address}" is not an address; write one such as http://127.0.0.1:9460`);
  }
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "http:" && !isHere) {
    throw usageError(
      `--url: "${address}" is not encrypted, and a token would be seen on the way; write https://`,
    );
  }
  const file = tokenFile ?? join(defaultBaseDirectory(), "manager", "api_token");
  const lock = join(dirname(resolve(file)), "manager.lock");
  // Whoever has its port now would be told what is meant for it.
  if (isHere && isFile(lock) && lockHolder(lock) === null) {
    throw usageError(`--token-file: ${file}: the manager that it is of does not run`);
  }
  try {
    return { url, token: readTextFile(file, MOST_TOKEN_BYTES).trim() };
  } catch (error) {
    throw usageError(
      `--token-file: ${file}: ${reasonOf(error, { ENOENT: "there is none; does the manager run?" })}`,
    );
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Ask a manager to do something. @returns what was wrong, in its words; null for nothing */
export async function askManager(
  { url, token }: AskedManager,
  method: string,
  path: string,
  body: object,
): Promise<string | null> {
  let answer: Response;
  try {
    answer = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error;
    return `${url.origin}: ${
      reasonOf(cause, { ECONNREFUSED: "nothing listens there", ConnectionRefused: "nothing listens there" })
    }`;
  }
  if (answer.ok) return null;
  const told = await answer.json().catch(() => null) as { error?: { message?: unknown } } | null;
  const message = told?.error?.message;
  return typeof message === "string" ? message : `${url.origin}: it answers with status ${answer.status}`;
}
