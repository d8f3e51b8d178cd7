/* Attacks on the API by another user of the machine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { Door } from "../../../io/net/door.ts";
import { ApiServer } from "../../../supervisor/api/serve.ts";
import { eventually } from "../../support/eventually.ts";
import { ROOT } from "../../support/fixture.ts";
import { asNobody, noOtherUser } from "../../support/linux.ts";
import { FakeControl } from "../support/fake_control.ts";
import { ask, sentEvents } from "../support/http.ts";
import { withDirectory } from "../support/logs.ts";

const TIMEOUT = { timeout: 60_000 };
const PYTHON = "/usr/bin/python3";
const noStranger = noOtherUser || (!existsSync(PYTHON) && "needs /usr/bin/python3");
const AS_OTHER = { ...TIMEOUT, skip: noStranger };
const TOKEN = "a-token-nobody-else-knows";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const noIpv6 = !existsSync("/proc/net/if_inet6") && "there is no IPv6";

/** Somebody else at the door. */
interface Stranger {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
}

function knock(words: readonly string[], before: readonly string[] = []): Stranger {
  const [program, ...args] = [
    ...before,
    ...asNobody([PYTHON, `${ROOT}/tests/supervisor/api/support/knock.py`, ...words]),
  ];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  let text = "";
  child.stdout!.on("data", (piece) => {
    text += piece;
    lines.splice(0, lines.length, ...text.split("\n").slice(0, -1));
  });
  return { child, lines, ended: new Promise((resolve) => child.on("close", () => resolve())) };
}

/** Lend a supervisor's API at a port, a token of which we know. */
async function atPort<T>(
  use: (server: string, control: FakeControl) => Promise<T>,
  host = "127.0.0.1",
): Promise<T> {
  const control = new FakeControl();
  const api = await ApiServer.open(control, { port: { host, port: 0, token: TOKEN } });
  try {
    return await use(api.addresses[0], control);
  } finally {
    await api.close();
  }
}

const placeOf = (server: string) => {
  const { hostname, port } = new URL(server);
  return hostname.startsWith("[") ? `${hostname}:${port}` : port;
};

/** What one says on a bare connection, and all that is answered until it is closed. */
function say(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (bytes) => said += bytes);
    socket.on("error", reject);
    socket.on("close", () => resolve(said));
  });
}

describe("another user at the port", () => {
  const attacks: [name: string, how: string, before: string[], answered: RegExp][] = [
    ["who closes early", "close-early", [], /^sent$/],
    ["who closes half", "half-open", [], /^401$/],
    ["who resets the connection", "reset", [], /^sent$/],
    ["in another PID namespace", "close-early", ["unshare", "-pf"], /^sent$/],
    ["in another PID namespace, half open", "half-open", ["unshare", "-pf"], /^401$/],
  ];
  for (const [name, how, before, answered] of attacks) {
    for (const host of ["127.0.0.1", "::1"]) {
      test(`${name}, by ${host}, is refused`, {
        ...AS_OTHER,
        skip: noStranger || (host === "::1" && noIpv6),
      }, () =>
        atPort(async (server, control) => {
          const stranger = knock([how, placeOf(server)], before);
          await stranger.ended;
          assert.equal(stranger.lines.length, 6, "it was tried");
          for (const line of stranger.lines) assert.match(line, answered);
          // Whatever was sent before is dealt with by now.
          assert.equal((await ask(server, "/processes", { headers: BEARER })).status, 200);
          assert.deepEqual(control.asked, []);
          assert.equal(control.list().length, 2);
        }, host));
    }
  }

  for (const how of ["idle", "half-a-head"]) {
    test(
      `with 400 connections that ${how === "idle" ? "say nothing" : "begin to speak"} keeps nobody out`,
      AS_OTHER,
      () =>
        atPort(async (server, control) => {
          const stream = sentEvents(server, "/events", { headers: BEARER });
          const first = stream.next();
          await eventually(() => control.eventListeners.size === 1);
          const stranger = knock([how, placeOf(server), "400"]);
          try {
            await eventually(() => stranger.lines.includes("open 400"));
            for (let time = 0; time < 5; time++) {
              assert.equal((await ask(server, "/processes", { headers: BEARER })).status, 200);
            }
            // And who was there before goes on.
            control.emit({ reason: "still here" });
            assert.equal((await first).value!.data.reason, "still here");
          } finally {
            stranger.child.stdin!.end();
            await stranger.ended;
            await stream.return(undefined);
          }
        }),
    );
  }
});

