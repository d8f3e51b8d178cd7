import { readFileSync } from "node:fs";

/** A user and a group by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who a command runs as.
 * @param passwd the text of passwd(5); @param groups that of group(5)
 * @returns the numbers, or why there are none
 */
export function findAccount(
  user: string | number,
  group: string | number | null,
  passwd: string,
  groups: string,
): Account | string {
  const isNumber = typeof user === "number" || /^\d+$/.test(user);
  const entry = lineOf(passwd, (fields) => isNumber ? fields[2] === String(user) : fields[0] === user);
  if (!entry && !isNumber) return `there is no user "${user}"`;
  const uid = entry ? Number(entry[2]) : Number(user);
  if (group === null) {
    if (!entry) return `user ${user} is not in /etc/passwd, so its group is not known; write group, too`;
    return { uid, gid: Number(entry[3]) };
  }
  if (typeof group === "number" || /^\d+$/.test(group)) return { uid, gid: Number(group) };
  const found = lineOf(groups, (fields) => fields[0] === group);
  return found ? { uid, gid: Number(found[2]) } : `there is no group "${group}"`;
}

/** The same by the files of this machine. */
export function accountOf(user: string | number, group: string | number | null): Account | string {
  try {
    return findAccount(user, group, readFileSync("/etc/passwd", "utf8"), readFileSync("/etc/group", "utf8"));
  } catch (error) {
    return (error as Error).message;
  }
}

function lineOf(text: string, matches: (fields: string[]) => boolean): string[] | undefined {
  return text.split("\n").map((line) => line.split(":")).find((fields) =>
    fields.length > 2 && matches(fields)
  );
}
