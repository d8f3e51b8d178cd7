import type { Account } from "../../contract/users.ts";
import { findGroup, findUser, groupsOf } from "./name_service.ts";

/**
 * A user as a login makes it, by names or numbers.
 * @param group in place of the user's own
 * @returns or why there is none
 */
export function findAccount(user: string | number, group: string | number | null): Account | string {
  const number = numberOf(user);
  const entry = findUser(number ?? user);
  const uid = entry?.uid ?? number;
  if (uid === undefined) return `there is no user "${user}"`;
  const gid = group === null ? entry?.gid : numberOf(group) ?? findGroup(String(group));
  if (gid === undefined) {
    return group === null
      ? `user ${user} is in no list of users, so its group is not known; write group, too`
      : `there is no group "${group}"`;
  }
  return {
    uid,
    gid,
    groups: entry ? groupsOf(entry.name, gid) : [],
    name: entry?.name ?? null,
    // An empty field means these (passwd(5)).
    home: entry ? entry.home || "/" : null,
    shell: entry ? entry.shell || "/bin/sh" : null,
  };
}

function numberOf(id: string | number): number | undefined {
  return typeof id === "number" ? id : /^\d+$/.test(id) ? Number(id) : undefined;
}
