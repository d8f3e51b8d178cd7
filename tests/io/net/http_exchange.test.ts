import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { scrapeFault } from "../../../core/app/scrape_url.ts";
import { httpGet } from "../../../io/net/http_exchange.ts";

const BOUNDS = { timeoutMs: 5_000, mostBytes: 100 };

describe("a page of a server", () => {
  test(
    "is had, whatever the case of the scheme and the blanks around the URL",
    { timeout: 120_000 },
    async () => {
      const server = createServer((_, response) => response.end("depth 7\n"));
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      try {
        for (
          const url of [
            `http://127.0.0.1:${port}/`,
            `HTTP://127.0.0.1:${port}/`,
            ` http://127.0.0.1:${port}/ `,
          ]
        ) {
          assert.equal(scrapeFault(url), null);
          assert.deepEqual(await httpGet(url, BOUNDS), { text: "depth 7\n" });
        }
      } finally {
        server.close();
      }
    },
  );
});

describe("a URL that no page can be asked by is answered by a fault", () => {
  for (const url of ["no URL", "file:///etc/passwd", "http://a:%zz@127.0.0.1/"]) {
    test(url, { timeout: 120_000 }, async () => {
      const answer = await httpGet(url, BOUNDS);
      assert.ok("fault" in answer && answer.fault !== "", JSON.stringify(answer));
      assert.notEqual(scrapeFault(url), null);
    });
  }
});
