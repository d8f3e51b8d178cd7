/* What a command gets from ProcessGroup.start: streams, directory, environment, arguments, user. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fixture } from "../support/fixture.ts";
import { noOtherUser } from "../support/linux.ts";
import { RUNGS, withGroup } from "./support/rungs.ts";
import { text } from "./support/streams.ts";

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "proctor-test-")));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const O_CLOEXEC = 0o2000000;

/** Descriptors of this process that its children inherit. */
function inheritable(): number[] {
  return readdirSync("/proc/self/fd").map(Number).sort((a, b) => a - b).filter((number) => {
    try {
      const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8"))?.[1];
      return flags !== undefined && (parseInt(flags, 8) & O_CLOEXEC) === 0;
    } catch {
      return false; // The directory that was just listed.
    }
  });
}

for (const rung of RUNGS) {
  const { skip } = rung;

  describe(`a command started on the rung ${rung.name}`, () => {
    const context = (options = {}, args: (string | Uint8Array)[] = []) =>
      withGroup(rung, async (group) => {
        const { stdout, stderr, exitCode } = await group.output([fixture("print_context"), ...args], options);
        assert.equal(exitCode, 0, Buffer.from(stderr).toString());
        return JSON.parse(Buffer.from(stdout).toString());
      });

    test("writes to pipes, each its own", { skip, timeout: 120_000 }, () =>
      withGroup(rung, async (group) => {
        const running = group.start(["sh", "-c", "echo to stdout; echo to stderr >&2; exit 4"], {
          stdin: "null",
          stdout: "pipe",
          stderr: "pipe",
        });
        const [out, err, status] = await Promise.all([
          text(running.stdout),
          text(running.stderr),
          running.wait(),
        ]);
        assert.deepEqual([out, err], ["to stdout\n", "to stderr\n"]);
        assert.deepEqual(status, { outcome: "exited", exitCode: 4, signal: null });
      }));

    test(
      "can be read when it has long ended and the group is closed",
      { skip, timeout: 120_000 },
      async () => {
        const stdout = await withGroup(rung, async (group) => {
          const running = group.start(["echo", "late"], { stdin: "null", stdout: "pipe" });
          await running.wait();
          return running.stdout;
        });
        assert.equal(await text(stdout), "late\n");
      },
    );

    test(
      "has no stream where there is no pipe",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const running = group.start(["sh", "-c", "echo lost; echo lost >&2; cat"], {
            stdin: "null",
            stdout: "null",
            stderr: "null",
          });
          assert.deepEqual([running.stdout, running.stderr], [null, null]);
          assert.equal((await running.wait()).exitCode, 0);
        }),
    );

    test(
      "may be a script without a #! line",
      { skip, timeout: 120_000 },
      () =>
        withDirectory((directory) =>
          withGroup(rung, async (group) => {
            writeFileSync(`${directory}/script`, 'echo "$1 $PWD"; exit 9\n', { mode: 0o755 });
            const { stdout, exitCode } = await group.output(["./script", "one"], { cwd: directory });
            assert.equal(exitCode, 9);
            assert.equal(Buffer.from(stdout).toString(), `one ${directory}\n`);
            assert.equal(
              group.stats().totalProcessCount,
              1,
              "the attempt before is not a process of the group",
            );
          })
        ),
    );

    test(
      "takes descriptors of ours for its streams, crossed ones too",
      { skip, timeout: 120_000 },
      () =>
        withDirectory((directory) =>
          withGroup(rung, async (group) => {
            writeFileSync(`${directory}/in`, "from a file\n");
            const descriptors = [openSync(`${directory}/in`, "r")];
            descriptors.push(openSync(`${directory}/a`, "w"), openSync(`${directory}/b`, "w"));
            const [stdin, stdout, stderr] = descriptors;
            const script = "cat; echo to stderr >&2";
            assert.equal(
              (await group.start(["sh", "-c", script], { stdin, stdout, stderr }).wait()).exitCode,
              0,
            );
            const both = { stdin: "null", stdout: stderr, stderr: stderr } as const;
            assert.equal((await group.start(["sh", "-c", "echo 1; echo 2 >&2"], both).wait()).exitCode, 0);
            for (const descriptor of descriptors) closeSync(descriptor); // still ours, and open
            assert.equal(readFileSync(`${directory}/a`, "utf8"), "from a file\n");
            assert.equal(readFileSync(`${directory}/b`, "utf8"), "to stderr\n1\n2\n");
          })
        ),
    );

    test(
      "inherits our own streams unless told otherwise",
      { skip, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const own = [0, 1, 2].map((number) => readlinkSync(`/proc/self/fd/${number}`));
          const running = group.start(["sleep", "60"]);
          assert.deepEqual([0, 1, 2].map((number) => readlinkSync(`/proc/${running.pid}/fd/${number}`)), own);
          await group.stop({ graceMs: 0 });
        }),
    );

    test("gets no other descriptor: not ours, not the pipes', not the guard's", {
      skip,
      timeout: 120_000,
    }, async () => {
      // A test runner may itself have been given some that everybody below inherits.
      const ours = inheritable().filter((number) => number > 2);
      const { open_fds, fd_targets } = await context();
      const strange = open_fds.filter((number: number) => number > 2 && !ours.includes(number));
      assert.deepEqual(strange, [], JSON.stringify(fd_targets));
    });

    test(
      "runs in its directory, and a relative name is seen from there",
      { skip, timeout: 120_000 },
      () =>
        withDirectory((directory) =>
          withGroup(rung, async (group) => {
            writeFileSync(`${directory}/here`, "#!/bin/sh\npwd\n", { mode: 0o755 });
            const { stdout } = await group.output(["./here"], { cwd: directory });
            assert.equal(Buffer.from(stdout).toString(), `${directory}\n`);
          })
        ),
    );

    test("gets our environment, what is added to it, and one mark", { skip, timeout: 120_000 }, async () => {
      const { env } = await context({ env: { PROCTOR_TEST: "ü = 1", HOME: "/elsewhere" } });
      const { PROCTOR_GROUP, PROCTOR_TEST, HOME, PATH } = env;
      assert.deepEqual([PROCTOR_TEST, HOME, PATH], ["ü = 1", "/elsewhere", process.env.PATH]);
      assert.match(PROCTOR_GROUP, new RegExp(`^${process.pid}-[0-9a-f]{12}$`));
    });

    test("gets its arguments byte for byte", { skip, timeout: 120_000 }, async () => {
      const odd = Uint8Array.of(0xff, 0x20, 0xfe, 0x0a);
      const { argv_hex } = await context({}, ["", "a b", "ü", odd]);
      assert.deepEqual(argv_hex, ["", "612062", "c3bc", "ff20fe0a"]);
    });

    test(
      "can be named in bytes",
      { skip, timeout: 120_000 },
      () =>
        withDirectory((directory) =>
          withGroup(rung, async (group) => {
            const name = Buffer.concat([Buffer.from(`${directory}/`), Uint8Array.of(0xff, 0xfe)]);
            // Not by node:fs: Deno would make text of the name.
            writeFileSync(`${directory}/plain`, "#!/bin/sh\nexit 5\n", { mode: 0o755 });
            assert.equal((await group.output(["mv", `${directory}/plain`, name])).exitCode, 0);
            assert.equal((await group.output([name])).exitCode, 5);
          })
        ),
    );

    test(
      "gives its user the groups named, and what it writes to where that is asked for, but no device",
      { skip: skip || noOtherUser, timeout: 120_000 },
      () =>
        withDirectory((directory) =>
          withGroup(rung, async (group) => {
            execFileSync("mknod", [`${directory}/null`, "c", "1", "3"]);
            const names = ["given", "kept", "null"].map((name) => `${directory}/${name}`);
            const user = { uid: 65_534, gid: 65_533, groups: [61_301, 61_302] };
            for (const name of names) {
              const stdout = openSync(name, "a", 0o600);
              const line = "id -G; echo again >> /dev/stdout";
              const ownsStreams = !name.endsWith("kept");
              await group.start(["sh", "-c", line], { ...user, stdout, stderr: "null", ownsStreams }).wait();
              closeSync(stdout);
            }
            assert.deepEqual(names.map((name) => statSync(name).uid), [65_534, 0, 0]);
            assert.equal(readFileSync(names[0], "utf8"), "65533 61301 61302\nagain\n");
            assert.equal(readFileSync(names[1], "utf8"), "65533 61301 61302\n");
            assert.throws(
              () => group.start(["true"], { uid: 1, gid: 1, groups: [-1] }),
              /^ProctorError: groups: \[-1\] is not right; it is a list of IDs/,
            );
            assert.throws(
              () => group.start(["true"], { groups: [1] }),
              /groups: they are of no use without uid and gid/,
            );
          })
        ),
    );

    test(
      "runs as the user asked for, with no other groups",
      { skip: skip || noOtherUser, timeout: 120_000 },
      () =>
        withGroup(rung, async (group) => {
          const credentials = { uid: 65_534, gid: 65_533 };
          const { stdout } = await group.output(["cat", "/proc/self/status"], credentials);
          const lines = Buffer.from(stdout).toString().split("\n");
          const field = (name: string) =>
            lines.find((line) => line.startsWith(`${name}:`))?.split(/\s+/).slice(1);
          assert.deepEqual(field("Uid"), ["65534", "65534", "65534", "65534"]);
          assert.deepEqual(field("Gid"), ["65533", "65533", "65533", "65533"]);
          assert.deepEqual(field("Groups")?.filter(Boolean), []);
          assert.deepEqual(field("CapEff"), ["0000000000000000"]);
          assert.equal(process.getuid!(), 0, "we have stayed who we were");
          const { stdout: bill } = await group.output([fixture("burn_cpu"), "0.05"], credentials);
          assert.ok(
            group.stats().totalCpuTimeSeconds! >= JSON.parse(Buffer.from(bill).toString()).cpu_seconds * 0.99,
          );
        }),
    );
  });
}
