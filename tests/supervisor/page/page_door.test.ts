/* The door of the page: who is let in, by which name, from which page, and to what. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { ApiServer } from "../../../supervisor/api/serve.ts";
import type { PageOptions } from "../../../supervisor/api/serve.ts";
import { FakeControl, logLine } from "../support/fake_control.ts";
import { ask, sentEvents } from "../support/http.ts";
import { withDirectory } from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };
const FILES: PageOptions["files"] = new Map([
  ["", { type: "text/html; charset=utf-8", text: "<!DOCTYPE html><title>page</title>" }],
  ["page.js", { type: "text/javascript; charset=utf-8", text: "1;" }],
]);

interface Visit {
  /** `http://127.0.0.1:PORT`. */
  readonly server: string;
  readonly control: FakeControl;
  readonly api: ApiServer;
  /** The path that begins each address of the session, and what the browser sends with it. */
  readonly place: string;
  readonly headers: { readonly cookie: string };
  readonly origin: string;
}

/** Serve a page at a port, and go in by its link. */
async function visiting(use: (visit: Visit) => Promise<void>): Promise<void> {
  const control = new FakeControl();
  const address = { host: "127.0.0.1", port: 0 };
  const api = await ApiServer.open(control, {}, { address, files: FILES });
  try {
    const server = api.pageAddress!;
    const link = new URL(api.makeLink()!);
    const { status, text, headers } = await ask(server, `${link.pathname}${link.search}`);
    assert.equal(status, 200);
    const place = /url=(\/[\w-]+\/)"/.exec(text)![1];
    const cookie = String(headers["set-cookie"]).split(";")[0];
    await use({ server, control, api, place, headers: { cookie }, origin: server });
  } finally {
    await api.close();
  }
}

