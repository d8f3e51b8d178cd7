import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { realMounts } from "../../../../platform/linux/machine/real_mounts.ts";
import { visibleMounts } from "../../../../platform/linux/machine/visible_mounts.ts";
import { parseMountinfo } from "../../../../platform/linux/proc/mountinfo.ts";

const noNamespace = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status !== 0 &&
  "needs root and unshare (util-linux)";

/** Hide mounts in every way, then print the table and the device that each of its points has for stat(2). */
const SCRIPT = `
set -e
cd "$1"
mkdir -p above/below/deeper twice beneath
mount -t tmpfs none above/below/deeper
mount -t tmpfs none above
mkdir -p above/own above/own/sub
mount -t tmpfs none above/own
mount -t tmpfs none twice
mount -t tmpfs none twice
mount -t tmpfs none beneath
mkdir beneath/inner
mount -t tmpfs none beneath/inner
mount -t tmpfs none beneath
cat /proc/self/mountinfo
echo ---
for point in above above/own above/below/deeper twice beneath beneath/inner; do
  printf '%s %s\\n' "$1/$point" "$(stat -c '%Hd:%Ld' "$1/$point" 2>/dev/null || echo none)"
done
`;

test("the mounts that a path leads to are those that stat finds there", {
  skip: noNamespace,
  timeout: 120_000,
}, () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-hidden-"));
  try {
    const output = execFileSync("unshare", ["-m", "sh", "-c", SCRIPT, "sh", directory], { encoding: "utf8" });
    const [table, found] = output.split("---\n");
    const all = parseMountinfo(table).filter(({ point }) => point.startsWith(directory));
    assert.equal(all.length, 8);
    const stats = new Map(found.trim().split("\n").map((line) => line.split(" ") as [string, string]));
    const truth = all.filter(({ point, device }) => stats.get(point) === device);
    assert.equal(truth.length, 4);
    const visible = visibleMounts(parseMountinfo(table)).filter(({ point }) => point.startsWith(directory));
    assert.deepEqual(visible, truth);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a disk under another is not told", () => {
  const table = [
    "1 0 8:1 / / rw - ext4 /dev/a rw",
    "2 1 8:2 / /data/old rw - ext4 /dev/b rw",
    "3 1 8:3 / /data rw - ext4 /dev/c rw",
    "4 3 8:4 / /data/new rw - ext4 /dev/d rw",
  ].join("\n");
  const points = realMounts(parseMountinfo(table), new Set(["ext4"]), false).map(({ point }) => point);
  assert.deepEqual(points, ["/", "/data", "/data/new"]);
});
