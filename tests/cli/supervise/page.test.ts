import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { ask } from "../../supervisor/support/http.ts";
import { isAlive } from "../../supervisor/support/supervisor.ts";
import { eventually } from "../../support/eventually.ts";
import { BINARY, proctor } from "../support/proctor.ts";
import { supervise, withOwnDirectory } from "../support/supervise.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";

const LONG = { timeout: 120_000 };
const LINK = /http:\/\/127\.0\.0\.1:\d+\/enter\?code=[\w-]{43}/;

/** Follow a link. */
function follow(text: string) {
  const { origin, pathname, search } = new URL(text);
  return ask(origin, `${pathname}${search}`);
}

/** Wait until a supervisor in the background has ended, by what it said at its start: it writes to the last. */
async function gone(said: string): Promise<void> {
  const [, pid] = /PID (\d+)/.exec(said)!;
  await eventually(() => !isAlive(Number(pid)));
}

describe("proctor supervise --web", () => {
  test("prints a link on the terminal that it was started from", { ...LONG, skip: noTerminals }, async () => {
    await withOwnDirectory(async (cwd) => {
      const command = [
        BINARY,
        "supervise",
        "--state-dir",
        `${cwd}/state`,
        "--web",
        "127.0.0.1:0",
        "--",
        "sleep",
        "9999",
      ];
      const { transcript } = await onTerminal(command, [
        ["expect", "this link lets one browser in, once"],
        ["expect", "starting → running"],
        ["signal", "SIGINT"],
      ]);
      assert.match(transcript, new RegExp(`the page is at ${LINK.source} `));
    });
  });

  test(
    "in the background keeps links out of what no terminal shows, and ctl page makes them",
    LONG,
    async () => {
      await withOwnDirectory(async (cwd) => {
        writeFileSync(
          `${cwd}/proctor.yaml`,
          "process_manager: { web: '127.0.0.1:0' }\nprocesses: { a: sleep 9999 }\n",
        );
        const started = await supervise(cwd, "--detach");
        const ctl = (...words: string[]) => proctor(["ctl", ...words, "--state-dir", `${cwd}/state`]);
        try {
          assert.equal(started.code, 0, started.stderr);
          assert.match(started.stdout.toString(), /^its page is at http:\/\/127\.0\.0\.1:\d+$/m);
          const [first] = LINK.exec((await ctl("page")).stdout.toString())!;
          const { text, headers, status } = await follow(first);
          assert.equal(status, 200);
          assert.equal((await follow(first)).status, 403);
          const path = /url=(\/[\w-]+\/)"/.exec(text)![1];
          const cookie = String(headers["set-cookie"]).split(";")[0];
          const server = new URL(first).origin;
          const page = await ask(server, path, { headers: { cookie } });
          assert.equal(page.status, 200);
          assert.match(page.text, /<script src="page\.js" defer>/);
          const script = await ask(server, `${path}page.js`, { headers: { cookie } });
          assert.ok(script.text.length > 10_000, "it is in the binary");
          const made = await ctl("page", "--json");
          assert.equal((await follow(JSON.parse(made.stdout.toString()).url)).status, 200);
          assert.match((await ctl("page")).stdout.toString(), new RegExp(`^${LINK.source}\n$`));
        } finally {
          assert.equal((await ctl("shutdown")).code, 0);
          await gone(started.stdout.toString());
        }
        const own = readFileSync(`${cwd}/state/supervisor.log`, "utf8");
        assert.match(own, /the page is at http:\/\/127\.0\.0\.1:\d+\n/);
        assert.doesNotMatch(own, /code=/);
      });
    },
  );

  test(
    "in the background prints a link on the terminal as well",
    { ...LONG, skip: noTerminals },
    async () => {
      await withOwnDirectory(async (cwd) => {
        const place = ["--state-dir", `${cwd}/state`];
        const words = ["--detach", "--web", "127.0.0.1:0", "--", "sleep", "9999"];
        let transcript = "";
        try {
          ({ transcript } = await onTerminal([BINARY, "supervise", ...place, ...words], []));
          const [link] = LINK.exec(transcript)!;
          assert.equal((await follow(link)).status, 200);
        } finally {
          assert.equal((await proctor(["ctl", "shutdown", ...place])).code, 0);
          await gone(transcript);
        }
      });
    },
  );

  test("says in a line what is wrong with an address, and starts nothing", LONG, async () => {
    await withOwnDirectory(async (cwd) => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = taken.address() as AddressInfo;
        const cases: [address: string, code: number, words: RegExp][] = [
          [
            "9400",
            125,
            /^proctor: --web: "9400" is not an address; write host:port such as 127\.0\.0\.1:9400, :9400, or unix:\/path\n$/,
          ],
          [
            "0.0.0.0:0",
            125,
            /^proctor: web: "0\.0\.0\.0" lets other machines in, .* unix:\/path for a proxy .*\n$/m,
          ],
          [
            `127.0.0.1:${port}`,
            125,
            /^proctor: web: cannot listen at 127\.0\.0\.1:\d+: another process listens there\n$/m,
          ],
        ];
        for (const [address, code, words] of cases) {
          const wrong = await supervise(cwd, "--web", address, "--", "touch", `${cwd}/started`);
          assert.equal(wrong.code, code, wrong.stderr);
          assert.match(wrong.stderr, words);
          assert.doesNotMatch(wrong.stderr, /\n {4}at /);
        }
        assert.ok(!readdirSync(cwd).includes("started"));
        writeFileSync(`${cwd}/proctor.yaml`, "process_manager: { web: here }\nprocesses: { a: sleep 1 }\n");
        const check = await supervise(cwd, "--check");
        assert.equal(check.code, 125);
        assert.match(
          check.stderr,
          /^proctor: proctor\.yaml:1:\d+: process_manager\.web: "here" is not an address; .*9400/,
        );
      } finally {
        taken.close();
      }
    });
  });
});
