import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fixture } from "../../support/fixture.ts";
import { proctor, shell, start } from "../support/proctor.ts";

const MANY_BYTES = 64 * 1024 * 1024;

describe("the command's own streams", () => {
  test("carry any bytes in and out untouched", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
        const { stdout, code, stderr } = await proctor(["run", "--quiet", "--", "cat"], { input: bytes });
        assert.deepEqual(new Uint8Array(stdout), bytes);
        assert.equal(stderr, "");
        assert.equal(code, 0);
      }),
      { numRuns: 20 },
    );
  });

  test("carry a large volume", { timeout: 120_000 }, async () => {
    const block = randomBytes(1024 * 1024);
    const input = Buffer.concat(Array.from({ length: MANY_BYTES / block.length }, () => block));
    const { stdout } = await proctor(["run", "--quiet", "--records", "/dev/null", "--", "cat"], { input });
    const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    assert.equal(stdout.length, input.length);
    assert.equal(digest(stdout), digest(input));
  });

  test("keep standard output and standard error apart", async () => {
    const { stdout, stderr } = await proctor(["run", "--quiet", "--", fixture("print_lines"), "200"]);
    const lines = (name: string) =>
      Array.from({ length: 200 }, (_, index) => `${name} ${index + 1}\n`).join("");
    assert.equal(stdout.toString(), lines("stdout"));
    assert.equal(stderr, lines("stderr"));
  });

  test("proctor itself reads nothing of standard input", async () => {
    const script = "$PROCTOR run --quiet -- true; cat";
    const { stdout } = await shell(script, { input: "all of it\n" });
    assert.equal(stdout.toString(), "all of it\n");
  });

  test("an answer comes while the command still waits", { timeout: 120_000 }, async () => {
    const running = start(["run", "--quiet", "--", "sh", "-c", "read a; echo got $a; read b; echo got $b"], {
      input: "open",
    });
    running.write("one\n");
    await running.line((line) => line === "got one");
    running.write("two\n");
    await running.line((line) => line === "got two");
    running.closeInput();
    assert.equal((await running.ended).code, 0);
  });

  test("a pipe closed by its reader ends the command as without us", async () => {
    const { stdout } = await shell(
      "exec 3>&1; { $PROCTOR run --quiet -- yes; echo $? >&3; } | head -n 1 >/dev/null",
    );
    assert.equal(stdout.toString().trim(), String(128 + 13));
  });
});

describe("streams that are closed", () => {
  /** How the command sees its descriptors 0, 1 and 2. */
  const seen = async (redirection: string) => {
    const program = `for n in 0 1 2; do if [ -e /proc/self/fd/$n ]; then printf "$n:"; fi; done >"$1"`;
    const { stdout, code } = await shell(
      `file=$(mktemp); $PROCTOR run --quiet -- sh -c '${program}' sh "$file" ${redirection}; echo "$? $(cat "$file")"; rm "$file"`,
    );
    assert.equal(code, 0);
    return stdout.toString().trim();
  };

  test("closed standard input harms nothing", async () => {
    const { stdout } = await shell(`$PROCTOR run --quiet -- sh -c 'cat; echo "cat said $?"' <&- 2>/dev/null`);
    const direct = await shell(`sh -c 'cat; echo "cat said $?"' <&- 2>/dev/null`);
    assert.equal(stdout.toString(), direct.stdout.toString());
  });

  test("closed standard output harms nothing", async () => {
    assert.match(await seen(">&-"), /^0 /);
  });

  test("closed standard error harms nothing, and the exit code stays", async () => {
    const { stdout } = await shell(`$PROCTOR run -- sh -c 'exit 7' 2>&-; echo $?`);
    assert.equal(stdout.toString(), "7\n");
  });

  test("everything closed harms nothing", async () => {
    const { stdout } = await shell(`exec 9>&1; $PROCTOR run -- sh -c 'exit 7' <&- >&- 2>&-; echo $? >&9`);
    assert.equal(stdout.toString(), "7\n");
  });

  test("a summary that nobody can read harms nothing", async () => {
    const { stdout } = await shell(`$PROCTOR run -- sh -c 'exit 7' 2>/dev/full; echo $?`);
    assert.equal(stdout.toString(), "7\n");
  });
});
