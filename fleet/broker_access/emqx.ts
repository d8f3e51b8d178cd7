import { allowed } from "./allowed.ts";
import type { AccessWanted } from "./allowed.ts";

/** An `acl.conf` of EMQX. It is written by its documentation, and not tried. */
export function emqxList(wanted: AccessWanted): string {
  const { agents, manager } = wanted;
  const { managerReads, managerWrites } = allowed(wanted, "");
  const term = (who: string, what: string, topic: string) => `{allow, ${who}, ${what}, ["${topic}"]}.`;
  const named = (name: string) => `{user, "${name}"}`;
  const ofAgent = (who: string, name: string) => {
    const { agentWrites, agentReads } = allowed(wanted, name);
    return [term(who, "publish", agentWrites), term(who, "subscribe", agentReads)];
  };
  return [
    "%% Not tried: written by the documentation of EMQX 5. Above it: authorization.no_match = deny",
    ...managerReads.map((topic) => term(named(manager), "subscribe", topic)),
    term(named(manager), "publish", managerWrites),
    `{deny, ${named(manager)}}.`,
    ...(agents.length === 0
      ? ofAgent("all", "${username}")
      : agents.flatMap((name) => ofAgent(named(name), name))),
    "{deny, all}.",
    "",
  ].join("\n");
}
