/** One line of /proc/PID/mountinfo. */
export interface Mount {
  readonly id: number;
  /** On which mount it lies; that may be none of the table, and the root's own. */
  readonly parentId: number;
  /** `major:minor` of the mounted file system: two mounts with the same one show the same. */
  readonly device: string;
  /** Which directory of the file system is mounted. */
  readonly root: string;
  /** Where. */
  readonly point: string;
  /** `ext4`, `fuse.sshfs` … */
  readonly type: string;
  /** A device, `host:/export`, `pool/dataset`, or whatever the file system calls it. */
  readonly source: string;
}

/**
 * Parse /proc/PID/mountinfo (proc_pid_mountinfo(5)): `27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw`, with any
 * number of optional fields before the lone dash. Lines that are cut are passed over.
 */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(" ");
    const dash = fields.indexOf("-", 6);
    if (dash < 0 || fields.length < dash + 3) continue;
    const [id, parentId] = fields.slice(0, 2).map(Number);
    const [device, root, point] = fields.slice(2, 5);
    const [type, source] = fields.slice(dash + 1, dash + 3);
    mounts.push({
      id,
      parentId,
      device,
      root: unescapeOctal(root),
      point: unescapeOctal(point),
      type,
      source: unescapeOctal(source),
    });
  }
  return mounts;
}

/** Blanks, tabs, newlines, backslashes and `#` are written as `\040`. */
export function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}
