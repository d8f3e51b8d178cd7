import { usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readTextFile } from "../../io/text_file.ts";
import { parseDuration } from "../../core/duration.ts";
import type { Destination } from "./forwarded.ts";
import type { WrittenForward } from "./forward_schema.ts";
import { ClickHouse } from "./clickhouse/destination.ts";
import { RemoteWrite } from "./remote_write/destination.ts";

const MOST_SECRET_BYTES = 65_536;

/**
 * A destination as it was written, with its secrets.
 * @throws ProctorError of kind `usage` where a file cannot be read
 */
export function openDestination(written: WrittenForward): Destination {
  const {
    remote_write,
    clickhouse,
    user,
    headers,
    labels = "plain",
    database = "default",
    table = "proctor_samples",
  } = written;
  const password = secret("password_file", written.password_file);
  const token = secret("token_file", written.token_file);
  const timeoutMs = parseDuration(written.timeout, "timeout");
  if (remote_write !== undefined) {
    const basic = user === undefined ? null : Buffer.from(`${user}:${password ?? ""}`).toString("base64");
    const authorization = basic !== null ? `Basic ${basic}` : token !== null ? `Bearer ${token}` : null;
    const own = { ...authorization !== null && { authorization }, ...headers };
    return new RemoteWrite(shown(remote_write), { url: remote_write, headers: own, timeoutMs }, labels);
  }
  const own = {
    ...user !== undefined && { "x-clickhouse-user": user, "x-clickhouse-key": password ?? "" },
    ...headers,
  };
  const name = `${shown(clickhouse!)} ${database}.${table}`;
  return new ClickHouse(name, { url: clickhouse!, headers: own, timeoutMs }, database, table);
}

/** Without a query, which may hold a key. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function secret(key: string, file: string | undefined): string | null {
  if (file === undefined) return null;
  let text: string;
  try {
    text = readTextFile(file, MOST_SECRET_BYTES).replace(/\r?\n$/, "");
  } catch (error) {
    throw usageError(`${key}: ${file}: ${reasonOf(error)}`);
  }
  if (/^[\t -~\x80-\xff]+$/.test(text)) return text;
  throw usageError(`${key}: ${file}: it is empty, or has more than one line; write one line`);
}
