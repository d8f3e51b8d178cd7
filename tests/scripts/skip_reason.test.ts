/* Why a test was skipped is found where it is written, in whatever way that is. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { skipReason } from "../../scripts/skip_reason.ts";

const SUPPORT = `
export const noRoom = process.cwd() === "/no/room" && "needs room";
export const { directory, whyNot: noDisk } = has("disk") ? { directory: "/disk", whyNot: false } : { whyNot: "needs a disk" };
export const noTool = !existsSync("/usr/bin/tool") && "needs tool";
export const noMount: string | false = obstacle();
function obstacle(): string | false {
  if (isHere("mount")) {
    return false;
  }
  return "needs mounts";
}
export class Disk {
  static obstacleOf() {
    return existsSync("/dev/fuse") ? false : "needs /dev/fuse";
  }
  static other() {
    return "other";
  }
}
export const WAYS: readonly Way[] = [
  { name: "quick", options: { how: "quick" }, skip: noRoom },
  { name: "quick_v1", options: {}, skip: noTool },
];
`;
const SOURCE = `
import { Disk, noDisk, noMount, noRoom, noTool } from "./support/means.ts";
const CASE = { skip: noTool || noRoom, timeout: 60_000 };
const refusal = "reason" in opened ? opened.reason : false;

test("in the option", { skip: !hasRoom("of its own") && "needs room of its own", timeout: 1 }, () => {});
test("in an option that has its line", {
  skip: noRoom,
  timeout: 1,
}, async () => {});
test("by a constant that is all options", CASE, () => {});
test("by options with more to them", { ...CASE, timeout: 2 }, () => {});
test("of a disk", { skip: noDisk }, () => {});
const noFuse = Disk.obstacleOf();
test("by a function", { timeout: 1, skip: noMount }, () => {});
test("by a method", { skip: noFuse }, () => {});
test("of who cannot be asked here", { skip: refusal }, () => {});
for (const way of ["cheap", "dear"]) {
  const skip = way === "dear" && noRoom;
  test(\`goes the way that is \${way}, always\`, { skip, timeout: 1 }, () => {});
}
`;
const OF_LISTS = `
import { WAYS } from "./support/means.ts";
for (const way of WAYS) {
  const { skip } = way;
  describe(\`on the way \${way.name}\`, () => {
    test("it's > gone", { skip, timeout: 1 }, () => {});
  });
}
`;

const CASES: readonly (readonly [file: string, name: string, reason: string])[] = [
  ["one", "in the option", "needs room of its own"],
  ["one", "group > in an option that has its line", "needs room"],
  ["one", "by a constant that is all options", "needs tool"],
  ["one", "by options with more to them", "needs tool"],
  ["one", "of a disk", "needs a disk"],
  ["one", "by a function", "needs mounts"],
  ["one", "by a method", "needs /dev/fuse"],
  ["one", "of who cannot be asked here", "no reason found"],
  ["one", "goes the way that is dear, always", "needs room"],
  ["lists", "on the way quick > it's > gone", "needs room"],
  ["lists", "on the way quick_v1 > it's > gone", "needs tool"],
  ["lists", "nowhere", "no reason found"],
];

test("the reason of a skipped test is the text that its option leads to", () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-skips-"));
  try {
    mkdirSync(join(directory, "support"));
    writeFileSync(join(directory, "support/means.ts"), SUPPORT);
    writeFileSync(join(directory, "one"), SOURCE);
    writeFileSync(join(directory, "lists"), OF_LISTS);
    for (const [file, name, reason] of CASES) {
      assert.equal(skipReason(join(directory, file), name), reason, name);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
