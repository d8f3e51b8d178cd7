import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { ProctorError } from "../../../core/error.ts";
import { removeQuietly } from "../../../io/private_file.ts";
import { listenAtPath } from "../../../io/net/unix_socket.ts";
import { makePrivately } from "../../../platform/mod.ts";
import { scratch } from "../../supervisor/support/files.ts";

const LISTEN = { option: "listen" };

const refuses = (kind: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ProctorError, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, words);
  return true;
};

test("a socket is our own user's alone", async () => {
  using files = scratch();
  const path = `${files.path}/made/s`;
  const server = createServer();
  await listenAtPath(server, path, makePrivately, LISTEN, true);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(`${files.path}/made`).mode & 0o777, 0o700);
  await assert.rejects(
    listenAtPath(createServer(), path, makePrivately, {
      option: "socket",
      other: "another supervisor",
      howToEnd: "stop it",
    }),
    refuses("usage", /^socket: another supervisor listens at ".*\/s"; stop it or give another path$/),
  );
  await new Promise((resolve) => server.close(resolve));
  removeQuietly(path);
  assert.equal(existsSync(path), false);
});

test("a path that is unfit is refused with the reason", async () => {
  using files = scratch();
  const file = files.write("file", "x");
  const cases: [path: string, kind: string, words: RegExp][] = [
    [file, "usage", /^listen: ".*\/file" is there and is not a socket; give another path$/],
    [
      `/${"x".repeat(107)}`,
      "usage",
      /is longer than the 107 bytes a socket's path may have; give a shorter one$/,
    ],
    [`${files.path}/none/s`, "system", /: there is no such directory$/],
    [`${file}/s`, "system", /: a part of the path is not a directory$/],
  ];
  for (const [path, kind, words] of cases) {
    await assert.rejects(listenAtPath(createServer(), path, makePrivately, LISTEN), refuses(kind, words));
  }
});
