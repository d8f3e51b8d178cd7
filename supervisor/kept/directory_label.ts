import { createHash, randomBytes } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../io/private_file.ts";
import { readOwnFile } from "../../platform/mod.ts";

const NAME = "proctor.label";
const HASH_LENGTH = 16;
const SECRET_BYTES = 12;
const SECRET = new RegExp(`^[0-9a-f]{${2 * SECRET_BYTES}}$`);

/** What tells the groups of one state directory from all others. */
export interface DirectoryLabel {
  /** What the mark of each group gets: what anybody can work out, and then a secret. */
  readonly label: string;
  /**
   * By what groups of earlier supervisors are found: the whole label, or the beginning of it where the secret is
   * lost.
   */
  readonly known: { readonly label: string; readonly isBeginning: boolean };
}

/**
 * The label of a state directory. A user who could guess it could start a process that is taken for ours, and keep
 * each start waiting for its end; so a part of it is a secret, in a file that no other user can read.
 */
export function labelOf(base: string): DirectoryLabel {
  // Device and inode, too: in another container another directory may have the same path.
  const { dev, ino } = statSync(base, { bigint: true });
  const identity = `${realpathSync(base)}\0${dev}\0${ino}`;
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, HASH_LENGTH);
  const path = join(base, NAME);
  const secret = readSecret(path);
  if (secret !== null) {
    const label = `${hash}${secret}`;
    return { label, known: { label, isBeginning: false } };
  }
  const known = { label: hash, isBeginning: true };
  const fresh = randomBytes(SECRET_BYTES).toString("hex");
  try {
    replaceFile(path, `${fresh}\n`, 0o600);
    return { label: `${hash}${fresh}`, known };
  } catch {
    // As on a full disk: the next supervisor finds no secret, either, and knows the groups by what it can work out.
    return { label: hash, known };
  }
}

/** null where there is none that can be trusted. */
function readSecret(path: string): string | null {
  try {
    const text = readOwnFile(path, 1_024)?.trim() ?? "";
    return SECRET.test(text) ? text : null;
  } catch {
    return null;
  }
}
