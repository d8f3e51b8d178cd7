import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor } from "../support/proctor.ts";

const quietly = (...command: string[]) => proctor(["run", "--quiet", "--", ...command]);

/** Expect one clear line on standard error, nothing on standard output. */
function assertOneLine(outcome: { stdout: Buffer; stderr: string }, ...said: string[]): void {
  assert.equal(outcome.stdout.toString(), "");
  assert.match(outcome.stderr, /^proctor: [^\n]+\n$/);
  for (const part of said) assert.ok(outcome.stderr.includes(part), `${outcome.stderr} does not say ${part}`);
}

describe("the exit code of run", () => {
  test("is the command's own", async () => {
    for (const code of [0, 1, 2, 7, 42, 124, 125, 126, 127, 128, 200, 255]) {
      const { code: got, stderr } = await quietly(fixture("exit_with"), String(code));
      assert.equal(got, code);
      assert.equal(stderr, "");
    }
  });

  test("is 128+N when signal N ended the command", async () => {
    const signals = {
      HUP: 1,
      INT: 2,
      QUIT: 3,
      ABRT: 6,
      KILL: 9,
      USR1: 10,
      SEGV: 11,
      PIPE: 13,
      ALRM: 14,
      TERM: 15,
    };
    for (const [name, number] of Object.entries(signals)) {
      assert.equal((await quietly(fixture("die_by"), name)).code, 128 + number, name);
    }
  });

  test("is 128+N for a real-time signal, too", async () => {
    assert.equal((await quietly("sh", "-c", "kill -40 $$")).code, 168);
  });

  test("is 127 when there is no such command", async () => {
    const missing = await quietly("no-such-command-of-proctor");
    assert.equal(missing.code, 127);
    assertOneLine(missing, "no-such-command-of-proctor", "not found");
    const path = await quietly("./no/such/file");
    assert.equal(path.code, 127);
    assertOneLine(path, "./no/such/file");
    const empty = await quietly("");
    assert.equal(empty.code, 127);
    assertOneLine(empty, "empty");
  });

  test("is 127 when a part of the path is a file", async () => {
    const { code } = await quietly(`${fixture("exit_with")}/program`);
    assert.ok(code === 127 || code === 126, `${code}`);
  });

  test("is 126 for a directory", async () => {
    const outcome = await quietly("/usr");
    assert.equal(outcome.code, 126);
    assertOneLine(outcome, "/usr", "is a directory");
  });

  test("is 126 for a file that is not executable", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/plain`, "echo no\n");
      const byPath = await quietly(`${directory}/plain`);
      assert.equal(byPath.code, 126);
      assertOneLine(byPath, `${directory}/plain`, "not executable");
      const byName = await proctor(["run", "--quiet", "--", "plain"], {
        env: { PATH: `${directory}:/usr/bin:/bin` },
      });
      assert.equal(byName.code, 126);
      assertOneLine(byName, "not executable");
    });
  });

  test("is 126 when the interpreter of a script is missing, and the line says so", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/script`, "#!/no/such/interpreter\n");
      chmodSync(`${directory}/script`, 0o755);
      const outcome = await quietly(`${directory}/script`);
      assert.equal(outcome.code, 126);
      assertOneLine(outcome, `${directory}/script`, "interpreter");
    });
  });

  test("is 126 for a file that is not a program", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/noise`, new Uint8Array([0, 1, 2, 3, 255, 254]));
      chmodSync(`${directory}/noise`, 0o755);
      const outcome = await quietly(`${directory}/noise`);
      assert.equal(outcome.code, 126);
      assertOneLine(outcome, "cannot be executed");
    });
  });

  test(
    "is that of a script without a #! line, which the shell runs with its arguments",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        const write = (name: string, text: string) => {
          writeFileSync(`${directory}/${name}`, text);
          chmodSync(`${directory}/${name}`, 0o755);
        };
        write("script", 'printf "%s|" "$@"; exit 7\n');
        write("-e", "exit 5\n");
        write("empty", "");
        const run = (cwd: string, ...command: string[]) =>
          proctor(["run", "--quiet", "--", ...command], { cwd });
        const byPath = await run(directory, "./script", "a b", "*", "");
        assert.deepEqual([byPath.code, byPath.stdout.toString(), byPath.stderr], [7, "a b|*||", ""]);
        const byName = await proctor([
          "run",
          "--quiet",
          "--env",
          `PATH=${directory}:/usr/bin:/bin`,
          "--",
          "script",
          "x",
        ]);
        assert.deepEqual([byName.code, byName.stdout.toString()], [7, "x|"]);
        const elsewhere = await proctor(["run", "--quiet", "--cwd", directory, "--", "./script", "y"]);
        assert.deepEqual([elsewhere.code, elsewhere.stdout.toString()], [7, "y|"]);
        assert.equal(
          (await proctor(["run", "-q", "--env", `PATH=${directory}`, "--", "-e"], { cwd: "/" })).code,
          5,
        );
        assert.equal((await run(directory, "./empty")).code, 0);
        writeFileSync(`${directory}/elf`, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0));
        chmodSync(`${directory}/elf`, 0o755);
        const foreign = await run(directory, "./elf");
        assert.equal(foreign.code, 126, "a program of another machine is not fed to a shell");
        assertOneLine(foreign, "cannot be executed");
      });
    },
  );

  test("is 125 when the directory to run in does not exist", async () => {
    const outcome = await proctor(["run", "--quiet", "--cwd", "/no/such/directory", "--", "true"]);
    assert.equal(outcome.code, 125);
    assertOneLine(outcome, "cwd", "/no/such/directory");
  });

  test("a later directory of PATH is searched when the file in an earlier one is not executable", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/true`, "no program\n");
      const { code } = await proctor(["run", "--quiet", "--", "true"], {
        env: { PATH: `${directory}:/usr/bin:/bin` },
      });
      assert.equal(code, 0);
    });
  });

  test("PATH set with --env is the one that counts", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/hello`, "#!/bin/sh\nexit 9\n");
      chmodSync(`${directory}/hello`, 0o755);
      const { code } = await proctor(["run", "--quiet", "--env", `PATH=${directory}`, "--", "hello"]);
      assert.equal(code, 9);
    });
  });

  test("a relative command is sought from --cwd", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/hello`, "#!/bin/sh\nexit 9\n");
      chmodSync(`${directory}/hello`, 0o755);
      assert.equal((await proctor(["run", "--quiet", "--cwd", directory, "--", "./hello"])).code, 9);
      // Without ./ the current directory is not searched, as in every shell.
      assert.equal((await proctor(["run", "--quiet", "--", "hello"], { cwd: directory })).code, 127);
    });
  });
});
