import type { Matchers } from "../alert/suppress.ts";
import type { Caller } from "./access/caller.ts";
import { ALL, givesIn } from "./access/grant.ts";
import type { Role } from "./access/grant.ts";

/** Whether somebody has a role wherever patterns reach: in the domain and channel that they name, or everywhere. */
export function mayIn(caller: Caller, role: Role, { domain, channel }: Matchers): boolean {
  const name = (pattern: Matchers[string] | undefined) =>
    typeof pattern === "string" && !/[*?]/.test(pattern) ? pattern : ALL;
  return givesIn(caller.grants, role, name(domain), name(domain) === ALL ? ALL : name(channel));
}