describe("another user at the socket", () => {
  test(
    "is shut out by the kernel's note on the connection, whatever the rights of the file",
    AS_OTHER,
    () =>
      withDirectory(async (directory) => {
        const control = new FakeControl();
        const api = await ApiServer.open(control, { socket: `${directory}/s` });
        try {
          chmodSync(directory, 0o755);
          chmodSync(`${directory}/s`, 0o666);
          for (const before of [[], ["unshare", "-pf"]]) {
            const stranger = knock(["half-open", `${directory}/s`], before);
            await stranger.ended;
            assert.deepEqual(stranger.lines, Array(6).fill("shut"));
            await knock(["close-early", `${directory}/s`], before).ended;
          }
          assert.equal((await ask(`${directory}/s`, "/processes")).status, 200);
          assert.deepEqual(control.asked, []);
        } finally {
          await api.close();
        }
      }),
  );
});

describe("the door", () => {
  test("shows out who says nothing, and who never ends what he began", TIMEOUT, async () => {
    const at = async (patienceMs: number, use: (port: number) => Promise<void>) => {
      const listener: RequestListener = (_, response) => void response.end("served");
      const door = new Door({ identify: () => "anybody", listener, patienceMs });
      await new Promise<void>((resolve) => door.server.listen(0, "127.0.0.1", resolve));
      try {
        await use((door.server.address() as { port: number }).port);
      } finally {
        await door.close(0);
      }
    };
    await at(200, async (port) => {
      assert.equal(await say(port, ""), "");
      assert.equal(await say(port, "GET / HTTP/1.1\r\nHost"), "");
    });
    // It has the time that it takes to be heard, and is shown out when it has been served.
    await at(5_000, async (port) => {
      const said = await say(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      assert.match(said, /^HTTP\/1\.1 200 .*served/s);
    });
  });

  test("lets go of the longest idle of those who are many", TIMEOUT, async () => {
    const door = new Door({
      // Whoever comes is told apart by the order: four of one, then others.
      identify: ((count) => () => count++ < 200 ? "many" : "few")(0),
      listener: () => {},
    });
    await new Promise<void>((resolve) => door.server.listen(0, "127.0.0.1", resolve));
    const { port } = door.server.address() as { port: number };
    const sockets: import("node:net").Socket[] = [];
    try {
      const gone = new Set<number>();
      for (let number = 0; number < 300; number++) {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => {});
        socket.on("close", () => gone.add(number));
        sockets.push(socket);
        await new Promise((resolve) => socket.once("connect", resolve));
      }
      // 192 of one at most; and 256 of all.
      await eventually(() => gone.size === 300 - 256);
      assert.deepEqual([...gone].sort((a, b) => a - b), Array.from({ length: 44 }, (_, index) => index));
    } finally {
      for (const socket of sockets) socket.destroy();
      await door.close(0);
    }
  });
});