describe("the door of the page at a port", () => {
  test(
    "is shut without the cookie, in a word and without a body",
    TIMEOUT,
    () =>
      visiting(async ({ server, place, headers, control }) => {
        const paths = [
          "/",
          "/page.js",
          "/feed",
          "/api/processes",
          place,
          `${place}feed`,
          `${place}page.js`,
          "/healthz",
        ];
        for (const path of paths) {
          const answer = await ask(server, path);
          assert.deepEqual([path, answer.status, answer.text], [path, 401, ""]);
        }
        for (const cookie of ["proctor=", "proctor=x", headers.cookie.slice(0, -1), `x${headers.cookie}`]) {
          assert.equal((await ask(server, place, { headers: { cookie } })).status, 401, cookie);
        }
        // Neither is a cookie good for another place.
        assert.equal((await ask(server, "/", { headers })).status, 401);
        const stop = { method: "POST", headers: { origin: server } };
        assert.equal((await ask(server, `${place}api/processes/web/stop`, stop)).status, 401);
        assert.deepEqual(control.asked, []);
      }),
  );

  test(
    "is opened once by a link, which a browser that fetches ahead does not use up",
    TIMEOUT,
    () =>
      visiting(async ({ server, api }) => {
        const link = new URL(api.makeLink()!);
        const path = `${link.pathname}${link.search}`;
        assert.equal((await ask(server, path, { headers: { "sec-purpose": "prefetch" } })).status, 503);
        assert.equal((await ask(server, path, { method: "HEAD" })).status, 405);
        const first = await ask(server, path);
        assert.equal(first.status, 200);
        assert.match(String(first.headers["set-cookie"]), /; HttpOnly; SameSite=Strict$/);
        const second = await ask(server, path);
        assert.equal(second.status, 403);
        assert.equal(second.headers["set-cookie"], undefined);
        assert.match(second.text, /^This link was used before.*proctor ctl page/);
        for (const wrong of ["/enter", "/enter?code=", "/enter?code=x", `${path}x`]) {
          assert.equal((await ask(server, wrong)).status, 403, wrong);
        }
      }),
  );

  test(
    "is asked by a name of the loopback alone",
    TIMEOUT,
    () =>
      visiting(async ({ server, api, place, headers }) => {
        const { port } = new URL(server);
        const link = new URL(api.makeLink()!);
        for (const host of ["rebound.example", `rebound.example:${port}`, "127.0.0.1.rebound.example"]) {
          const page = await ask(server, place, { headers: { ...headers, host } });
          assert.equal(page.status, 421, host);
          assert.equal(
            (await ask(server, `${link.pathname}${link.search}`, { headers: { host } })).status,
            421,
          );
        }
        const none = await say(Number(port), `GET ${place} HTTP/1.0\r\nCookie: ${headers.cookie}\r\n`);
        assert.match(none, /^HTTP\/1\.[01] 421 /);
        for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, "localhost:8080", `[::1]:${port}`]) {
          assert.equal((await ask(server, place, { headers: { ...headers, host } })).status, 200, host);
        }
        assert.equal(
          (await ask(server, `${link.pathname}${link.search}`)).status,
          200,
          "the link was not used up",
        );
      }),
  );

  test(
    "changes something only for its own page",
    TIMEOUT,
    () =>
      visiting(async ({ server, place, headers, control, origin }) => {
        const path = `${place}api/processes/web/stop`;
        const from = (origin?: string) =>
          ask(server, path, {
            method: "POST",
            headers: origin === undefined ? headers : { ...headers, origin },
          });
        const { port } = new URL(server);
        const others = [
          "http://other.example",
          "null",
          `http://localhost:${port}`,
          "http://127.0.0.1:1",
          undefined,
        ];
        for (const other of others) {
          assert.equal((await from(other)).status, 403, String(other));
        }
        assert.equal(
          (await ask(server, place, { headers: { ...headers, origin: "http://other.example" } })).status,
          403,
        );
        const led = { headers: { ...headers, "sec-fetch-site": "cross-site" } };
        assert.equal((await ask(server, `${place}history?id=web`, led)).status, 403);
        assert.equal((await ask(server, place, led)).status, 200, "a link leads to the page itself");
        assert.deepEqual(control.asked, []);
        const { status, json } = await from(origin);
        assert.deepEqual([status, json.state], [200, "stopped"]);
        assert.deepEqual(control.asked, ["stop web"]);
        const signal = { method: "POST", headers: { ...headers, origin } };
        assert.equal((await ask(server, `${place}api/processes/web/signal?signal=HUP`, signal)).status, 200);
        assert.deepEqual(control.asked, ["stop web", "signal HUP web"]);
      }),
  );

  test(
    "leads to the page and to what it needs, and to nothing else",
    TIMEOUT,
    () =>
      visiting(async ({ server, place, headers, control, origin }) => {
        const get = (path: string) => ask(server, `${place}${path}`, { headers });
        assert.equal((await get("")).text, FILES.get("")!.text);
        assert.equal((await get("page.js")).headers["content-type"], "text/javascript; charset=utf-8");
        assert.equal((await get("api/processes/web/description")).json.status.id, "web");
        const strange = [
          "page.css",
          "constructor",
          "api/",
          "api/info",
          "api/openapi.json",
          "api/processes",
          "api/metrics",
        ];
        for (
          const path of [
            ...strange,
            "..%2f..%2fetc%2fpasswd",
            "page.js/",
            "api/processes/../info",
            "api//feed",
          ]
        ) {
          assert.equal((await get(path)).status, 404, path);
        }
        const refused: [method: string, path: string][] = [
          ["POST", "api/processes"],
          ["DELETE", "api/processes/web"],
          ["POST", "api/reload"],
          ["POST", "api/shutdown"],
          ["POST", "api/page/link"],
          ["POST", "page.js"],
          ["PUT", ""],
        ];
        for (const [method, path] of refused) {
          const answer = await ask(server, `${place}${path}`, { method, headers: { ...headers, origin } });
          assert.equal(answer.status, 404, `${method} ${path}`);
        }
        assert.deepEqual(control.asked, []);
        assert.equal((await get("history?id=none")).json.error.code, "not_found");
        assert.equal((await get("history?id=web&since_ms=x")).json.times_ms.length, 1);
      }),
  );

  test("is left by no path", TIMEOUT, () =>
    visiting(async ({ server, place, headers: { cookie } }) => {
      const { port } = new URL(server);
      for (
        const way of [
          "../../../etc/passwd",
          "%2e%2e/%2e%2e/etc/passwd",
          "..\\..\\etc\\passwd",
          "./../api/info",
        ]
      ) {
        // As it stands: a client of HTTP would tidy it up before.
        const said = await say(
          Number(port),
          `GET ${place}${way} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n`,
        );
        assert.match(said, /^HTTP\/1\.1 40[0-4] /, way);
        assert.doesNotMatch(said, /root:/);
      }
    }));

  test(
    "tells browsers to run, fetch and embed nothing else, with every answer",
    TIMEOUT,
    () =>
      visiting(async ({ server, api, place, headers }) => {
        const link = new URL(api.makeLink()!);
        const asked = [["/", {}], [place, headers], [`${place}page.js`, headers], [
          `${place}x`,
          headers,
        ]] as const;
        for (const [path, headers] of [...asked, [`${link.pathname}${link.search}`, {}] as const]) {
          const { headers: told } = await ask(server, path, { headers });
          const policy = told["content-security-policy"];
          assert.match(policy, /^default-src 'none'; script-src 'self';.* frame-ancestors 'none'$/, path);
          assert.doesNotMatch(policy, /unsafe|\*/);
          assert.equal(told["x-content-type-options"], "nosniff");
          assert.equal(told["referrer-policy"], "no-referrer");
          assert.equal(told["cache-control"], "no-store");
        }
      }),
  );

  test(
    "streams what changes, and logs",
    TIMEOUT,
    () =>
      visiting(async ({ server, place, headers, control }) => {
        const feed = sentEvents(server, `${place}feed`, { headers });
        assert.equal((await feed.next()).value!.event, "whole");
        control.emit({ reason: "by hand" });
        assert.equal((await feed.next()).value!.data.reason, "by hand");
        await feed.return(undefined);
        control.lines.set("web", [logLine("one"), logLine("two")]);
        const log = sentEvents(server, `${place}api/processes/web/logs?follow=true&tail=1`, {
          headers: { ...headers, accept: "text/event-stream" },
        });
        assert.equal((await log.next()).value!.data.message, "two");
        await log.return(undefined);
      }),
  );
});

