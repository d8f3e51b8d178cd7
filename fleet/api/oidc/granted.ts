import type { Grant } from "../access/grant.ts";
import type { OidcSettings } from "./oidc_settings.ts";

/** More values of a claim than that are not looked at. */
const MOST_VALUES = 10_000;

/** What somebody may do, by what the provider says of him: the values of one claim, to the letter. */
export function grantedBy(
  claims: Readonly<Record<string, unknown>>,
  { claim, roles }: Pick<OidcSettings, "claim" | "roles">,
): Grant[] {
  const found = valueAt(claims, claim);
  const values = new Set((Array.isArray(found) ? found : [found]).slice(0, MOST_VALUES));
  return roles.filter(({ value }) => values.has(value))
    .map(({ role, domain, channel }) => ({ role, domain, channel }));
}

/** A claim by its whole name, which may have dots, or else by the names of what it is in. */
function valueAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
