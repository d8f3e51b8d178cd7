import { z } from "zod";
import type { UnitKey } from "../../model/unit.ts";
import { unitOfKey } from "../../model/unit.ts";
import type { Scope } from "../../query/scope.ts";

/** What one may do, each what those before may as well: look; silence and acknowledge; change rules; grant access. */
const ROLES = ["viewer", "operator", "editor", "admin"] as const;
/** What one may do. */
export type Role = typeof ROLES[number];

/** All domains, or all channels. */
export const ALL = "*";

const place = z.string().min(1).max(128).regex(
  /^[^/\s\p{C}]+$/u,
  "it has a slash, or what cannot be printed",
);

/** A role in a channel of a domain, or in all of them. */
export const grantSchema = z.strictObject({
  role: z.enum(ROLES),
  domain: place.default(ALL),
  channel: place.default(ALL),
}).refine(({ domain, channel }) => domain !== ALL || channel === ALL, "a channel needs its domain");

/** A role in a channel of a domain, or in all of them. */
export type Grant = z.output<typeof grantSchema>;

/** Whether a role includes another. */
export function includes(role: Role, other: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(other);
}

/** Whether grants give a role in all of a place. */
export function givesIn(grants: readonly Grant[], role: Role, domain: string, channel: string): boolean {
  return grants.some((grant) =>
    includes(grant.role, role) && (grant.domain === ALL || grant.domain === domain) &&
    (grant.channel === ALL || grant.channel === channel)
  );
}

/** The units in which grants give a role. */
export function scopeBy(grants: readonly Grant[], role: Role, units: Iterable<UnitKey>): Scope {
  if (givesIn(grants, role, ALL, ALL)) return null;
  const own = [...units].filter((unit) => {
    const { domain, channel } = unitOfKey(unit);
    return givesIn(grants, role, domain, channel);
  });
  return new Set(own);
}
