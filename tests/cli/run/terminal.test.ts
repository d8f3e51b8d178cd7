import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";

const CTRL_C = "\x03";
const CTRL_Z = "\x1a";
const CTRL_BACKSLASH = "\x1c";

describe("on a terminal", () => {
  test(
    "the command sees it on 0, 1 and 2, and is in the foreground",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const { transcript } = await onTerminal([BINARY, "run", "--quiet", "--", fixture("print_context")], []);
      const context = JSON.parse(transcript.trim());
      assert.deepEqual(context.tty, { 0: true, 1: true, 2: true });
      assert.equal(context.tpgid, context.pgid);
      assert.notEqual(context.tty_nr, 0);
    },
  );

  test(
    "the command may change its settings and ask questions",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const script = 'stty -echo; printf "Password: "; read p; stty echo; echo; echo "got $p"';
      const { transcript, exit_code } = await onTerminal(
        [BINARY, "run", "--quiet", "--", "sh", "-c", script],
        [["expect", "Password: "], ["type", "secret\r"], ["expect", "got secret"]],
      );
      assert.equal(transcript.split("secret").length - 1, 1, "the password was echoed");
      assert.equal(exit_code, 0);
    },
  );

  test(
    "the summary is coloured, unless that is not wanted",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const escapes = async (options: string[], env: Record<string, string | undefined>) => {
        const { transcript } = await onTerminal([BINARY, "run", ...options, "--", "true"], [], {
          env: { TERM: "xterm", NO_COLOR: undefined, ...env },
        });
        assert.match(transcript, /exit code 0/);
        return transcript.includes("\x1b[");
      };
      assert.equal(await escapes([], {}), true);
      assert.equal(await escapes(["--no-color"], {}), false);
      assert.equal(await escapes([], { NO_COLOR: "1" }), false);
      assert.equal(await escapes([], { TERM: "dumb" }), false);
      // https://no-color.org: only when it is not empty.
      assert.equal(await escapes([], { NO_COLOR: "" }), true);
    },
  );

  test("Ctrl-C reaches the command exactly once, and the records end well", {
    skip: noTerminals,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/records.jsonl`;
      const { transcript, exit_code } = await onTerminal(
        [BINARY, "run", "--records", file, "--", fixture("on_signal"), "INT", "33"],
        [["expect", '"ready":true'], ["type", CTRL_C], ["expect", '"deliveries"']],
      );
      assert.match(transcript, /"deliveries":1\D/);
      assert.equal(exit_code, 33);
      const { summary } = parseStream(readFileSync(file, "utf8"));
      assert.equal(summary.outcome, "interrupted");
      assert.equal(summary.exit_code, 33);
      assert.match(transcript, /interrupted, exit code 33/);
    });
  });

  test(
    "Ctrl-C ends a whole pipeline of a shell inside",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const { exit_code } = await onTerminal(
        [BINARY, "run", "--quiet", "--", "sh", "-c", "echo begun; sleep 60 | sleep 60"],
        [["expect", "begun"], ["type", CTRL_C]],
      );
      assert.equal(exit_code, 130);
    },
  );

  test("Ctrl-\\ reaches the command exactly once", { skip: noTerminals, timeout: 120_000 }, async () => {
    const { transcript, exit_code } = await onTerminal(
      [BINARY, "run", "--quiet", "--", fixture("on_signal"), "QUIT", "34"],
      [["expect", '"ready":true'], ["type", CTRL_BACKSLASH], ["expect", '"deliveries"']],
    );
    assert.match(transcript, /"deliveries":1\D/);
    assert.equal(exit_code, 34);
  });

  test("SIGINT from somebody else reaches the command exactly once, too", {
    skip: noTerminals,
    timeout: 120_000,
  }, async () => {
    const { transcript, exit_code } = await onTerminal(
      [BINARY, "run", "--quiet", "--", fixture("on_signal"), "INT", "35"],
      [["expect", '"ready":true'], ["signal", "SIGINT"], ["expect", '"deliveries"']],
    );
    assert.match(transcript, /"deliveries":1\D/);
    assert.equal(exit_code, 35);
  });

  test("a command that ignores Ctrl-C is waited for", { skip: noTerminals, timeout: 120_000 }, async () => {
    const { exit_code } = await onTerminal(
      [BINARY, "run", "--quiet", "--", "sh", "-c", "trap '' INT; echo begun; read x; exit 5"],
      [["expect", "begun"], ["type", CTRL_C], ["expect", "^C"], ["type", "\r"]],
    );
    assert.equal(exit_code, 5);
  });

  test(
    "Ctrl-C while leftovers are waited for ends them",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const { exit_code, transcript } = await onTerminal(
        [BINARY, "run", "--", fixture("leave_orphans"), "1", "60"],
        [["expect", '"pids"'], ["expect", "waiting for"], ["type", CTRL_C]],
      );
      assert.equal(exit_code, 0, transcript);
      assert.match(transcript, /interrupted, exit code 0/);
    },
  );

  test(
    "Ctrl-Z stops proctor and the command, fg continues both",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const { transcript } = await onTerminal(
        ["/bin/bash", "--norc", "--noprofile", "-i"],
        [
          ["type", `PS1='PROMPT''> '\r`],
          ["expect", "PROMPT> "],
          ["type", `${BINARY} run --quiet -- sh -c 'echo be''gun; read x; echo got $x'\r`],
          ["expect", "begun"],
          ["type", CTRL_Z],
          ["expect", "Stopped"],
          ["expect", "PROMPT> "],
          ["type", " jobs -l\r"],
          ["expect", "Stopped"],
          ["expect", "PROMPT> "],
          ["type", " fg\r"],
          ["expect", "run --quiet"],
          ["type", "answer\r"],
          ["expect", "got answer"],
          ["expect", "PROMPT> "],
          ["type", "exit\r"],
        ],
        { env: { TERM: "dumb" } },
      );
      assert.match(transcript, /got answer/);
    },
  );

  test("a terminal that hangs up ends the command and proctor, and the summary is written", {
    skip: noTerminals,
    timeout: 120_000,
  }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/records.jsonl`;
      // The hangup goes to the session's leader: proctor itself here.
      await onTerminal(
        [BINARY, "run", "--records", file, "--", "sh", "-c", "echo begun; exec sleep 60"],
        [["expect", "begun"], ["close"]],
      );
      const { summary } = parseStream(readFileSync(file, "utf8"));
      assert.equal(summary.outcome, "interrupted");
      assert.equal(summary.signal, "SIGHUP");
    });
  });
});
