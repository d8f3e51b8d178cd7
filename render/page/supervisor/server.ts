import type { PageHistory } from "../../../core/schema/page_messages.ts";

/** What the page shows of a description. */
export interface Description {
  readonly definition: Readonly<Record<string, unknown>>;
  readonly depends_on: readonly string[];
  readonly dependents: readonly string[];
  readonly mechanism: string | null;
  readonly started_at: string | null;
  readonly next_start_at: string | null;
  readonly last_exit:
    | {
      readonly at: string;
      readonly outcome: string;
      readonly exit_code: number | null;
      readonly signal: string | null;
    }
    | null;
  readonly breaker:
    | { readonly state: string; readonly failures: number; readonly max_failures: number }
    | null;
  readonly log_files: readonly string[];
}

/** Where an API's process is; relative, so that the page may lie anywhere. */
export const processPath = (id: string, rest: string) => `api/processes/${encodeURIComponent(id)}/${rest}`;

/** The course of a process since a moment. */
export const readHistory = (id: string, sinceMs: number) =>
  ask<PageHistory>(`history?id=${encodeURIComponent(id)}&since_ms=${sinceMs}`);

/** All there is to say about a process. */
export const describe = (id: string) => ask<Description>(processPath(id, "description"));

/** Have something done, and wait until it is. */
export const act = (id: string, action: string) => ask(processPath(id, action), "POST");

/** Why a request fails, in words of the supervisor; empty where it does not. */
export async function whyNot(path: string): Promise<string> {
  try {
    await ask(path);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

async function ask<T>(path: string, method = "GET"): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { method });
  } catch {
    throw new Error("the supervisor does not answer");
  }
  if (response.status === 401) throw new Error("this session has ended");
  const text = await response.text();
  if (response.ok) return (text.startsWith("{") ? JSON.parse(text.split("\n", 1)[0]) : undefined) as T;
  let message = text;
  try {
    message = JSON.parse(text).error.message;
  } catch {
    // What stands between has answered in its own words.
  }
  throw new Error(message || `the answer was ${response.status}`);
}
