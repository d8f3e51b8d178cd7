import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { lastJson, proctor, shell } from "../support/proctor.ts";

/** What the fixture print_context says of itself. */
interface Context {
  readonly env: Record<string, string>;
  readonly environ_hex: string;
  readonly cwd: string;
  readonly umask: number;
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly signals: { ignored: string[]; blocked: string[]; ignored_mask: string; blocked_mask: string };
  readonly nofile: { soft: number | null; hard: number | null };
  readonly open_fds: number[];
  readonly fd_targets: Record<string, string>;
  readonly nice: number;
}

const PRINT = fixture("print_context");
const MARKER = "PROCTOR_GROUP";

/**
 * The same program in the same shell, without and with proctor; `before` prepares the shell, which stays: the
 * limits and dispositions that a runtime changes as it starts can be read off nobody but our parent.
 */
async function compare(before: string, environment?: Record<string, string>): Promise<[Context, Context]> {
  const direct = await shell(`${before}\n${PRINT}; exit $?`, { env: environment });
  const watched = await shell(`${before}\n$PROCTOR run --quiet -- ${PRINT}; exit $?`, { env: environment });
  return [lastJson(direct), lastJson(watched)];
}

/** The ignored signals, but for the two that the C library keeps for itself and gives a handler. */
const ignored = ({ signals }: Context) => signals.ignored.filter((name) => name !== "32" && name !== "33");

/** What must be the same, whatever was prepared. */
function assertSame(direct: Context, watched: Context): void {
  assert.equal(watched.cwd, direct.cwd);
  assert.equal(watched.umask, direct.umask);
  assert.deepEqual(watched.nofile, direct.nofile);
  assert.deepEqual(ignored(watched), ignored(direct));
  assert.equal(watched.signals.blocked_mask, direct.signals.blocked_mask);
  assert.deepEqual(watched.open_fds, direct.open_fds);
  assert.equal(watched.nice, direct.nice);
  assert.equal(watched.sid, direct.sid);
}

