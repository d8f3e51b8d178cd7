/* `proctor supervise` as a service of Windows, end to end with the service control manager that is there. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { isHeld, proctor, PROGRAM, withDirectory } from "./support/programs.ts";

const NAME = "proctor-under-test";

/** Run a program of the system's; what it printed. */
async function system(...words: readonly string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(words[0], words.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (piece) => text += piece);
  child.stderr.on("data", (piece) => text += piece);
  const [code] = await once(child, "close");
  return { code, text };
}

/** The system starts it; while the program of its last run is still about to end, it says that it runs. */
const start = () => eventually(async () => (await system("net", "start", NAME)).code === 0, 60_000);
const stateIs = async (state: string) => (await system("sc", "query", NAME)).text.includes(state);

/** A configuration of one process that holds a file, and a service of it, which is removed at the end. */
async function withService(
  use: (places: { config: string; state: string; held: string }) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const [config, state, held] = ["proctor.yaml", "state of it", "held"].map((name) =>
      join(directory, name)
    );
    const processes = { web: { command: [PROGRAM, "hold", held, "120000"] } };
    writeFileSync(config, JSON.stringify({ processes }));
    const words = ["supervise", "--install-service", NAME, "--config", config, "--state-dir", state];
    const { code, stdout, stderr } = await proctor(words);
    try {
      assert.equal(code, 0, stderr);
      assert.match(stdout.toString(), new RegExp(`net start ${NAME} starts it now`));
      await use({ config, state, held });
    } finally {
      await proctor(["supervise", "--remove-service", NAME]);
    }
  });
}

describe("a service of Windows", { timeout: 300_000 }, () => {
  test("is started and stopped by the system, and removed", async () => {
    await withService(async ({ state, held }) => {
      const log = () => readFileSync(join(state, "supervisor.log"), "utf8");
      await start();
      await eventually(() => stateIs("RUNNING"), 60_000, log);
      await eventually(() => isHeld(held), 60_000, log);
      const { stdout, stderr } = await proctor(["ctl", "--state-dir", state, "status", "--json"]);
      assert.equal(JSON.parse(stdout.toString())[0].state, "running", stderr);
      assert.equal((await proctor(["supervise", "--install-service", NAME])).code, 125, "there is one");
      const stopped = await system("net", "stop", NAME);
      assert.equal(stopped.code, 0, stopped.text);
      await eventually(() => stateIs("STOPPED"), 60_000, log);
      await eventually(() => !isHeld(held), 60_000, log);
      assert.match(log(), /web: stopping → stopped: the supervisor ends\n/);
      assert.equal(existsSync(join(state, "proctor.sock")), false);
      // It runs when it is removed: it is stopped first.
      await start();
      await eventually(() => isHeld(held), 60_000, log);
      const removed = await proctor(["supervise", "--remove-service", NAME]);
      assert.equal(removed.code, 0, removed.stderr);
      await eventually(() => !isHeld(held), 60_000, log);
      assert.match(
        (await proctor(["supervise", "--remove-service", NAME])).stderr,
        /^proctor: the service proctor-under-test: there is no such service\r?\n$/,
      );
    });
  });

  test("tells in its log why it cannot start", async () => {
    await withService(async ({ config, state, held }) => {
      const right = readFileSync(config, "utf8");
      writeFileSync(config, "processes: { web: { comand: [x] } }");
      await system("net", "start", NAME);
      const path = join(state, "supervisor.log");
      await eventually(() => existsSync(path) && readFileSync(path, "utf8").includes("comand"), 60_000);
      await eventually(() => stateIs("STOPPED"), 60_000);
      writeFileSync(config, right);
      await start();
      await eventually(() => isHeld(held), 60_000, () => readFileSync(path, "utf8"));
    });
  });

  test("is refused in a line where it makes no sense", async () => {
    await withDirectory(async (directory) => {
      const config = join(directory, "proctor.yaml");
      writeFileSync(config, JSON.stringify({ processes: { web: { command: [PROGRAM] } } }));
      const refused = async (...words: string[]) => {
        const { code, stderr } = await proctor(["supervise", ...words]);
        assert.equal(code, 125, stderr);
        return stderr.trimEnd();
      };
      assert.equal(
        await refused("--install-service", "a b", "--config", config),
        'proctor: --install-service: "a b" cannot be the name of a service: letters, digits, dots, dashes and ' +
          "underscores, at most 80",
      );
      assert.equal(
        await refused("--install-service", NAME, "--config", config, "--quiet"),
        "proctor: --install-service: --quiet cannot stand beside it; what a service does its configuration says",
      );
      assert.equal(
        await refused("--install-service", NAME, "--", PROGRAM),
        "proctor: --install-service: a service runs a configuration; name it with --config, and leave the command out",
      );
      assert.match(await refused("--install-service", NAME, "--config", directory), /^proctor: /);
      assert.match(
        await refused("--remove-service", "Spooler"),
        /^proctor: the service Spooler is none of proctor's; sc delete removes any$/,
      );
      assert.match(
        await refused("--as-service", NAME, "--config", config, "--state-dir", directory),
        /^proctor: this cannot be a service: Windows has not started this program as a service; net start does/,
      );
      assert.notEqual((await system("sc", "query", NAME)).code, 0, "nothing was installed");
    });
  });
});
