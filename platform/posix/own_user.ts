import type { Account } from "../contract/users.ts";

/** Whether what belongs to this user is neither ours nor root's; never where no system tells owners (Windows). */
export function isStranger(uid: number): boolean {
  const own = process.geteuid?.();
  return own !== undefined && uid !== own && uid !== 0;
}

/** Whether we are root, to whom no file of a process is closed. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Whether we are this user already, so that it takes no right to become him. Root still sheds groups. */
export function isOwnAccount({ uid, gid }: Account): boolean {
  return uid !== 0 && uid === process.geteuid?.() && gid === process.getegid?.();
}
