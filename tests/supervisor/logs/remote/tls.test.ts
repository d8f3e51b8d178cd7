/* Lines reach a log by TLS (RFC 5425), and nobody who cannot prove who he is. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { createServer } from "node:tls";
import type { TlsOptions } from "node:tls";
import { contentsOf, noOpenssl, ownCa } from "../../../exporters/support/own_ca.ts";
import type { OwnCa } from "../../../exporters/support/own_ca.ts";
import { withDirectory } from "../../support/logs.ts";
import { shell, TestSupervisor } from "../../support/supervisor.ts";

const limit = { skip: noOpenssl, timeout: 60_000 };

interface Listener {
  readonly port: number;
  /** What has come over all connections. */
  readonly text: () => string;
}

async function withListener(options: TlsOptions, use: (listener: Listener) => Promise<void>): Promise<void> {
  let text = "";
  const server = createServer(options, (socket) => {
    socket.on("data", (piece) => text += piece).on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use({ port: (server.address() as AddressInfo).port, text: () => text });
  } finally {
    server.close();
  }
}

const target = (port: number, files: object) => ({
  log_collection: {
    mode: "pipe",
    outputs: {
      combined: [{ type: "syslog", address: `tls://127.0.0.1:${port}`, facility: "local0", ...files }],
    },
  },
});

async function withCa(use: (ca: OwnCa) => Promise<void>): Promise<void> {
  await withDirectory((directory) => use(ownCa(directory)));
}

describe("syslog over TLS", () => {
  test(
    "has each line behind its length, once both have shown who they are",
    limit,
    () =>
      withCa(async ({ ca, server, client }) => {
        const options = {
          ...contentsOf(server),
          ca: readFileSync(ca),
          requestCert: true,
          rejectUnauthorized: true,
        };
        await withListener(options, async ({ port, text }) => {
          const files = { ca_file: ca, cert_file: client.cert, key_file: client.key };
          await using one = await TestSupervisor.start([
            shell("web", "echo one; echo two >&2; sleep 300; :", target(port, files)),
          ]);
          await one.until(
            "both lines",
            () => /two$/.test(text()) || /one$/.test(text()) && text().includes("two"),
          );
          const messages: string[] = [];
          for (let rest = text(); rest !== "";) {
            const [head, length] = /^(\d+) /.exec(rest)!;
            messages.push(rest.slice(head.length, head.length + Number(length)));
            rest = rest.slice(head.length + Number(length));
          }
          const ends = messages.map((message) => message.replace(/^(<\d+>1) \S+ \S+ /, "$1 ")).toSorted();
          assert.deepEqual(ends, ["<131>1 web - stderr - two", "<134>1 web - stdout - one"]);
        });
      }),
  );

  test(
    "sends nothing to one whose certificate nobody trusts, and says so",
    limit,
    () =>
      withCa(async ({ server }) => {
        await withListener(contentsOf(server), async ({ port, text }) => {
          await using one = await TestSupervisor.start([
            shell("web", "echo secret; sleep 300; :", target(port, {})),
          ]);
          const told = () =>
            one.said.find((line) => line.includes(`cannot send lines to tls://127.0.0.1:${port}`));
          await one.until("it is told", () => told() !== undefined);
          assert.match(told()!, /certificate|CERT|issuer/i);
          assert.equal(text(), "");
        });
      }),
  );

  test(
    "sends nothing in the clear where nobody speaks TLS, and misuse is told with its place",
    limit,
    async () => {
      await assert.rejects(
        TestSupervisor.start([shell("web", "sleep 300", target(6_514, { cert_file: "/etc/me.pem" }))]),
        /key_file: is missing: cert_file needs it/,
      );
      const plain = {
        log_collection: {
          outputs: { combined: [{ type: "syslog", address: "tcp://h", ca_file: "/ca.pem" }] },
        },
      };
      await assert.rejects(
        TestSupervisor.start([shell("web", "sleep 300", plain)]),
        /ca_file: is for an address that begins with tls:/,
      );
    },
  );
});
