/* Where a destination of the internet is wanted, whatever it is told by must not lead to this machine. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { notifierSchema, toNotifier } from "../../../../fleet/alert/notify/notifier_schema.ts";
import { send } from "../../../../exporters/notices/send.ts";

const NOTICE = { title: "t", lines: ["l"], level: "warn", json: {} } as const;
const WORDS = /its address is not one of the internet/;

describe("a destination of this machine", () => {
  const ways: readonly [string, (port: number, host: string) => Record<string, unknown>][] = [
    ["webhook", (port, host) => ({ webhook: `http://${host}:${port}/` })],
    ["ntfy", (port, host) => ({ ntfy: `http://${host}:${port}/topic` })],
    ["slack", (port, host) => ({ slack: `http://${host}:${port}/` })],
    [
      "email",
      (port, host) => ({
        email: { server: `smtp://${host}:${port}`, from: "a@b.example", to: ["c@d.example"] },
      }),
    ],
  ];
  for (const [way, keys] of ways) {
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
      test(`is not connected to: ${way} at ${host}`, { timeout: 120_000 }, async () => {
        let connected = 0;
        const server = createServer((socket) => (connected++, socket.destroy()));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        try {
          const { port } = server.address() as AddressInfo;
          const { target, isPublicOnly } = toNotifier(
            notifierSchema.parse({ name: "n", ...keys(port, host) }),
          );
          const told = await send(target!, NOTICE, 5_000, new AbortController().signal, { isPublicOnly });
          assert.match(told!.fault, WORDS);
          assert.equal(connected, 0);
        } finally {
          await new Promise((resolve) => server.close(resolve));
        }
      });
    }
  }
});
