import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, shell, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";
import { request, startSysmon } from "./support/sysmon.ts";
import type { Message } from "./support/sysmon.ts";

/** What a client that asks, and then ends its half, gets. */
function exchange(path: string, input: string): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(path, () => socket.end(input));
    socket.setEncoding("utf8");
    socket.on("data", (piece) => text += piece);
    socket.on("error", reject);
    socket.on("close", () => resolve(text.split("\n").slice(0, -1).map((line) => JSON.parse(line))));
  });
}

async function listening(path: string, command: readonly string[] = [BINARY]): Promise<Running> {
  return await startSysmon(["--listen", `unix:${path}`], {}, command);
}

for (const [title, command] of [["the binary", [BINARY]], [SOURCE.title, SOURCE.command]] as const) {
  describe(`proctor sysmon --listen by ${title}`, () => {
    test("serves many clients at once, each its own answers", { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const path = `${directory}/sysmon.sock`;
        const service = await listening(path, command);
        assert.equal(statSync(path).mode & 0o777, 0o600);
        const clients = await Promise.all(
          Array.from(
            { length: 20 },
            (_, client) =>
              exchange(path, request("RPCCPUUsage", `${client} a`) + request("RPCGetUptime", `${client} b`)),
          ),
        );
        clients.forEach((messages, client) => {
          assert.equal(messages[0].id, "subprocess_ready");
          assert.equal(messages.at(-1).id, "subprocess_shutdown");
          const answers = messages.slice(1, -1).map(({ correlation_id }) => correlation_id).sort();
          assert.deepEqual(answers, [`${client} a`, `${client} b`]);
        });
        service.kill("SIGTERM");
        const { code, stdout, stderr } = await service.ended;
        assert.equal(code, 0, stderr);
        assert.equal(stderr, "");
        const events = stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual(events.map(({ id }) => id), ["subprocess_ready", "subprocess_shutdown"]);
        assert.equal(events[0].payload.listen, `unix:${path}`);
        assert.ok(!existsSync(path), "the socket is gone");
      });
    });

    test("says goodbye to clients when it ends", { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const path = `${directory}/s`;
        const service = await listening(path, command);
        let text = "";
        const closed = new Promise<void>((resolve, reject) => {
          const socket = connect(path);
          socket.setEncoding("utf8");
          socket.write(request("RPCGetUptime", 1));
          socket.on("data", (piece) => {
            const isAnswered = text.includes('"correlation_id":1');
            text += piece;
            // Once: a second signal would end it at once.
            if (!isAnswered && text.includes('"correlation_id":1')) service.kill("SIGTERM");
          });
          socket.on("error", reject);
          socket.on("close", () => resolve());
        });
        await closed;
        assert.match(text, /"subprocess_shutdown"/);
        assert.equal((await service.ended).code, 0);
      });
    });
  });
}

describe("proctor sysmon --listen", () => {
  test("replaces a socket that nobody listens to", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/s`;
      const first = await listening(path);
      first.kill("SIGKILL");
      await first.ended;
      assert.ok(existsSync(path), "a stale socket");
      const second = await listening(path);
      assert.equal((await exchange(path, request("RPCGetUptime", 1))).length, 3);
      second.kill("SIGTERM");
      assert.equal((await second.ended).code, 0);
    });
  });

  test("refuses one that somebody listens to, and what is none", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/s`;
      const refused = async (target: string, said: string | RegExp) => {
        const { code, stdout, stderr } = await proctor(["sysmon", "--listen", `unix:${target}`]);
        assert.equal(code, 125);
        assert.equal(stdout.toString(), "");
        assert.match(stderr, /^proctor: listen: [^\n]+\n$/);
        assert.match(stderr, new RegExp(said));
      };
      const first = await listening(path);
      await refused(path, "another process listens");
      assert.equal((await exchange(path, request("RPCGetUptime", 1))).length, 3, "the first is unharmed");
      first.kill("SIGTERM");
      await first.ended;
      writeFileSync(path, "precious");
      await refused(path, "not a socket");
      await refused(`${directory}/no/such/s`, "no such directory");
      await refused(`${directory}/${"x".repeat(120)}`, "107 bytes");
    });
  });

  test("does not read its standard input", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/s`;
      const service = startProgram([BINARY, "sysmon", "--listen", `unix:${path}`]);
      await service.line((line) => line.includes("subprocess_ready"));
      assert.equal((await exchange(path, request("RPCGetUptime", 1))).length, 3);
      service.kill("SIGINT");
      assert.equal((await service.ended).code, 0);
    });
  });

  test("a client that goes away in the middle harms nobody", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const path = `${directory}/s`;
      const service = await listening(path);
      for (let clients = 0; clients < 20; clients++) {
        await new Promise<void>((resolve, reject) => {
          const socket = connect(path, () => {
            socket.write(request("RPCGetDiskIO", 1).repeat(500));
            socket.destroy();
          });
          socket.on("error", reject);
          socket.on("close", () => resolve());
        });
      }
      assert.equal((await exchange(path, request("RPCGetUptime", 1))).length, 3);
      service.kill("SIGTERM");
      const { code, stderr } = await service.ended;
      assert.equal(code, 0);
      assert.equal(stderr, "");
    });
  });

  test("leaves no moment in which others may connect", async () => {
    // The rights come from the umask of the moment in which the socket is made.
    const { stdout } = await shell(
      `d=$(mktemp -d); umask 0; "$PROCTOR" sysmon --listen unix:$d/s >$d/out & p=$!
       until [ -S $d/s ]; do :; done; stat -c %a $d/s; kill $p; wait $p; rm -r $d`,
    );
    assert.equal(stdout.toString(), "600\n");
  });
});
