import assert from "node:assert/strict";
import { createServer } from "node:net";
import process from "node:process";
import { describe, test } from "node:test";
import { withDirectory } from "../support/directory.ts";
import { withFakeSupervisor } from "../support/fake_supervisor.ts";
import { BINARY, proctor, runProgram, startProgram } from "../support/proctor.ts";
import type { Outcome } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";

const TIMEOUT = { timeout: 120_000 };

/** Lend `proctor ctl` at a supervisor that makes believe, and its socket. */
async function withFake<T>(
  use: (ctl: (...args: string[]) => Promise<Outcome>, socket: string) => Promise<T>,
): Promise<T> {
  return await withFakeSupervisor(({ socket }) =>
    use((...args) => proctor(["ctl", ...args], { env: { PROCTOR_SOCKET: socket } }), socket)
  );
}

const text = ({ stdout }: Outcome) => stdout.toString();

/** Lend a socket at which somebody listens, and answers nothing. */
async function withMute<T>(use: (socket: string) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(`${directory}/s`, resolve));
    try {
      return await use(`${directory}/s`);
    } finally {
      server.close();
    }
  });
}

describe("proctor ctl", () => {
  test(
    "does not wait for ever for a supervisor that stands still",
    TIMEOUT,
    () =>
      withMute(async (socket) => {
        const { code, stderr } = await proctor(["ctl", "status", "--socket", socket]);
        assert.deepEqual([code, stderr], [125, `proctor: the supervisor at "${socket}" does not answer\n`]);
      }),
  );

  test(
    "status is a table that fits 80 columns, and an array as JSON",
    TIMEOUT,
    () =>
      withFake(async (ctl) => {
        const table = await ctl("status");
        assert.deepEqual([table.code, table.stderr], [0, ""]);
        assert.equal(
          text(table),
          `ID      STATE     PID  UPTIME  RESTARTS    CPU    MEMORY  HEALTH
web     running  4711     12s         0  1.25%  19.1 MiB  healthy
db      backoff     –       –         5      –         –  –
    it exited with code 1 after 0.2 s, for the fifth time; it is tried again in
    8 s
legacy  running  4711     12s         0  1.25%  19.1 MiB  unknown
    unmanaged

3 processes: 2 running, 1 backoff
`,
        );
        const json = JSON.parse(text(await ctl("status", "--json")));
        assert.deepEqual(json.map(({ id }: { id: string }) => id), ["web", "db", "legacy"]);
        const one = JSON.parse(text(await ctl("--json", "status", "db")));
        assert.deepEqual([one.length, one[0].restarts, one[0].pid], [1, 5, null]);
      }),
  );

  test(
    "status is coloured on a terminal, and no wider than it",
    { timeout: 120_000, skip: noTerminals },
    () =>
      withFake(async (ctl, socket) => {
        await ctl("add", "a-name-that-is-longer-than-it-has-to-be-for-a-table", "--", "x");
        const env = { PROCTOR_SOCKET: socket, TERM: "xterm", NO_COLOR: undefined };
        const seen = await onTerminal([BINARY, "ctl", "status"], [["expect", "4 processes"]], { env });
        assert.equal(seen.exit_code, 0);
        assert.ok(seen.transcript.includes("\x1b[32mrunning\x1b[0m"), seen.transcript);
        assert.ok(seen.transcript.includes("\x1b[33mbackoff\x1b[0m"), seen.transcript);
        // deno-lint-ignore no-control-regex
        const lines = seen.transcript.replace(/\x1b\[\d*m/g, "").split("\r\n");
        assert.ok(lines.some((line) => /^a-name-that-is\S*… +running/.test(line)), seen.transcript);
        for (const line of lines) assert.ok([...line].length <= 80, line);
        const plain = await onTerminal([BINARY, "ctl", "status"], [["expect", "4 processes"]], {
          env: { ...env, NO_COLOR: "1" },
        });
        assert.ok(!plain.transcript.includes("\x1b["), plain.transcript);
      }),
  );

  test(
    "shows nothing on a terminal that would steer it",
    { timeout: 120_000, skip: noTerminals },
    () =>
      withFake(async (_, socket) => {
        const env = { PROCTOR_SOCKET: socket, TERM: "xterm" };
        for (
          const [form, shown] of [[[], "\\x1b"], [["--plain"], "\\x1b"], [["--json"], "\\u001b"]] as const
        ) {
          for (const TERM of ["xterm", "dumb"]) {
            const words = [BINARY, "ctl", "logs", "web", ...form];
            const { transcript } = await onTerminal(words, [["expect", "2Jo"]], { env: { ...env, TERM } });
            assert.ok(transcript.includes(`tw${shown}[2Jo`), transcript);
            assert.ok(!transcript.includes("\x1b[2J"), transcript);
            // Of ourselves, too.
            if (TERM === "dumb") assert.ok(!transcript.includes("\x1b"), transcript);
          }
        }
      }),
  );

  test(
    "acts on several at once, tells of each, and exits with 1 when one was refused",
    TIMEOUT,
    () =>
      withFake(async (ctl) => {
        const stop = await ctl("stop", "web", "none", "db");
        assert.equal(stop.code, 1);
        assert.deepEqual(
          text(stop).split("\n").slice(0, -1).map((line) => line.slice(0, line.indexOf(":"))).sort(),
          [
            "db",
            "web",
          ],
        );
        assert.equal(stop.stderr, 'proctor: there is no process "none"\n');
        const all = await ctl("restart", "--all", "--json");
        assert.equal(all.code, 0);
        // What is unmanaged is left alone.
        assert.deepEqual(JSON.parse(text(all)).map(({ id }: { id: string }) => id).sort(), ["db", "web"]);
        assert.equal(text(await ctl("reset", "web")), "web: running (pid 4712)\n");
        assert.equal(text(await ctl("start", "web", "--no-wait")), "web: running (pid 4712)\n");
      }),
  );

  test("shows logs with time and stream, or the lines alone", TIMEOUT, () =>
    withFake(async (ctl) => {
      const stamp = "2026-01-31T12:00:00.000Z";
      assert.equal(text(await ctl("logs", "web")), `${stamp} stdout | one\n${stamp} stderr | tw\x1b[2Jo\n`);
      assert.equal(text(await ctl("logs", "web", "--plain", "--stream", "stdout")), "one\n");
      assert.deepEqual(JSON.parse(text(await ctl("logs", "web", "--json", "-n", "1"))), {
        timestamp: stamp,
        id: "web",
        stream: "stderr",
        message: "tw\x1b[2Jo",
      });
    }));

  test(
    "shows the logs of several with their names, and those lines alone that are asked for",
    TIMEOUT,
    () =>
      withFake(async (ctl) => {
        const stamp = "2026-01-31T12:00:00.000Z";
        const all = text(await ctl("logs"));
        const db = `${stamp} db  stdout | WARN three\n`;
        assert.equal(all, `${stamp} web stdout | one\n${stamp} web stderr | tw\x1b[2Jo\n${db}`);
        assert.equal(
          text(await ctl("logs", "web", "db", "--plain", "--grep", "E|^O", "-i")),
          "web | one\ndb  | WARN three\n",
        );
        assert.equal(text(await ctl("logs", "--level", "warn")), db);
        assert.equal(text(await ctl("logs", "d*", "--plain")), "db | WARN three\n");
        assert.equal(JSON.parse(text(await ctl("logs", "d*", "--json"))).id, "db");
        // One by its whole name is shown as ever.
        assert.equal(
          text(await ctl("logs", "web", "--grep", "one", "--lines", "5")),
          `${stamp} stdout | one\n`,
        );
        const none = await ctl("logs", "web", "none");
        assert.equal(none.code, 1);
        assert.equal(none.stderr, 'proctor: there is no process "none"\n');
      }),
  );

  test("colours names on a terminal, as the supervisor in the foreground does", {
    timeout: 120_000,
    skip: noTerminals,
  }, () =>
    withFake(async (_, socket) => {
      const env = { PROCTOR_SOCKET: socket, TERM: "xterm", NO_COLOR: undefined };
      const words = [BINARY, "ctl", "logs", "--plain"];
      const { transcript } = await onTerminal(words, [["expect", "three"]], { env });
      assert.ok(transcript.includes("\x1b[36mweb |\x1b[0m one"), transcript);
      assert.ok(transcript.includes("\x1b[33mdb  |\x1b[0m WARN three"), transcript);
      assert.ok(!transcript.includes("\x1b[2J"), transcript);
    }));

  test("sends signals, and shows the latest sample in words", TIMEOUT, () =>
    withFake(async (ctl) => {
      assert.equal(text(await ctl("signal", "HUP", "web")), "web: signalled, running (pid 4711)\n");
      const refused = await ctl("signal", "HUP", "web", "none", "--tree");
      assert.deepEqual([refused.code, refused.stderr], [1, 'proctor: there is no process "none"\n']);
      // What is unmanaged is left alone.
      assert.equal(text(await ctl("signal", "HUP", "*")).trim().split("\n").length, 2);
      assert.equal(
        text(await ctl("metrics", "web")),
        "id       web\nsampled  2026-01-31T12:00:00.000Z\nCPU      1.50%\nmemory   1000 B\n",
      );
      assert.equal(JSON.parse(text(await ctl("metrics", "web", "--json"))).task_id, "web");
    }));

  test("waits for what holds already, and for what cannot be", TIMEOUT, () =>
    withFake(async (ctl) => {
      const done = await ctl("wait", "web", "legacy", "--for", "running");
      assert.deepEqual([done.code, text(done)], [
        0,
        "web: running (pid 4711)\nlegacy: running (pid 4711)\n",
      ]);
      assert.equal(JSON.parse(text(await ctl("wait", "web", "--for", "healthy", "--json")))[0].id, "web");
      const late = await ctl("wait", "db", "web", "--for", "stopped", "--timeout", "200ms");
      assert.deepEqual([late.code, text(late)], [1, ""]);
      assert.match(
        late.stderr,
        /^proctor: not stopped after 0\.2 s: db is backoff \(it exited [^\n]*\), web is running \(healthy\)\n$/,
      );
      const none = await ctl("wait", "none", "--for", "running");
      assert.deepEqual([none.code, none.stderr], [1, 'proctor: there is no process "none"\n']);
    }));

  test("follows logs until it is ended", TIMEOUT, () =>
    withFake(async (_, socket) => {
      const following = startProgram([BINARY, "ctl", "logs", "-f", "web", "--plain"], {
        env: { PROCTOR_SOCKET: socket },
      });
      await following.line((line) => line === "one");
      following.kill("SIGTERM");
      await following.ended;
    }));

  test("describes a process, and shows its events", TIMEOUT, () =>
    withFake(async (ctl) => {
      const described = text(await ctl("describe", "web"));
      assert.match(described, /^state +running$/m);
      assert.match(described, /^last exit +2026-01-31T12:00:00\.000Z: ended by SIGKILL$/m);
      assert.match(described, /^breaker +closed, 1 of 5 failures$/m);
      assert.match(
        text(await ctl("describe", "db")),
        /^waiting +with its old definition, for its turn to get/m,
      );
      assert.equal(JSON.parse(text(await ctl("describe", "web", "--json"))).status.id, "web");
      const events = await ctl("events", "db");
      assert.equal(text(events), "2026-01-31T12:00:00.000Z db: running → backoff: it exited with code 1\n");
      assert.equal(text(await ctl("events", "--json")).trim().split("\n").length, 2);
      assert.equal(text(await ctl("events", "--type", "health,limit")), "");
      assert.equal(
        text(await ctl("events", "--type", "health", "--type", "transition", "-n", "1")),
        text(events),
      );
    }));

  test(
    "adds and removes processes, from words and from files",
    TIMEOUT,
    () =>
      withFake(async (ctl, socket) => {
        assert.equal(
          text(await ctl("add", "new", "--", "sleep", "--odd", "9")),
          "new: added, running (pid 4712)\n",
        );
        const again = await ctl("add", "new", "--", "sleep", "9");
        assert.deepEqual([again.code, again.stderr], [1, "proctor: new: the id is taken\n"]);
        assert.equal(text(await ctl("remove", "new")), "new: removed\n");
        const input = "managed_processes:\n  - id: a\n  - {id: b, enabled: false}\n";
        const file = await proctor(["ctl", "add", "--file", "-"], { env: { PROCTOR_SOCKET: socket }, input });
        assert.equal(file.stderr, "");
        assert.deepEqual(text(file).trim().split("\n").sort(), [
          "a: added, running (pid 4712)",
          "b: added, running (pid 4711)",
        ]);
      }),
  );

  test("reloads, and waits for a shutdown to be over", TIMEOUT, () =>
    withFake(async (ctl) => {
      assert.equal(text(await ctl("reload")), "added: a\nrestarted: web\nunchanged: db\n");
      const shutdown = await ctl("shutdown");
      assert.match(text(shutdown), /^the supervisor \(pid \d+\) has ended\n$/);
      const after = await ctl("status");
      assert.equal(after.code, 125);
    }));

  test(
    "rolls back what is named, or what has not proved well and what waits for what may not",
    TIMEOUT,
    () =>
      withFake(async (ctl) => {
        const all = await ctl("rollback");
        // db waits for its turn to get another definition.
        const both = ["web", "db"].map((id) => `${id}: rolled back, running (pid 4713)\n`);
        assert.deepEqual([all.code, text(all)], [0, both.join("")]);
        assert.match(
          all.stderr,
          /^proctor: the configuration file is not changed, .* ctl rollback --undo\n$/,
        );
        const none = await ctl("rollback", "--undo");
        assert.deepEqual([none.code, none.stderr], [0, "proctor: nothing is rolled back\n"]);
        const undone = await ctl("rollback", "--undo", "db");
        assert.deepEqual([text(undone), undone.stderr], ["db: as in the file, running (pid 4713)\n", ""]);
        const wrong = await ctl("rollback", "no*");
        assert.deepEqual([wrong.code, wrong.stderr], [
          125,
          'proctor: "no*": no process fits; there are web, db\n',
        ]);
      }),
  );

  test("completes ids", TIMEOUT, () =>
    withFake(async (_, socket) => {
      const complete = async (...words: string[]) => {
        const { stdout } = await proctor(["complete", "--", "ctl", ...words], {
          env: { PROCTOR_SOCKET: socket },
        });
        return stdout.toString().split("\n").map((line) => line.split("\t")[0]).filter((word) =>
          /^\w/.test(word)
        );
      };
      assert.deepEqual(await complete("stop", ""), ["web", "db", "legacy"]);
      assert.deepEqual(await complete("describe", "l"), ["legacy"]);
      assert.deepEqual(await complete("sto"), ["stop"]);
      assert.deepEqual(await complete("logs", "w"), ["web"]);
      assert.deepEqual(await complete("wait", "d"), ["db"]);
      assert.deepEqual(await complete("wait", "db", "--for", "h"), ["healthy"]);
      assert.deepEqual(await complete("events", "--type", "he"), ["health"]);
      assert.deepEqual(await complete("signal", "SIGU"), ["SIGUSR1", "SIGUSR2", "SIGURG"]);
      assert.deepEqual(await complete("signal", "HUP", "w"), ["web"]);
    }));

  test(
    "says in one line what is wrong, with the right exit code",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const wrong = async (args: string[], said: RegExp, env: Record<string, string> = {}) => {
          const { code, stdout, stderr } = await proctor(["ctl", ...args], { env });
          assert.equal(code, 125, stderr);
          assert.equal(stdout.toString(), "");
          assert.match(stderr, /^proctor: [^\n]+\n$/);
          assert.match(stderr, said);
        };
        const nobody =
          /no supervisor listens at ".*"; start one with proctor supervise --config FILE, or say where/;
        await wrong(["status", "--socket", `${directory}/none`], nobody);
        await wrong(["--state-dir", directory, "status"], /no supervisor listens at ".*\/proctor\.sock"/);
        await wrong(["status"], nobody, { PROCTOR_SOCKET: `${directory}/none` });
        await wrong(["frobnicate"], /ctl: there is no "frobnicate"; there are status, describe/);
        await wrong(["logs", "--level", "loud"], /--level: "loud" is none of trace, debug/);
        await wrong(
          ["events", "--type", "health,loud"],
          /--type: "health,loud": "loud" is none of transition, health/,
        );
        await wrong(["wait", "web"], /required option '--for <state>' not specified/);
        await wrong(["wait", "--for", "running"], /missing required argument 'ids'/);
        await wrong(["wait", "web", "--for", "rich"], /--for: "rich" is none of running, healthy/);
        await wrong(["signal", "HUP"], /missing required argument 'ids'; --help has an example/);
        await wrong(["signal", "web", "HUP"], /signal: it stands first, as in proctor ctl signal HUP web/);
        await wrong(["logs", "web", "--since", "soon"], /--since: "soon": write a duration such as "10m"/);
        await wrong(["logs", "web", "-n", "some"], /^proctor: -n, --lines: "some": write a whole number/);
        await wrong(["stop"], /stop: give ids of processes, or --all/);
        await wrong(["stop", "--all", "web"], /stop: give ids of processes, or --all/);
        await wrong(["add", "x"], /add: needs an id and a command/);
        await wrong(
          ["add", "--file", `${directory}/none`],
          /add: cannot read ".*none": no such file/,
        );
        await wrong(["add", "--env", "x", "a", "--", "b"], /add: --env: "x" is not a NAME=VALUE/);
      }),
  );

  test("tells when the socket is somebody else's", {
    skip: process.getuid?.() !== 0 && "only root can act as another user",
  }, () =>
    withFake(async (_, socket) => {
      const words = [
        "setpriv",
        "--reuid=65534",
        "--clear-groups",
        BINARY,
        "ctl",
        "status",
        "--socket",
        socket,
      ];
      const { code, stderr } = await runProgram(words);
      assert.equal(code, 125);
      assert.match(
        stderr,
        /^proctor: permission denied at ".*": a supervisor serves its own user and root alone/,
      );
    }));

  test("has help with examples for itself and each of its verbs", TIMEOUT, async () => {
    const help = await proctor(["ctl", "--help"]);
    assert.equal(help.code, 0);
    assert.match(text(help), /Examples:\n {2}proctor ctl status/);
    for (
      const verb of [
        "status",
        "describe",
        "metrics",
        "logs",
        "events",
        "wait",
        "signal",
        "start",
        "stop",
        "restart",
        "reset",
        "add",
        "remove",
        "reload",
        "rollback",
        "shutdown",
      ]
    ) {
      assert.match(text(help), new RegExp(`^ {2}${verb} `, "m"));
      const { code, stdout } = await proctor(["ctl", verb, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout.toString(), new RegExp(`^Usage: proctor ctl ${verb} `));
      assert.match(stdout.toString(), /--socket <path>/);
    }
  });

  test(`works from its source, with ${SOURCE.title}`, TIMEOUT, () =>
    withFake(async (_, socket) => {
      const { code, stdout } = await runProgram([
        ...SOURCE.command,
        "ctl",
        "status",
        "--json",
        "--socket",
        socket,
      ]);
      assert.equal(code, 0);
      assert.equal(JSON.parse(stdout.toString()).length, 3);
    }));
});
