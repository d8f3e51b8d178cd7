import type { Stats } from "node:fs";
import { isStranger } from "./own_user.ts";
import { trustedUsers } from "./private_directory.ts";

/** A link that belongs neither to us nor to root, in this user namespace or outside; the message says whose it is. */
export class StrangersLink extends Error {}

/**
 * Whoever reads links by himself is not kept by the kernel from following a stranger's link in a sticky directory
 * (proc_sys_fs(5), protected_symlinks).
 * @throws StrangersLink
 */
export function refuseStrangersLink(path: string, { uid }: Stats): void {
  if (!isStranger(uid) || trustedUsers().has(uid)) return;
  throw new StrangersLink(`"${path}" is a link that belongs to another user (${uid})`);
}
