import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, test } from "node:test";
import process from "node:process";
import { isAlive } from "../../supervisor/support/supervisor.ts";
import { eventually } from "../../support/eventually.ts";
import { BINARY, proctor, shell } from "../support/proctor.ts";
import { supervise, withOwnDirectory } from "../support/supervise.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";

const LONG = { timeout: 120_000 };
const SHORT = "processes:\n  web: { command: 'echo out; echo err >&2; exec sleep 1000', shell: true }\n" +
  "  db: { command: 'echo base; touch done; exec sleep 1000', shell: true, ready: test -e done }\n";

describe("proctor supervise, begun at once", () => {
  test("takes the file that lies here, where there is one", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      const check = () => proctor(["supervise", "--check"], { cwd });
      const none = await check();
      assert.equal(none.code, 125);
      assert.match(none.stderr, /^proctor: there is no proctor\.yaml here; .*--config.*proctor init.*\n$/);
      writeFileSync(`${cwd}/proctor.yml`, SHORT);
      assert.equal((await check()).stdout.toString(), "proctor.yml: 2 processes, no fault\n");
      writeFileSync(`${cwd}/proctor.yaml`, "processes: { a: sleep 1 }");
      const both = await check();
      assert.equal(both.code, 125);
      assert.match(both.stderr, /proctor\.yaml and proctor\.yml are both here/);
    });
  });

  test("proctor init writes a file that is right, and overwrites none", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      const init = await proctor(["init"], { cwd });
      assert.deepEqual([init.code, init.stderr], [0, ""]);
      const text = readFileSync(`${cwd}/proctor.yaml`, "utf8");
      assert.equal((await proctor(["supervise", "--check"], { cwd })).code, 0);
      const again = await proctor(["init"], { cwd });
      assert.equal(again.code, 125);
      assert.match(again.stderr, /^proctor: "proctor\.yaml" is there already; nothing was written\n$/);
      assert.equal(readFileSync(`${cwd}/proctor.yaml`, "utf8"), text);
    });
  });

  test("a file that lies here and is a stranger's is not taken, unless it is named", {
    ...LONG,
    skip: process.geteuid!() !== 0 && "only root can make what is another user's",
  }, async () => {
    await withOwnDirectory(async (cwd) => {
      const file = `${cwd}/proctor.yaml`;
      const refused = async (why: RegExp) => {
        const { code, stderr } = await proctor(["supervise", "--check"], { cwd });
        assert.equal(code, 125);
        assert.match(stderr, /^proctor: proctor\.yaml: .*; name it with --config if it is meant\n$/);
        assert.match(stderr, why);
        assert.equal((await proctor(["supervise", "--check", "--config", "proctor.yaml"], { cwd })).code, 0);
      };
      writeFileSync(file, SHORT);
      chmodSync(cwd, 0o777);
      await refused(/others may write to .*, which it is in;/);
      // As in /tmp: what is ours nobody else can replace.
      chmodSync(cwd, 0o1777);
      assert.equal((await proctor(["supervise", "--check"], { cwd })).code, 0);
      chmodSync(file, 0o666);
      await refused(/others may write to it;/);
      chmodSync(file, 0o644);
      chownSync(file, 65_534, 65_534);
      await refused(/it belongs to another user \(65534\);/);
      renameSync(file, `${cwd}/other.yaml`);
      symlinkSync("other.yaml", file);
      await refused(/other\.yaml belongs to another user \(65534\);/);
    });
  });

  test("what another supervisor has left is not ended for one command", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      const state = `${cwd}/state`;
      writeFileSync(`${cwd}/proctor.yaml`, "processes: { prod: sleep 1000 }");
      const detached = await supervise(cwd, "--detach", "--detach-on-exit");
      assert.equal(detached.code, 0, detached.stderr);
      const pid = Number(/PID (\d+)/.exec(detached.stdout.toString())![1]);
      const ctl = (...args: string[]) => proctor(["ctl", "--state-dir", state, ...args]);
      const status = async () => JSON.parse((await ctl("status", "--json")).stdout.toString())[0];
      await eventually(async () => (await status()).state === "running");
      const prod = (await status()).pid;
      try {
        assert.equal((await ctl("shutdown")).code, 0);
        await eventually(() => !isAlive(pid));
        const other = await supervise(cwd, "--", "true");
        assert.equal(other.code, 125);
        assert.match(
          other.stderr,
          /another supervisor has left prod \(PID \d+\) running there; .*--state-dir\n$/,
        );
        assert.ok(isAlive(prod));
      } finally {
        process.kill(prod, "SIGKILL");
      }
      assert.equal((await supervise(cwd, "--", "true")).code, 0);
    });
  });

  test(
    "one command is run as it was given, whatever was decided before, and is ended by no other's end",
    LONG,
    async () => {
      await withOwnDirectory(async (cwd) => {
        const ctl = (...args: string[]) => proctor(["ctl", "--state-dir", `${cwd}/state`, ...args]);
        const script = 'echo "$1" > given; exec sleep 1000';
        const words = ["--", "sh", "-c", script, "sh", "${NOBODY} $${X}"];
        for (const _ of [1, 2]) {
          rmSync(`${cwd}/given`, { force: true });
          const { code, stderr, stdout } = await supervise(cwd, "--detach", ...words);
          assert.equal(code, 0, stderr);
          const pid = Number(/PID (\d+)/.exec(stdout.toString())![1]);
          const given = await eventually(() =>
            existsSync(`${cwd}/given`) && (readFileSync(`${cwd}/given`, "utf8") || undefined)
          );
          assert.equal(given, "${NOBODY} $${X}\n");
          // It may have ended before it was seen to run: that is told by exit code 1.
          await ctl("add", "--no-wait", "short", "--", "true");
          await eventually(async () => {
            const all = JSON.parse((await ctl("status", "--json")).stdout.toString());
            return all.some(({ id, state }: { id: string; state: string }) =>
              id === "short" && state === "stopped"
            );
          });
          assert.equal((await ctl("remove", "short")).code, 0);
          assert.equal((await ctl("stop", "sh")).code, 0);
          assert.equal((await ctl("shutdown")).code, 0);
          await eventually(() => !isAlive(pid));
        }
      });
    },
  );

  test("init and import leave no half of a file on a disk that is full", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/Procfile`, "web: node server.js\n");
      // No file may grow here: a write fails as on a full disk.
      const limited = (words: string) => shell(`trap '' XFSZ; ulimit -f 0; $PROCTOR ${words}`, { cwd });
      for (const words of ["init", "init other.yaml", "import Procfile -o made.yaml"]) {
        const { stderr } = await limited(words);
        assert.match(stderr, /^proctor: cannot write "\w+\.yaml": [^\n]+\n$/, words);
        assert.deepEqual(readdirSync(cwd), ["Procfile"], words);
      }
      assert.equal((await proctor(["init"], { cwd })).code, 0);
    });
  });

  test("import prints what it can, and tells what is faulty in it", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/supervisord.conf`, "[program:a]\ncommand=sleep 1\nnumprocs=99999\n");
      const { code, stdout, stderr } = await proctor(["import", "supervisord.conf"], { cwd });
      assert.equal(code, 125);
      assert.match(stdout.toString(), /^processes:\n {2}a:\n {4}command: sleep 1\n/m);
      assert.match(
        stderr,
        /^proctor: standard output:\d+:\d+: processes\.a\.instances: 99999 is too large; it is at most 1000\n$/,
      );
    });
  });

  test("one command without a file ends the supervisor by its own end", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      const done = await supervise(cwd, "--", "sh", "-c", "echo done");
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /sh: running → stopped: it ended with exit code 0/);
      assert.match(readFileSync(`${cwd}/state/logs/sh.log`, "utf8"), /stdout \| done\n/);
      const missing = await supervise(cwd, "--", "no-such-command", "-x");
      assert.equal(missing.code, 127);
      assert.match(missing.stderr, /^proctor: no-such-command: .*\n$/);
      const two = await supervise(cwd, "--config", "x.yaml", "--", "true");
      assert.match(two.stderr, /give either --config or a command/);
      assert.equal(two.code, 125);
    });
  });

  test("refuses a service of Windows elsewhere", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/proctor.yaml`, SHORT);
      for (const option of ["--install-service", "--remove-service"]) {
        const { code, stderr } = await supervise(cwd, option);
        assert.equal(code, 125);
        assert.match(
          stderr,
          new RegExp(
            `^proctor: ${option}: services that proctor installs are Windows's; for systemd docs/proctor`,
          ),
        );
        assert.equal(stderr.split("\n").length, 2, "one line");
      }
    });
  });

  test("--detach returns when it is up, and ctl shutdown ends it", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/proctor.yaml`, SHORT);
      const { code, stdout, stderr } = await supervise(cwd, "--detach", "--detach");
      assert.equal(code, 0, stderr);
      const pid = Number(/PID (\d+)/.exec(stdout.toString())![1]);
      const ctl = (...args: string[]) => proctor(["ctl", "--state-dir", `${cwd}/state`, ...args]);
      try {
        const status = JSON.parse((await ctl("status", "--json")).stdout.toString());
        assert.deepEqual(status.map(({ id }: { id: string }) => id), ["web", "db"]);
        // The sixth number of proc_pid_stat(5) is the session.
        const session = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ")[3];
        assert.equal(Number(session), pid);
        const second = await supervise(cwd, "--detach");
        assert.equal(second.code, 125);
        assert.match(second.stderr, /^proctor: .*state.*\n$/);
      } finally {
        const ended = await ctl("shutdown");
        assert.equal(ended.code, 0, ended.stderr);
      }
      await eventually(() => !isAlive(pid));
      assert.match(readFileSync(`${cwd}/state/supervisor.log`, "utf8"), /info {2}supervisor stopping\n/);
    });
  });

  test("--detach tells the faults of the configuration, and leaves nothing behind", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/proctor.yaml`, "processes: { a: x | y }");
      const { code, stderr } = await supervise(cwd, "--detach");
      assert.equal(code, 125);
      assert.match(stderr, /^proctor: proctor\.yaml:1:17: processes\.a\.command: "\|" is for a shell/);
      assert.ok(!existsSync(`${cwd}/state`));
    });
  });
});