test(
  "a connection serves one request after another, and several that come at once",
  TIMEOUT,
  () =>
    atPort(async (server) => {
      const get = (path: string, last = false) =>
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n${
          last ? "Connection: close\r\n" : ""
        }\r\n`;
      const said = await say(
        Number(new URL(server).port),
        `${get("/processes")}${get("/processes/none")}${get("/info", true)}`,
      );
      assert.deepEqual([...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), [
        "200",
        "404",
        "200",
      ]);
    }),
);

describe("a request without sense", () => {
  const head = (line: string, ...headers: string[]) =>
    [line, "Host: localhost", `Authorization: Bearer ${TOKEN}`, "Connection: close", ...headers, "", ""].join(
      "\r\n",
    );
  const cases: [name: string, text: string, status: number][] = [
    ["an address that is none", head("GET http://[::: HTTP/1.1"), 400],
    ["an address of another kind", head("GET ftp://localhost/processes HTTP/1.1"), 400],
    ["an escape that is none", head("GET /processes/%E0%A4%A HTTP/1.1"), 404],
    ["two slashes", head("GET //processes HTTP/1.1"), 404],
    ["CONNECT", head("CONNECT localhost:80 HTTP/1.1"), 405],
    ["TRACE", head("TRACE /processes HTTP/1.1"), 405],
    ["a method the path has not", head("DELETE /processes HTTP/1.1"), 405],
    ["no HTTP", "\x16\x03\x01 nonsense\r\n\r\n", 400],
    ["two lengths", head("POST /reload HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), 400],
    ["a header that is too long", head("GET /processes HTTP/1.1", `X: ${"x".repeat(40_000)}`), 431],
    [
      "another type",
      `${head("POST /processes HTTP/1.1", "Content-Type: application/json-x", "Content-Length: 2")}{}`,
      415,
    ],
    ["no type", `${head("POST /processes HTTP/1.1", "Content-Length: 2")}{}`, 415],
    [
      "a body of no type that comes in pieces",
      `${head("POST /processes HTTP/1.1", "Transfer-Encoding: chunked")}2\r\n{}\r\n0\r\n\r\n`,
      415,
    ],
    [
      "bytes that are no text",
      `${head("POST /processes HTTP/1.1", "Content-Type: application/json", "Content-Length: 1")}{`,
      400,
    ],
    [
      "a body of many levels",
      `${head("POST /processes HTTP/1.1", "Content-Type: application/json", "Content-Length: 100000")}${
        "[".repeat(100_000)
      }`,
      400,
    ],
    [
      "a body that is announced too long",
      head("POST /processes HTTP/1.1", "Content-Type: application/json", "Content-Length: 99999999"),
      413,
    ],
    [
      "a body before it is known who sends it",
      "POST /processes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
      401,
    ],
    [
      "a body that is asked about before it is known who sends it",
      "POST /processes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
      401,
    ],
  ];
  for (const [name, text, status] of cases) {
    test(`${name} is answered with ${status}`, TIMEOUT, () =>
      atPort(async (server, control) => {
        const said = await say(Number(new URL(server).port), text);
        assert.match(said, new RegExp(`^HTTP/1\\.1 ${status} `), said);
        const { error } = JSON.parse(said.slice(said.indexOf("\r\n\r\n") + 4));
        assert.doesNotMatch(error.message, /please report|\n/);
        assert.deepEqual(control.asked, []);
        assert.equal((await ask(server, "/processes", { headers: BEARER })).status, 200);
      }));
  }

  test(
    "and who asks before he sends is told to go on when he may",
    TIMEOUT,
    () =>
      atPort(async (server, control) => {
        const body = '{"id":"asked","executable":"x"}';
        const said = await new Promise<string>((resolve, reject) => {
          let text = "";
          const socket = connect(Number(new URL(server).port), "127.0.0.1", () =>
            socket.write(
              head(
                "POST /processes HTTP/1.1",
                "Content-Type: application/json",
                `Content-Length: ${body.length}`,
                "Expect: 100-continue",
              ),
            ));
          socket.on("data", (bytes) => {
            if (text === "") socket.write(body);
            text += bytes;
          });
          socket.on("error", reject);
          socket.on("close", () => resolve(text));
        });
        assert.match(said, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
        assert.equal(control.asked.length, 1);
      }),
  );
});

test("what the API tells steers no terminal", TIMEOUT, () =>
  atPort(async (server, control) => {
    const evil = "a\x9b31m\x7f\u202eb\x1b[2J\r\u2028";
    control.put({ id: "web", reason: evil });
    control.emit({ reason: evil });
    const raw = await ask(server, "/processes/web", { headers: BEARER });
    assert.equal(raw.json.reason, evil, "it is the same value");
    const events = await ask(server, "/events?recent=true&follow=false", { headers: BEARER });
    for (const { text } of [raw, events]) {
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/);
    }
  }));
