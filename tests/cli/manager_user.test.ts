/* proctor manager user add: people get a password that stands in no argument, and is seen on no terminal. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { BINARY, proctor, start } from "./support/proctor.ts";
import { noTerminals, onTerminal } from "./support/terminal.ts";

const LIMIT = { timeout: 120_000 };

async function withManager(use: (url: string, where: readonly string[]) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-user-"));
  const store = join(directory, "fleet");
  // It serves, whether its broker is there or not.
  const manager = start([
    "manager",
    "--mqtt",
    "mqtt://127.0.0.1:1",
    "--http",
    "127.0.0.1:0",
    "--store",
    store,
  ]);
  try {
    const url = await eventually(() => /are at (http:\S+);/.exec(manager.stderr)?.[1], 60_000);
    await use(url, ["--url", url, "--token-file", join(store, "api_token")]);
  } finally {
    manager.kill("SIGTERM");
    await manager.ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

async function login(url: string, name: string, password: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ name, password });
  return (await fetch(`${url}/api/v1/session`, { method: "POST", headers, body })).status;
}

const add = (...words: readonly string[]) => ["manager", "user", "add", ...words];

test(
  "somebody is put in with a password from standard input",
  LIMIT,
  () =>
    withManager(async (url, where) => {
      const viewer = ["--role", "viewer", "--domain", "factory"];
      const made = await proctor(add("ann", ...viewer, ...where), { input: "correct horse battery\n" });
      assert.deepEqual([made.code, made.stderr, made.stdout.toString()], [0, "", ""]);
      assert.equal(await login(url, "ann", "correct horse battery"), 200);
      assert.equal(await login(url, "ann", "wrong"), 401);
      const changed = await proctor(add("ann", "--role", "admin", "--keep-password", ...where));
      assert.equal(changed.code, 0, changed.stderr);
      assert.equal(await login(url, "ann", "correct horse battery"), 200);
      const faults: readonly [readonly string[], string, string][] = [
        [["bob", "--role", "viewer", ...where], "short\n", "password: it needs 12 characters"],
        [["bob", "--role", "viewer", ...where], "", "no password was given; nothing was changed"],
        [["a/b", "--role", "viewer", ...where], "correct horse battery\n", "name: letters, digits"],
        [
          ["bob", "--role", "king", ...where],
          "x\n",
          '--role: "king" is none of viewer, operator, editor, admin',
        ],
        [
          ["bob", "--role", "viewer", "--channel", "c", ...where],
          "correct horse battery\n",
          "a channel needs its domain",
        ],
        [
          ["bob", "--role", "viewer", "--url", "http://192.0.2.1"],
          "x\n",
          "is not encrypted, and a token would be seen",
        ],
        [
          ["bob", "--role", "viewer", "--url", "http://127.0.0.1:1", ...where.slice(2)],
          "x\n",
          "nothing listens there",
        ],
        [
          ["bob", "--role", "viewer", "--token-file", "/nowhere/t"],
          "x\n",
          "/nowhere/t: there is none; does the manager run?",
        ],
      ];
      for (const [words, input, fault] of faults) {
        const { code, stderr } = await proctor(add(...words), { input });
        assert.equal(code, 125, `${words}`);
        assert.ok(
          stderr.startsWith("proctor: ") && stderr.includes(fault) && stderr.split("\n").length === 2,
          stderr,
        );
      }
      assert.equal(await login(url, "bob", "short"), 401);
    }),
);

test(
  "a password that is typed is not shown",
  { ...LIMIT, skip: noTerminals },
  () =>
    withManager(async (url, where) => {
      const command = [BINARY, ...add("ann", "--role", "viewer", ...where)];
      const typed = await onTerminal(command, [
        ["expect", "Password for ann: "],
        ["type", "correct hose\x7f\x7frse battery\r"],
        ["expect", "Once more: "],
        ["type", "correct horse battery\r"],
      ]);
      assert.equal(typed.exit_code, 0, typed.transcript);
      assert.ok(
        !typed.transcript.includes("horse") && !typed.transcript.includes("battery"),
        typed.transcript,
      );
      assert.equal(await login(url, "ann", "correct horse battery"), 200);
      const other = await onTerminal(command, [
        ["expect", "Password for ann: "],
        ["type", "another password\r"],
        ["expect", "Once more: "],
        ["type", "and yet another\r"],
        ["expect", "the two are not the same"],
      ]);
      assert.equal(other.exit_code, 125);
      const stopped = await onTerminal(command, [["expect", "Password for ann: "], ["type", "another\x03"]]);
      assert.equal(stopped.exit_code, 125);
      assert.equal(await login(url, "ann", "correct horse battery"), 200);
    }),
);
