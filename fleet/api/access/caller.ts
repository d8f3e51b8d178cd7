import { unitOfKey } from "../../model/unit.ts";
import type { UnitKey } from "../../model/unit.ts";
import type { Scope } from "../../query/scope.ts";
import { ALL, givesIn, scopeBy } from "./grant.ts";
import type { Grant, Role } from "./grant.ts";

/** Who asks, and what he may. */
export class Caller {
  constructor(
    /** How it is called in the audit, such as "token ci" or "user ann". */
    readonly name: string,
    readonly grants: readonly Grant[],
    /** By a cookie, which a browser sends whoever has it asked. */
    readonly byCookie: boolean,
    /** Whether it still may what it could, as a stream asks from time to time. */
    readonly isValid: () => boolean,
  ) {}

  /** The units in which it has a role: what is of another is not there for it. */
  scope(role: Role, units: Iterable<UnitKey>): Scope {
    return scopeBy(this.grants, role, units);
  }

  /** Whether it has a role in a unit. */
  may(role: Role, unit: UnitKey): boolean {
    const { domain, channel } = unitOfKey(unit);
    return givesIn(this.grants, role, domain, channel);
  }

  /** Whether it has a role everywhere: what is of no unit alone needs that. */
  mayAll(role: Role): boolean {
    return givesIn(this.grants, role, ALL, ALL);
  }

  /** Whether it has at least a role wherever these grants give anything, so that it may give or take them. */
  covers(grants: readonly Grant[], role: Role): boolean {
    return grants.every(({ domain, channel }) => givesIn(this.grants, role, domain, channel));
  }
}