describe("the command's surroundings", () => {
  test("are those of proctor", async () => {
    assertSame(...await compare(":"));
  });

  test("the environment is ours and one marker", async () => {
    const [direct, watched] = await compare(":", { ODD: "a=b\nc ü", EMPTY: "" });
    const { [MARKER]: marker, ...rest } = watched.env;
    assert.ok(marker, "no marker");
    const { [MARKER]: _, ...expected } = direct.env;
    assert.deepEqual(rest, expected);
  });

  test("keeps variables that are no UTF-8, doubled or without an equals sign", async () => {
    const environ = async (command: string) => {
      const { stdout } = await shell(
        `exec /usr/bin/env -i BYTES="$(printf '\\377=\\351')" PATH=/usr/bin:/bin ${command}`,
      );
      const { environ_hex } = JSON.parse(stdout.toString()) as Context;
      return Buffer.from(environ_hex, "hex").toString("latin1").split("\0").filter((entry) =>
        !entry.startsWith(MARKER)
      );
    };
    assert.deepEqual(await environ(`"$PROCTOR" run --quiet -- ${PRINT}`), await environ(PRINT));
  });

  test("a proctor in a proctor replaces the marker", async () => {
    const script = `exec $PROCTOR run --quiet -- $PROCTOR run --quiet -- ${PRINT}`;
    const { environ_hex } = lastJson<Context>(await shell(script));
    const entries = Buffer.from(environ_hex, "hex").toString("latin1").split("\0");
    assert.equal(entries.filter((entry) => entry.startsWith(`${MARKER}=`)).length, 1);
  });

  test("no .env and no bunfig.toml of the directory is loaded", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/.env`, "FROM_DOT_ENV=1\nNO_COLOR=1\n");
      writeFileSync(`${directory}/.env.local`, "FROM_DOT_ENV=1\n");
      writeFileSync(`${directory}/bunfig.toml`, 'preload = ["./harm.ts"]\n');
      writeFileSync(`${directory}/harm.ts`, 'console.log("harm done");\n');
      const outcome = await proctor(["run", "--quiet", "--", PRINT], { cwd: directory });
      const { env, cwd } = lastJson<Context>(outcome);
      assert.equal(env.FROM_DOT_ENV, undefined);
      assert.equal(cwd, directory);
      assert.ok(!outcome.stdout.toString().includes("harm"), "a file of the directory was run");
    });
  });

  test("variables meant for the runtime inside proctor change nothing and reach the command", async () => {
    const env = { BUN_OPTIONS: "--smol", NODE_OPTIONS: "--no-warnings" };
    const { env: seen } = lastJson<Context>(await proctor(["run", "--quiet", "--", PRINT], { env }));
    assert.equal(seen.BUN_OPTIONS, "--smol");
    assert.equal(seen.NODE_OPTIONS, "--no-warnings");
  });

  // SIGPIPE is left out: runtimes ignore it before any code of ours runs, so that nobody can tell any more.
  test("ignored signals stay ignored", async () => {
    const [direct, watched] = await compare("trap '' HUP INT QUIT TERM USR1 USR2 CHLD TSTP TTOU WINCH");
    assert.ok(direct.signals.ignored.length >= 10, direct.signals.ignored.join());
    assertSame(direct, watched);
  });

  test("ignored SIGCHLD alone stays ignored and the exit code is still known", async () => {
    const { stdout } = await shell(`trap '' CHLD; $PROCTOR run --quiet -- sh -c 'exit 7'; echo $?`);
    assert.equal(stdout.toString(), "7\n");
  });

  test(
    "SIGCHLD that a parent really ignores does not hide a short command's end",
    { timeout: 120_000 },
    async () => {
      // Shells set it back for what they start; this does not.
      const script = `i=0; while [ $((i += 1)) -le 10 ]; do
      perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$PROCTOR" run --quiet -- sh -c 'exit 7'; echo $?; done`;
      const { stdout } = await shell(script);
      assert.equal(stdout.toString(), "7\n".repeat(10));
    },
  );

  test("the limit of open files is the one we were given", async () => {
    const [direct, watched] = await compare("ulimit -Sn 256; ulimit -Hn 4096");
    assert.deepEqual(watched.nofile, { soft: 256, hard: 4096 });
    assertSame(direct, watched);
  });

  test("the umask and the priority are ours", async () => {
    const [direct, watched] = await compare("umask 077; cd /usr; renice -n 5 $$ >/dev/null");
    assert.equal(watched.umask, 0o077);
    assert.equal(watched.nice, direct.nice);
    assertSame(direct, watched);
  });

  test("an inherited descriptor is passed on, and none of ours", async () => {
    const [direct, watched] = await compare("exec 5</dev/zero 7</etc/passwd");
    assert.equal(watched.fd_targets[5], "/dev/zero");
    assert.equal(watched.fd_targets[7], "/etc/passwd");
    assertSame(direct, watched);
  });

  test("no descriptor of ours leaks while records are written", async () => {
    await withDirectory(async (directory) => {
      const options = `--quiet --records '${directory}/records.jsonl' --per-process --interval 1ms`;
      const { open_fds } = lastJson<Context>(await shell(`exec $PROCTOR run ${options} -- ${PRINT}`));
      const { open_fds: direct } = lastJson<Context>(await shell(`exec ${PRINT}`));
      assert.deepEqual(open_fds, direct);
    });
  });

  test("the command is our child, in our process group and session", async () => {
    const outcome = await shell(`$PROCTOR run --quiet -- ${PRINT} & echo $!; wait`);
    const [pid, context] = outcome.stdout.toString().trim().split("\n");
    const { ppid, pgid, pid: own, sid } = JSON.parse(context) as Context;
    assert.equal(ppid, Number(pid));
    assert.notEqual(pgid, own, "a process group of its own would lose the terminal");
    assert.notEqual(sid, own);
  });

  test("--cwd and --env change just that", async () => {
    const options = ["--cwd", "/usr", "--env", "A=1", "--env", "B=x=y z", "--env", "A=2", "--env", "C="];
    const { env, cwd } = lastJson<Context>(await proctor(["run", "--quiet", ...options, "--", PRINT]));
    assert.equal(cwd, "/usr");
    assert.equal(env.A, "2");
    assert.equal(env.B, "x=y z");
    assert.equal(env.C, "");
  });

  test("--env over a variable of ours leaves one of it", async () => {
    const outcome = await proctor(["run", "--quiet", "--env", "DOUBLE=new", "--", PRINT], {
      env: { DOUBLE: "old" },
    });
    const entries = Buffer.from(lastJson<Context>(outcome).environ_hex, "hex").toString("latin1").split("\0");
    assert.deepEqual(entries.filter((entry) => entry.startsWith("DOUBLE=")), ["DOUBLE=new"]);
  });

  test("a large environment is whole", async () => {
    const env = Object.fromEntries(
      Array.from({ length: 800 }, (_, index) => [`LARGE_${index}`, "x".repeat(1_000)]),
    );
    const { env: seen } = lastJson<Context>(await proctor(["run", "--quiet", "--", PRINT], { env }));
    assert.equal(Object.keys(seen).filter((name) => name.startsWith("LARGE_")).length, 800);
    assert.equal(seen.LARGE_799.length, 1_000);
  });
});
