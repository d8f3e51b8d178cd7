import { ask, askBy, send } from "./manager_api.ts";
import type { Grant } from "./me.ts";

/** A token, without what it takes to use it. Times are ms since 1970. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly created_at: number;
  readonly created_by: string;
  /** Null: never. */
  readonly expires_at: number | null;
}

/** Somebody who can log in. */
export interface User {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly created_at: number;
  readonly created_by: string;
}

/** A destination of alerts, without what it is reached by. */
export interface Notifier {
  readonly name: string;
  readonly kind: string;
  readonly severity: string;
  /** Whether it is of the manager's file. */
  readonly is_fixed: boolean;
}

/** A notice that waits, or that nobody has taken. */
export interface Letter {
  readonly id: string;
  readonly notifier: string;
  readonly title: string;
  readonly created_at: number;
  readonly attempts: number;
  readonly fault: string | null;
}

/** That somebody has changed something. */
export interface AuditEntry {
  readonly at: number;
  readonly text: string;
}

/** Tokens that may be taken back by who looks. */
export async function readTokens(): Promise<readonly Token[]> {
  return (await ask<{ tokens: Token[] }>("tokens")).tokens;
}

/** Make a token. @param expires_in such as 90d; null: never @returns what it takes to use it, told only here */
export async function makeToken(
  name: string,
  grants: readonly Grant[],
  expires_in: string | null,
): Promise<string> {
  return (await askBy<{ token: string }>("POST", "tokens", { name, grants, expires_in })).token;
}

/** Take a token back, at once. */
export async function revokeToken(id: string): Promise<void> {
  await send("DELETE", `tokens/${encodeURIComponent(id)}`);
}

/** People that may be changed by who looks. */
export async function readUsers(): Promise<readonly User[]> {
  return (await ask<{ users: User[] }>("users")).users;
}

/** Put somebody in, or change rights, and the password where there is one. */
export async function putUser(name: string, grants: readonly Grant[], password: string): Promise<void> {
  await send("PUT", `users/${encodeURIComponent(name)}`, { grants, ...(password !== "" && { password }) });
}

/** Let somebody in no more. */
export async function removeUser(name: string): Promise<void> {
  await send("DELETE", `users/${encodeURIComponent(name)}`);
}

/** Destinations of alerts. */
export async function readNotifiers(): Promise<readonly Notifier[]> {
  return (await ask<{ notifiers: Notifier[] }>("notifiers")).notifiers;
}

/** Put in a destination that is reached by an address. */
export async function putNotifier(name: string, kind: string, url: string, severity: string): Promise<void> {
  await send("PUT", `notifiers/${encodeURIComponent(name)}`, { name, [kind]: url, severity });
}

/** Remove a destination. */
export async function removeNotifier(name: string): Promise<void> {
  await send("DELETE", `notifiers/${encodeURIComponent(name)}`);
}

/** Notices that wait, and those that could not be delivered. */
export async function readLetters(): Promise<
  { readonly waiting: readonly Letter[]; readonly dead: readonly Letter[] }
> {
  return await ask("letters");
}

/** Try again what could not be delivered. */
export async function retryLetter(id: string): Promise<void> {
  await send("POST", `letters/${encodeURIComponent(id)}/retry`);
}

/** Who has changed what, the latest first. */
export async function readAudit(): Promise<readonly AuditEntry[]> {
  return (await ask<{ entries: AuditEntry[] }>("audit", { limit: 50 })).entries;
}
