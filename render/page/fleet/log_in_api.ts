/* How somebody gets in at the manager, and out again. */
import { ask, endBy, send } from "./manager_api.ts";

/** Somebody else who lets people in. */
export interface LogInProvider {
  readonly name: string;
  readonly title: string;
}

/** Log in with a password. @throws Error in words of the manager */
export async function logIn(name: string, password: string): Promise<void> {
  await send("POST", "session", { name, password });
}

/** Who else lets people in. @throws Error in words of the manager */
export async function readProviders(): Promise<readonly LogInProvider[]> {
  return (await ask<{ providers: LogInProvider[] }>("session/oidc")).providers;
}

/** Where the way to a provider begins. */
export function providerLink({ name }: LogInProvider): string {
  return `api/v1/session/oidc/${encodeURIComponent(name)}`;
}

/**
 * Log out, here.
 * @returns where the login at the provider ends, too; null where there is none
 * @throws Error in words of the manager
 */
export async function logOut(): Promise<string | null> {
  return (await endBy<{ end_url: string }>("session"))?.end_url ?? null;
}
