/** A user by passwd(5). */
export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The users in a text of passwd(5), in its order: of several names of one user the first counts (getpwuid(3)). */
export function parsePasswd(text: string): PasswdEntry[] {
  return text.split("\n").flatMap((line) => {
    const [name, , uid = "", gid = "", , home = "", shell = ""] = line.split(":");
    return name !== "" && /^\d+$/.test(uid)
      ? [{ name, uid: Number(uid), gid: Number(gid), home, shell }]
      : [];
  });
}