describe("where the page is", () => {
  test(
    "the API makes links to it, and says so where there is none",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const socket = `${directory}/s`;
        const address = { host: "127.0.0.1", port: 0 };
        const api = await ApiServer.open(new FakeControl(), { socket }, { address, files: FILES });
        try {
          const made = await ask(socket, "/page/link", { method: "POST" });
          assert.equal(made.status, 201);
          const link = new URL(made.json.url);
          assert.equal(link.origin, api.pageAddress);
          assert.equal((await ask(link.origin, `${link.pathname}${link.search}`)).status, 200);
        } finally {
          await api.close();
        }
        const without = await ApiServer.open(new FakeControl(), { socket });
        try {
          const { status, json } = await ask(socket, "/page/link", { method: "POST" });
          assert.deepEqual([status, json.error.code], [409, "conflict"]);
        } finally {
          await without.close();
        }
      }),
  );

  test(
    "at a socket our own user is let in by the kernel's word, and other pages are not",
    TIMEOUT,
    () =>
      withDirectory(async (directory) => {
        const path = `${directory}/page.sock`;
        const control = new FakeControl();
        const api = await ApiServer.open(control, {}, { address: { path }, files: FILES });
        try {
          assert.equal(statSync(path).mode & 0o777, 0o600);
          assert.equal(api.makeLink(), null);
          const host = "proctor.example";
          const page = await ask(path, "/", { headers: { host } });
          assert.deepEqual([page.status, page.text], [200, FILES.get("")!.text]);
          const stop = (headers: Record<string, string>) =>
            ask(path, "/api/processes/web/stop", { method: "POST", headers: { host, ...headers } });
          assert.equal((await stop({})).status, 403);
          assert.equal((await stop({ origin: "https://other.example" })).status, 403);
          assert.equal((await stop({ origin: `https://${host}` })).status, 200);
          assert.deepEqual(control.asked, ["stop web"]);
        } finally {
          await api.close();
        }
        assert.throws(() => statSync(path), { code: "ENOENT" });
      }),
  );

  test("beyond the loopback it is refused", TIMEOUT, async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "proctor.example"]) {
      await assert.rejects(
        ApiServer.open(new FakeControl(), {}, { address: { host, port: 0 }, files: FILES }),
        /^ProctorError: web: ".*" lets other machines in, and nothing is encrypted; give 127\.0\.0\.1, or unix:/,
      );
    }
  });
});

/** What one says on a bare connection, and all that is answered until it is closed. */
function say(port: number, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(`${head}Connection: close\r\n\r\n`));
    socket.on("data", (bytes) => said += bytes);
    socket.on("error", reject);
    socket.on("close", () => resolve(said));
  });
}
