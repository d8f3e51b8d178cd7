import { nodeFs } from "../../io/builtins.ts";

/**
 * Whether a group has anybody in it but one user and root, by passwd(5) and group(5). A group that stands in neither
 * may have any members: then it is taken to have some.
 */
export function hasOthers(gid: number, uid: number): boolean {
  try {
    return othersIn(
      gid,
      uid,
      nodeFs().readFileSync("/etc/passwd", "utf8"),
      nodeFs().readFileSync("/etc/group", "utf8"),
    );
  } catch {
    return true;
  }
}

/** The same by the texts of the two files. */
export function othersIn(gid: number, uid: number, passwd: string, groups: string): boolean {
  const group = fieldsOf(groups).find((fields) => fields[2] === String(gid));
  if (!group) return true;
  const users = fieldsOf(passwd).filter((fields) => fields.length > 3);
  const own = users.filter((fields) => Number(fields[2]) === uid || fields[2] === "0").map(([name]) => name);
  const members = [
    ...(group[3] ?? "").split(","),
    ...users.filter((fields) => fields[3] === String(gid)).map(([name]) => name),
  ];
  return members.some((name) => name.trim() !== "" && !own.includes(name.trim()));
}

function fieldsOf(text: string): string[][] {
  return text.split("\n").map((line) => line.split(":"));
}
