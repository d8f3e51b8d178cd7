/* The I/O of a command that ends at once is known, by the same source every time, whoever runs it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BINARY, runProgram } from "../support/proctor.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const TRIES = 12;

/** Reads so many bytes in one call, and ends. */
const READ = "sysread(STDIN, my $x, 4321) == 4321 or die; POSIX::_exit(0)";

for (const user of ["ourselves", "another user"]) {
  const skip = user === "another user" && cannotDrop;

  test(`run by ${user}`, { skip, timeout: 120_000 }, async () => {
    const words = [BINARY, "run", "--summary", "json", "--", "true"];
    const seen = new Set<string>();
    for (let count = 0; count < TRIES; count++) {
      const { stderr, code } = await runProgram(user === "ourselves" ? words : asNobody(words), { cwd: "/" });
      assert.equal(code, 0, stderr);
      const { io_read_bytes, io_write_bytes, accounting } = JSON.parse(stderr.trimEnd().split("\n").at(-1)!);
      seen.add(JSON.stringify([io_read_bytes, io_write_bytes, accounting.io, accounting.disk]));
    }
    assert.equal(seen.size, 1, [...seen].join("\n"));
    const [read, written, io, disk] = JSON.parse([...seen][0]);
    // The dynamic linker reads the head of the C library; nobody writes anything.
    assert.ok(read > 500 && read < 100_000, `${read}`);
    assert.equal(written, 0);
    assert.deepEqual([io.quality, disk.quality], ["exact", "exact"]);
  });

  test(`what it has read is in it, run by ${user}`, { skip, timeout: 120_000 }, async () => {
    const run = async (program: string) => {
      const words = [BINARY, "run", "--summary", "json", "--", "perl", "-MPOSIX", "-e", program];
      const { stderr, code } = await runProgram(user === "ourselves" ? words : asNobody(words), {
        cwd: "/",
        input: "x".repeat(4_321),
      });
      assert.equal(code, 0, stderr);
      return JSON.parse(stderr.trimEnd().split("\n").at(-1)!).io_read_bytes as number;
    };
    const idle = `${READ.replace("4321) == 4321", "1) == 1")}`;
    // The program text differs in nothing that is read from a file.
    assert.equal(await run(READ) - await run(idle), 4_320);
  });
}
