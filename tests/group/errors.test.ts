/* What cannot be started is refused in words, and nothing of the attempt is left. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { ProcessGroup } from "../../mod.ts";
import type { StartOptions } from "../../mod.ts";
import { assertRefused } from "../support/expect.ts";
import { ROOT } from "../support/fixture.ts";
import { asNobody, NOBODY_ENV, noOtherUser } from "../support/linux.ts";
import { ownerCommand } from "./support/owner.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import type { Rung } from "./support/rungs.ts";
import { assertLeavesNothing } from "./support/traces.ts";

const PIPES: StartOptions = { stdin: "null", stdout: "pipe", stderr: "pipe" };

/** Expect a refusal that leaves nothing behind. */
async function refused(
  rung: Rung,
  command: string[],
  options: StartOptions,
  kind: Parameters<typeof assertRefused>[1],
  ...said: (string | RegExp)[]
): Promise<void> {
  await assertLeavesNothing(() =>
    withGroup(rung, (group) => {
      assertRefused(() => group.start(command, { ...PIPES, ...options }), kind, ...said);
      assert.equal(group.stats().totalProcessCount, 0);
      return Promise.resolve();
    })
  );
}

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`a start that cannot be, on the rung ${rung.name}`, () => {
    test("a command that does not exist", { skip, timeout: 120_000 }, async () => {
      await refused(rung, ["no-such-command"], {}, "command_not_found", "no-such-command", "PATH");
      await refused(rung, ["/no/such/file"], {}, "command_not_found", "/no/such/file", "no such file");
      await refused(rung, [""], {}, "command_not_found", "empty");
      await refused(rung, [], {}, "usage", "command");
    });

    test("a file that is not a program", { skip, timeout: 120_000 }, async () => {
      const directory = mkdtempSync(join(tmpdir(), "proctor-test-"));
      try {
        const file = (name: string, content: string, mode: number) => {
          writeFileSync(`${directory}/${name}`, content, { mode });
          return `${directory}/${name}`;
        };
        const [plain, lost] = [file("plain", "x", 0o644), file("lost", "#!/no/such/interpreter\n", 0o755)];
        await refused(rung, [plain], {}, "command_not_executable", plain, "not executable");
        await refused(rung, [lost], {}, "command_not_executable", lost, "interpreter");
        await refused(rung, [file("junk", "\0\0\0", 0o755)], {}, "command_not_executable", "junk");
        await refused(rung, [directory], {}, "command_not_executable", "directory");
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    test("a directory that cannot be entered", { skip, timeout: 120_000 }, async () => {
      await refused(rung, ["true"], { cwd: "/no/such/directory" }, "usage", "cwd", "/no/such/directory");
      await refused(rung, ["true"], { cwd: "/dev/null" }, "usage", "cwd", "/dev/null", "not a directory");
    });

    test("a descriptor that is not open", { skip, timeout: 120_000 }, async () => {
      await refused(rung, ["true"], { stdout: 999_999 }, "system", /EBADF|bad file descriptor|not open/i);
    });

    test("half a user", { skip, timeout: 120_000 }, async () => {
      await refused(rung, ["true"], { uid: 65_534 }, "usage", "uid", "gid");
      await refused(rung, ["true"], { gid: 65_534 }, "usage", "uid", "gid");
    });

    test("a user that is not a number the kernel takes at its word", { skip, timeout: 120_000 }, async () => {
      // setresuid(2) takes -1 for "as it is", and cuts 2^32 down to 0: both would run as us.
      for (const id of [-1, 0xffff_ffff, 2 ** 32, 1.5, NaN]) {
        await refused(rung, ["true"], { uid: id, gid: 65_534 }, "usage", "uid");
        await refused(rung, ["true"], { uid: 65_534, gid: id }, "usage", "gid");
      }
    });

    test("an argument, variable or directory with a zero byte", { skip, timeout: 120_000 }, async () => {
      await refused(rung, ["echo", "a\0b"], {}, "usage", /NUL|zero byte/i);
      await refused(rung, ["true"], { env: { A: "a\0b" } }, "usage", /NUL|zero byte/i);
      await refused(rung, ["true"], { cwd: "/tmp\0b" }, "usage", /NUL|zero byte/i);
    });

    const skipOther = noOtherUser || rung.name === "cgroup_v1" && "no other user has this rung";
    test("another user, without the right to", { skip: skipOther, timeout: 120_000 }, async () => {
      const [command, ...args] = asNobody(ownerCommand(rung.name, "become", "1000"));
      const { stdout } = await promisify(execFile)(command, args, { env: NOBODY_ENV, cwd: ROOT });
      const { kind, message } = JSON.parse(stdout.trim().split("\n").at(-1)!);
      assert.equal(kind, "usage");
      assert.match(message, /^uid and gid: .*(not permitted|permission)/);
    });

    test("anything in a group that is closed", { skip, timeout: 120_000 }, async () => {
      const group = await ProcessGroup.create(rung.options);
      const running = group.start(["sleep", "60"], PIPES);
      await group[Symbol.asyncDispose]();
      assert.equal(group.isClosed, true);
      assertRefused(() => group.start(["true"]), "usage", "closed");
      assertRefused(() => group.stats(), "usage", "closed");
      assertRefused(() => group.resume(), "usage", "closed");
      await assert.rejects(group.output(["true"]), { name: "ProctorError", message: /closed/ });
      await assert.rejects(group.pause(), { name: "ProctorError", message: /closed/ });
      assert.equal(group.signal("SIGTERM"), 0);
      assert.equal((await group.stop()).membersBefore, 0);
      assert.ok((await running.wait()).outcome !== "exited");
      group[Symbol.dispose]();
      await group[Symbol.asyncDispose]();
    });
  });
}
