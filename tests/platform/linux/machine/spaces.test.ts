import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { linuxHost } from "../../../../platform/linux/machine/host_source.ts";
import { SpaceReader } from "../../../../platform/linux/machine/spaces.ts";
import { readSpace, readSpaceElsewhere } from "../../../../platform/linux/machine/statfs.ts";
import { assertNear } from "../../../support/expect.ts";
import { ROOT } from "../../../support/fixture.ts";

const MEGABYTE = 1e6;

/** What df says of a path, in bytes. */
function df(path: string): { total: number; used: number; available: number } {
  const output = execFileSync("df", ["-B1", "--output=size,used,avail", path], { encoding: "utf8" });
  const [total, used, available] = output.trim().split("\n")[1].trim().split(/\s+/).map(Number);
  return { total, used, available };
}

/** A reader of a made-up mount table. */
function withTable<T>(
  lines: readonly string[],
  use: (reader: SpaceReader, write: (lines: string[]) => void) => T,
): T {
  const proc = mkdtempSync(join(tmpdir(), "proctor-mounts-"));
  mkdirSync(join(proc, "self"));
  const write = (lines: readonly string[]) =>
    writeFileSync(join(proc, "self/mountinfo"), lines.map((line) => `${line}\n`).join(""));
  write(lines);
  writeFileSync(join(proc, "filesystems"), "nodev\ttmpfs\n\text4\n");
  try {
    return use(new SpaceReader({ proc, sys: "/sys", files: "" }), write);
  } finally {
    rmSync(proc, { recursive: true });
  }
}

describe("the space of a file system", () => {
  test("is what df says, on this thread and on another", async () => {
    for (const path of ["/", "/dev/shm", "/tmp"]) {
      const { total, used, available } = df(path);
      for (const space of [readSpace(path)!, (await readSpaceElsewhere(path))!]) {
        assert.equal(space.totalBytes, total);
        // Others write meanwhile.
        assertNear(space.totalBytes - space.freeBytes, used, 0.02, 500 * MEGABYTE, "used");
        assertNear(space.availableBytes, available, 0.02, 500 * MEGABYTE, "available");
      }
    }
  });

  test("cannot be had where there is nothing", async () => {
    assert.equal(readSpace("/no/such/place"), null);
    assert.equal(await readSpaceElsewhere("/no/such/place"), null);
  });
});

describe("the spaces of a machine", () => {
  test("are those of the real mounts, at once", () => {
    const found = linuxHost().spaces(false);
    assert.ok(found && !(found instanceof Promise));
    const root = found.spaces.find(({ point }) => point === "/")!;
    assert.equal(root.totalBytes, df("/").total);
    assert.ok(found.spaces.every(({ type }) => !["proc", "sysfs", "tmpfs", "cgroup2"].includes(type)));
  });

  test("are read anew when the table changes, and files are none", () => {
    withTable(
      ["1 0 8:1 / / rw - ext4 /dev/a rw", "2 1 8:2 /x /etc/passwd rw - ext4 /dev/b rw"],
      (reader, write) => {
        const points = () => {
          const found = reader.read(false)!;
          assert.ok(!(found instanceof Promise));
          return [found.spaces.map(({ point }) => point), found.unanswered];
        };
        assert.deepEqual(points(), [["/"], []]);
        assert.deepEqual(points(), [["/"], []]);
        write([
          "1 0 8:1 / / rw - ext4 /dev/a rw",
          "2 1 8:2 / /tmp rw - ext4 /dev/b rw",
          "3 1 8:3 / /gone rw - ext4 x rw",
        ]);
        assert.deepEqual(points(), [["/", "/tmp"], ["/gone"]]);
      },
    );
  });

  test("are awaited where a file system may keep us waiting", async () => {
    const table = ["1 0 8:1 / / rw - ext4 /dev/a rw", "2 1 0:9 / /tmp rw - nfs4 there:/ rw"];
    await withTable(table, async (reader) => {
      const found = reader.read(true);
      assert.ok(found instanceof Promise);
      assert.deepEqual((await found).spaces.map(({ point }) => point).sort(), ["/", "/tmp"]);
    });
  });

  test("are null without a mount table", () => {
    assert.equal(linuxHost({ proc: "/no/such", sys: "/no/such", files: "/no/such" }).spaces(false), null);
  });
});

const noNamespace = spawnSync("unshare", ["-m", "true"]).status !== 0 &&
  "needs root and unshare (util-linux)";

test("a mount is seen at the next reading", { skip: noNamespace, timeout: 120_000 }, () => {
  const source = [
    `import { linuxHost } from ${JSON.stringify(`${ROOT}/platform/linux/machine/host_source.ts`)};`,
    'import { execFileSync, spawnSync } from "node:child_process";',
    "const host = linuxHost();",
    'const type = () => host.spaces(false).spaces.find(({ point }) => point === "/").type;',
    "const seen = [type(), type()];",
    // It covers the root for those who come later; the table has it, and we stay below.
    'execFileSync("mount", ["-t", "tmpfs", "none", "/"]);',
    "seen.push(type(), type());",
    "console.log(JSON.stringify(seen));",
  ].join("\n");
  const directory = mkdtempSync(join(tmpdir(), "proctor-mounted-"));
  try {
    const file = join(directory, "look.ts");
    writeFileSync(file, source);
    const options = "Deno" in globalThis ? ["run", "--no-check", "--quiet", "-A"] : [];
    const output = execFileSync("unshare", ["-m", process.execPath, ...options, file], { encoding: "utf8" });
    const [first, second, third, fourth] = JSON.parse(output);
    assert.equal(first, second);
    assert.notEqual(first, "tmpfs");
    assert.deepEqual([third, fourth], ["tmpfs", "tmpfs"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a path of mount points may be a link", () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-link-"));
  try {
    symlinkSync("/", join(directory, "root"));
    assert.equal(readSpace(join(directory, "root"))!.totalBytes, df("/").total);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