describe("proctor supervise on a terminal", () => {
  const skip = noTerminals;
  const shown = async (cwd: string, expected: string, ...options: string[]) => {
    writeFileSync(`${cwd}/proctor.yaml`, SHORT);
    const command = [BINARY, "supervise", "--state-dir", `${cwd}/state`, ...options];
    const env = { TERM: "xterm", NO_COLOR: undefined };
    // Nobody says whether its first line or its event comes first.
    const isUp = 'until "$0" ctl --state-dir state status web --json | grep -q running; do sleep 0.05; done';
    const steps = [
      ["expect", expected],
      ["unread", ["sh", "-c", isUp, BINARY]],
      ["signal", "SIGTERM"],
    ] as const;
    return await onTerminal(command, steps, { cwd, env });
  };

  test("shows what everybody writes behind a coloured name, and its events in a line each", {
    ...LONG,
    skip,
  }, async () => {
    await withOwnDirectory(async (cwd) => {
      // The last of the three that comes is not known: each is waited for by a run of its own.
      for (
        const line of ["\x1b[36mweb |\x1b[0m out", "\x1b[36mweb |\x1b[0m err", "\x1b[33mdb  |\x1b[0m base"]
      ) {
        const { transcript, exit_code } = await shown(cwd, line);
        assert.equal(exit_code, 0, transcript);
        // deno-lint-ignore no-control-regex
        const ofTime = /\x1b\[2m\d\d:\d\d:\d\d\x1b\[0m \x1b\[32mweb: starting → running \(PID \d+\)\x1b/;
        assert.match(transcript, ofTime);
        // deno-lint-ignore no-control-regex
        const events = transcript.replaceAll(/\x1b\[\d+m/g, "").split("\r\n").filter((one) =>
          one.includes("→")
        );
        assert.ok(events.length >= 4 && events.every((one) => [...one].length <= 80), events.join("\n"));
      }
    });
  });

  test("goes on where nobody reads the terminal", { ...LONG, skip }, async () => {
    await withOwnDirectory(async (cwd) => {
      const lines = "seq 300000; echo the end; exec sleep 1000";
      writeFileSync(
        `${cwd}/proctor.yaml`,
        JSON.stringify({ processes: { web: { command: lines, shell: true } } }),
      );
      const collected =
        `until tail -n 1 ${cwd.replaceAll(" ", "\\ ")}/state/logs/web.log | grep -q "the end"; ` +
        "do sleep 0.05; done";
      const { transcript, exit_code } = await onTerminal(
        [BINARY, "supervise", "--state-dir", `${cwd}/state`],
        [
          ["expect", "web |"],
          ["unread", ["sh", "-c", collected]],
          ["unread", [BINARY, "ctl", "--state-dir", `${cwd}/state`, "stop", "web"]],
          ["unread", [BINARY, "ctl", "--state-dir", `${cwd}/state`, "status"]],
          ["expect", "\x1b[36mweb |\x1b[0m"],
          ["signal", "SIGTERM"],
        ],
        { cwd, env: { TERM: "xterm", NO_COLOR: undefined } },
      );
      assert.equal(exit_code, 0, transcript.slice(-2_000));
      assert.match(transcript, /supervisor stopping/);
    });
  });

  test("shows these alone, or none, and each all the same in its log", { ...LONG, skip }, async () => {
    await withOwnDirectory(async (cwd) => {
      const quiet = await shown(cwd, "db: starting → running", "--quiet");
      assert.doesNotMatch(quiet.transcript, /(?:web|db) +\|/);
      assert.match(readFileSync(`${cwd}/state/logs/db.log`, "utf8"), /db stdout \| base\n/);
      const only = await shown(cwd, "db |\x1b[0m base", "--only", "db,nobody");
      assert.doesNotMatch(only.transcript, /web \|/);
      assert.match(only.transcript, /--only: there is no "nobody"; there are web, db/);
      const both = await proctor(["supervise", "--quiet", "--only", "db"], { cwd });
      assert.equal(both.code, 125);
      assert.match(both.stderr, /^proctor: --quiet and --only: give one of them\n$/);
    });
  });
});

describe("--detach", () => {
  test("writes out what would steer the terminal", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/proctor.yaml`, "processes: { a: sleep 1000 }");
      const state = `${cwd}/st\x1b[31mate`;
      const { code, stdout, stderr } = await proctor(["supervise", "--detach", "--state-dir", state], {
        cwd,
      });
      assert.equal(code, 0, stderr);
      const pid = Number(/PID (\d+)/.exec(stdout.toString())![1]);
      try {
        assert.match(
          stdout.toString(),
          /st\\x1b\[31mate\/proctor\.sock\n.*st\\x1b\[31mate\/supervisor\.log;/,
        );
      } finally {
        assert.equal((await proctor(["ctl", "--state-dir", state, "shutdown"])).code, 0);
        await eventually(() => !isAlive(pid));
      }
    });
  });

  test("says in one line that there are too few descriptors", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/proctor.yaml`, "processes: { a: sleep 1000 }");
      for (const most of [5, 6, 7, 8]) {
        const script = `ulimit -n ${most}; exec ${BINARY} supervise --detach --state-dir ${cwd}/state`;
        const { code, stdout, stderr } = await shell(script, { cwd });
        assert.deepEqual([code, stdout.toString()], [125, ""], `${most}`);
        assert.match(
          stderr,
          /^proctor: .*too many open files \(raise the limit: ulimit -n\).*\n$/,
          `${most}`,
        );
        assert.doesNotMatch(stderr, /internal error/);
      }
    });
  });
});

describe("proctor import", () => {
  test("prints, or writes where nothing is, and says what is different", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      writeFileSync(`${cwd}/supervisord.conf`, "[program:a]\ncommand=sleep 1\npriority=5\n");
      const words = ["import", "supervisord.conf"];
      const printed = await proctor(words, { cwd });
      assert.equal(printed.code, 0);
      assert.match(
        printed.stdout.toString(),
        /^processes:\n {2}a:\n {4}# priority: 5 .*\n {4}command: sleep 1\n/m,
      );
      assert.equal(printed.stderr, "proctor: 1 comment says what is different here\n");
      const saved = await proctor([...words, "-o", "proctor.yaml"], { cwd });
      assert.deepEqual([saved.code, saved.stdout.toString()], [0, ""]);
      assert.equal(readFileSync(`${cwd}/proctor.yaml`, "utf8"), printed.stdout.toString());
      assert.equal((await proctor(["supervise", "--check"], { cwd })).code, 0);
      const again = await proctor([...words, "-o", "proctor.yaml"], { cwd });
      assert.deepEqual([again.code, again.stderr], [
        125,
        'proctor: "proctor.yaml" is there already; nothing was written\n',
      ]);
    });
  });

  test("runs a program only when told to", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      const text =
        'require("fs").writeFileSync("ran", ""); module.exports = { apps: [{ name: "a", script: "b.js" }] };';
      writeFileSync(`${cwd}/ecosystem.config.js`, text);
      const refused = await proctor(["import", "ecosystem.config.js"], { cwd });
      assert.equal(refused.code, 125);
      assert.match(refused.stderr, /^proctor: ecosystem\.config\.js: it is a program; .* add --evaluate\n$/);
      assert.ok(!existsSync(`${cwd}/ran`));
      const done = await proctor(["import", "ecosystem.config.js", "--evaluate"], { cwd });
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout.toString(), /^ {2}a:\n {4}command: node b\.js\n/m);
      assert.ok(existsSync(`${cwd}/ran`));
    });
  });
});
