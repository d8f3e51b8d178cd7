/* A terminal that hangs up, as when a connection drops: nothing of the run is left. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { withDirectory } from "../support/directory.ts";
import { BINARY, startProgram } from "../support/proctor.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";
import { until } from "../support/traces.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

/** Whether a process is there and no zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A shell that a shell has started, which both wait for a sleep; all PIDs stand in a file. */
const TREE = `sh -c 'echo $$ >>pids; sleep 60 & echo $! >>pids; wait; wait; true'; true`;

const LEADERS: readonly (readonly [title: string, around: (command: string) => string])[] = [
  ["as the leader of its session", (command) => `exec ${command}`],
  ["as a command of a shell", (command) => `${command}; true`],
];
const VERBS: readonly (readonly [title: string, words: string])[] = [
  ["run", "run --grace 500ms -- "],
  ["run --repeat", "run --grace 500ms --repeat 9 -- "],
];

function pidsIn(directory: string): number[] {
  const file = `${directory}/pids`;
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number) : [];
}

async function hangUp(
  directory: string,
  script: string,
  wrap = (command: string[]) => command,
): Promise<number[]> {
  const command = wrap(["bash", "-c", `echo $$ >>pids; ${script}`]);
  await onTerminal(command, [["expect", "ready"], ["close"]], { cwd: directory });
  return pidsIn(directory);
}

describe("a terminal that hangs up ends", () => {
  for (const [how, around] of LEADERS) {
    for (const [verb, words] of VERBS) {
      for (
        const [who, wrap, skip] of [["", undefined, noTerminals], [
          ", unprivileged",
          asNobody,
          noTerminals || cannotDrop,
        ]] as const
      ) {
        test(
          `the whole tree of ${verb}, ${how}${who}`,
          { skip, timeout: 120_000 },
          () =>
            withDirectory(async (directory) => {
              const tree = `sh -c '${TREE.replaceAll("'", `'\\''`)}'`;
              const hint = `(until [ $(grep -c . pids) -ge 3 ]; do sleep 0.05; done; echo ready) & `;
              const pids = await hangUp(
                directory,
                hint + around(`${BINARY} ${words}${tree}`),
                wrap && ((command) => [...wrap(command)]),
              );
              assert.equal(pids.length, 3);
              await until(() => !pids.some(isAlive), `the end of ${pids}`);
            }),
        );
      }
    }
  }

  test(
    "what ignores SIGHUP, after the grace",
    { skip: noTerminals, timeout: 120_000 },
    () =>
      withDirectory(async (directory) => {
        const pids = await hangUp(
          directory,
          `exec ${BINARY} run --grace 500ms -- sh -c 'trap "" HUP; echo $$ >>pids; echo ready; sleep 60; true'`,
        );
        assert.equal(pids.length, 2);
        await until(() => !pids.some(isAlive), `the end of ${pids}`);
      }),
  );

  for (
    const words of [
      "watch --pid $$ --interval 100ms",
      "attach $$ --interval 100ms",
      "host --watch 100ms",
      "top",
    ]
  ) {
    test(words, { skip: noTerminals, timeout: 120_000 }, () =>
      withDirectory(async (directory) => {
        // It would not end without the terminal's end: what it watches goes on.
        const pids = await hangUp(
          directory,
          `(sleep 1; echo ready) & exec ${BINARY} ${words.replace("$$", String(process.pid))}`,
        );
        await until(() => !pids.some(isAlive), `the end of ${pids}`);
      }));
  }
});

test(
  "nohup goes on when the terminal hangs up",
  { skip: noTerminals, timeout: 120_000 },
  () =>
    withDirectory(async (directory) => {
      const pids = await hangUp(
        directory,
        `nohup ${BINARY} run -q -- sh -c 'echo $$ >>pids; until [ -e stop ]; do sleep 0.05; done; touch done' >/dev/null 2>&1 &
       until [ $(grep -c . pids) -ge 2 ]; do sleep 0.05; done; echo ready; wait`,
      );
      assert.ok(isAlive(pids[1]), "it was ended");
      await startProgram(["touch", `${directory}/stop`]).ended;
      await until(() => existsSync(`${directory}/done`), "its own end");
    }),
);

test(
  "SIGHUP without a terminal's end goes to the command alone",
  { timeout: 120_000 },
  () =>
    withDirectory(async (directory) => {
      const script =
        `trap 'echo reload; trap "" HUP' HUP; sleep 60 & echo "ready $!"; wait; kill -0 $! && echo spared; kill $!`;
      const running = startProgram([BINARY, "run", "-q", "--", "sh", "-c", script], { cwd: directory });
      await running.line((line) => line.startsWith("ready"));
      running.kill("SIGHUP");
      const { stdout } = await running.ended;
      assert.match(stdout.toString(), /reload\nspared\n$/);
    }),
);
