/* How the page asks the manager; addresses are relative, so that it may be served below any path. */
const API = "api/v1/";

/** The event of a window whose reader is not known, or no more. */
export const LOGGED_OUT = "logged-out";

/** That who asks is not known, or no more. */
export class NotLoggedIn extends Error {}

/** Words of an address. */
export type Query = Readonly<Record<string, string | number>>;

/** Ask for something. @throws Error in words of the manager */
export async function ask<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const words = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const text = await answerOf(fetch(`${API}${path}?${words}`, { ...(signal && { signal }) }));
  return JSON.parse(text) as T;
}

/** Have something done, and take the answer. @throws Error in words of the manager */
export async function askBy<T>(
  method: "POST" | "PUT",
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return JSON.parse(await sent(method, path, body, signal)) as T;
}

/** Have something done. @throws Error in words of the manager */
export async function send(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<void> {
  await sent(method, path, body);
}

/** End something, and take the answer, where there is one. @throws Error in words of the manager */
export async function endBy<T>(path: string): Promise<T | null> {
  const text = await sent("DELETE", path, undefined);
  return text === "" ? null : JSON.parse(text) as T;
}

function sent(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<string> {
  const content = body === undefined ? {} : {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  return answerOf(fetch(`${API}${path}`, { method, ...content, ...(signal && { signal }) }));
}

async function answerOf(asked: Promise<Response>): Promise<string> {
  let response: Response;
  try {
    response = await asked;
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new Error("the manager does not answer");
  }
  const text = await response.text();
  if (response.ok) return text;
  let message = text;
  try {
    message = JSON.parse(text).error.message;
  } catch {
    // What stands between has answered in its own words.
  }
  if (response.status === 401) {
    dispatchEvent(new Event(LOGGED_OUT));
    throw new NotLoggedIn(message);
  }
  throw new Error(message || `the answer was ${response.status}`);
}
