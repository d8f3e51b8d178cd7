import { ask } from "./manager_api.ts";

/** A role in a channel of a domain, in all of its channels, or in all domains (`*`). */
export interface Grant {
  readonly role: Role;
  readonly domain: string;
  readonly channel: string;
}

/** What one may do, each what those before may as well. */
export const ROLES = ["viewer", "operator", "editor", "admin"] as const;
/** What one may do. */
export type Role = typeof ROLES[number];

/** Who looks at the page, and what that one may. */
export interface Me {
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** Who looks at the page. */
export async function readMe(): Promise<Me> {
  return await ask<Me>("me");
}

/** Whether somebody has a role somewhere; the manager says the last word on each thing. */
export function maySomewhere({ grants }: Me, role: Role): boolean {
  return grants.some((grant) => ROLES.indexOf(grant.role) >= ROLES.indexOf(role));
}

/** Whether somebody has a role in all domains. */
export function mayEverywhere({ grants }: Me, role: Role): boolean {
  return maySomewhere({ name: "", grants: grants.filter(({ domain }) => domain === "*") }, role);
}

/** A grant in words: `viewer of factory/line-1`, `admin of all`. */
export function grantWords({ role, domain, channel }: Grant): string {
  return `${role} of ${domain === "*" ? "all" : channel === "*" ? domain : `${domain}/${channel}`}`;
}
