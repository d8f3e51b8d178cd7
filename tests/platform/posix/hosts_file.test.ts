import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { namesOfLoopback } from "../../../platform/posix/hosts_file.ts";

test(
  "names of the loopback are those that hosts(5) has there",
  { skip: process.platform === "win32" && "Windows has no hosts(5)" },
  () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-"));
    try {
      const file = join(directory, "hosts");
      writeFileSync(
        file,
        "127.0.0.1\tlocalhost\n127.0.1.1 DB1.example.org db1 # other.example\r\n# 127.0.0.1 no.example\n\n" +
          "::1 ip6-localhost\n10.0.0.5 lan.example\n127.0.0.1.evil x.example\n",
      );
      assert.deepEqual(namesOfLoopback(file), ["localhost", "db1.example.org", "db1", "ip6-localhost"]);
      writeFileSync(file, `127.0.0.1 db1.example.org\n${"#".repeat(262_144)}`);
      assert.deepEqual(namesOfLoopback(file), [], "too long");
      assert.deepEqual(namesOfLoopback(join(directory, "none")), []);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
