/* Tokens, users, cookies and links: who is let in, for how long, and what is written down of it. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { describe, test } from "node:test";
import { Access } from "../../../fleet/api/access/access.ts";
import { LoginLimit } from "../../../fleet/api/access/login_limit.ts";
import { Sessions } from "../../../fleet/api/access/sessions.ts";
import { ask } from "../../supervisor/support/http.ts";
import { ServedFleet } from "../support/served_fleet.ts";

const TIMEOUT = { timeout: 60_000 };
const HOUR = 3_600_000;
const FACTORY = { role: "admin", domain: "factory" } as const;
const PASSWORD = "correct horse battery";

const put = (served: ServedFleet, name: string, grants: object[], password?: string, token?: string) =>
  served.ask(`/api/v1/users/${name}`, { method: "PUT", body: { grants, password } }, token);
const logIn = (served: ServedFleet, name: string, password: string) =>
  served.ask("/api/v1/session", { method: "POST", body: { name, password } }, null);
const cookieOf = ({ headers }: { headers: Record<string, unknown> }) =>
  String((headers["set-cookie"] as string[])[0]).split(";")[0];

describe("tokens", () => {
  test("are told once, kept as hashes, expire, and are taken back at once", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const made = await served.ask("/api/v1/tokens", {
      method: "POST",
      body: { name: "ci", grants: [{ role: "viewer", domain: "factory" }], expires_in: "1h" },
    });
    assert.equal(made.status, 201);
    const { token, id } = made.json;
    assert.match(token, /^proctor_[\w-]{43}$/);
    const kept = [...(await served.fleet.store.documents("tokens")).values()];
    assert.ok(!JSON.stringify(kept).includes(token));
    const listed = await served.ask("/api/v1/tokens");
    assert.ok(!listed.text.includes(token) && !listed.text.includes("hash"));
    assert.deepEqual(listed.json.tokens[0].grants, [{ role: "viewer", domain: "factory", channel: "*" }]);
    assert.deepEqual((await served.ask("/api/v1/me", {}, token)).json.name, "token ci");
    served.clock.now += HOUR - 1;
    assert.equal((await served.ask("/api/v1/me", {}, token)).status, 200);
    served.clock.now += 1;
    assert.equal((await served.ask("/api/v1/me", {}, token)).status, 401, "it has expired");
    const other = await served.makeToken({ role: "viewer" });
    const all: { id: string }[] = (await served.ask("/api/v1/tokens")).json.tokens;
    const gone = all.find((one) => one.id !== id)!.id;
    assert.equal((await served.ask(`/api/v1/tokens/${gone}`, { method: "DELETE" })).status, 204);
    assert.equal((await served.ask("/api/v1/me", {}, other)).status, 401);
    served.clock.now += 1;
    const { entries } = (await served.ask("/api/v1/audit?from=30d&until=now")).json;
    assert.deepEqual(entries.map(({ text }: { text: string }) => text), [
      "this machine: took back the token t",
      "this machine: made the token t",
      "this machine: made the token ci",
    ]);
    assert.ok(!JSON.stringify(entries).includes(token));
  });

  test("give no more than who makes them may give", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const admin = await served.makeToken(FACTORY);
    const editor = await served.makeToken({ role: "editor" });
    const make = async (token: string, grants: object[]) =>
      (await served.ask("/api/v1/tokens", { method: "POST", body: { name: "x", grants } }, token)).status;
    assert.equal(await make(admin, [{ role: "viewer", domain: "factory", channel: "one" }]), 201);
    assert.equal(await make(admin, [FACTORY]), 201);
    assert.equal(await make(admin, [{ role: "viewer" }]), 403);
    assert.equal(await make(admin, [FACTORY, { role: "viewer", domain: "other" }]), 403);
    assert.equal(await make(editor, [{ role: "viewer", domain: "factory" }]), 403);
    assert.equal(await make(served.token, [{ role: "king" }]), 422);
    assert.equal(
      await make(served.token, [{ role: "viewer", channel: "one" }]),
      422,
      "a channel of all domains",
    );
    assert.equal(await make(served.token, []), 422);
    assert.equal((await put(served, "ann", [{ role: "admin" }], PASSWORD, admin)).status, 403);
  });

  test("of this machine are in a file for its user alone, and gone with the manager", TIMEOUT, async () => {
    const served = await ServedFleet.open();
    assert.equal(statSync(served.server.tokenFile).mode & 0o077, 0);
    assert.equal((await served.ask("/api/v1/me")).json.name, "this machine");
    await served.server.close();
    assert.throws(() => readFileSync(served.server.tokenFile), /ENOENT/);
    await using _ = served;
  });
});

describe("users", () => {
  test("log in with a password, and out again", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    assert.equal((await put(served, "ann", [FACTORY], PASSWORD)).status, 200);
    assert.equal((await put(served, "bob", [FACTORY])).status, 422, "without a password");
    assert.equal((await put(served, "bob", [FACTORY], "short")).status, 422);
    const kept = JSON.stringify([...(await served.fleet.store.documents("users")).values()]);
    assert.ok(!kept.includes(PASSWORD) && kept.includes("32768"));
    assert.equal((await logIn(served, "ann", "wrong password")).status, 401);
    assert.equal((await logIn(served, "nobody", PASSWORD)).status, 401);
    const answer = await logIn(served, "ann", PASSWORD);
    assert.match(
      String(answer.headers["set-cookie"]),
      /^proctor_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const headers = { cookie: cookieOf(answer) };
    const me = () => served.ask("/api/v1/me", { headers }, null);
    assert.equal((await me()).json.name, "user ann");
    assert.equal((await served.ask("/api/v1/fleet", { headers }, null)).json.agents.online, 2);
    // A page of others can have the cookie sent: it has another origin, or none.
    const change = (more: object) =>
      served.ask("/api/v1/tokens", {
        method: "POST",
        headers: { ...headers, ...more },
        body: { name: "x", grants: [FACTORY] },
      }, null);
    assert.equal((await change({})).status, 403);
    assert.equal((await change({ origin: "http://evil.example" })).status, 403);
    assert.equal((await change({ origin: served.server.address })).status, 201);
    const out = { method: "DELETE", headers: { ...headers, origin: served.server.address } };
    assert.equal((await served.ask("/api/v1/session", out, null)).status, 204);
    assert.equal((await me()).status, 401);
  });

  test("whose password or rights change, or who are removed, are out at once", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    const status = async (cookie: string) =>
      (await served.ask("/api/v1/me", { headers: { cookie } }, null)).status;
    await put(served, "ann", [FACTORY], PASSWORD);
    const one = cookieOf(await logIn(served, "ann", PASSWORD));
    await put(served, "ann", [{ role: "viewer", domain: "factory" }]);
    assert.equal(await status(one), 401);
    const two = cookieOf(await logIn(served, "ann", PASSWORD));
    assert.equal(await status(two), 200);
    await served.ask("/api/v1/users/ann", { method: "DELETE" });
    assert.equal(await status(two), 401);
    assert.equal((await logIn(served, "ann", PASSWORD)).status, 401);
  });

  test("who guess are slowed down, others are not", TIMEOUT, async () => {
    await using served = await ServedFleet.open();
    await put(served, "ann", [FACTORY], PASSWORD);
    for (let guess = 0; guess < 5; guess++) {
      assert.equal((await logIn(served, "ann", `guess ${guess}`)).status, 401);
    }
    const late = await logIn(served, "ann", PASSWORD);
    assert.equal(late.status, 429);
    assert.equal(late.headers["retry-after"], "1");
    served.clock.now += 1_000;
    assert.equal((await logIn(served, "ann", PASSWORD)).status, 200);
  });

  test("a limit doubles, forgets after an hour, and does not let one lock out another", async () => {
    let now = 0;
    const limit = new LoginLimit(() => now);
    const fail = async (name: string, address: string, times: number) => {
      for (let at = 0; at < times; at++) await limit.attempt(name, address, () => Promise.resolve(false));
    };
    await fail("ann", "1.1.1.1", 7);
    assert.equal(limit.waitMs("ann", "1.1.1.1"), 4_000);
    assert.equal(limit.waitMs("bob", "1.1.1.1"), 4_000);
    assert.equal(limit.waitMs("ann", "2.2.2.2"), 0);
    await fail("ann", "3.3.3.3", 13);
    assert.equal(limit.waitMs("ann", "2.2.2.2"), 1_000, "twenty from anywhere are enough for a name");
    await fail("ann", "1.1.1.1", 40);
    assert.equal(limit.waitMs("ann", "1.1.1.1"), 900_000);
    now += HOUR;
    assert.equal(limit.waitMs("ann", "1.1.1.1"), 0);
    await fail("x", "4.4.4.4", 4);
    await limit.attempt("eve", "4.4.4.4", () => Promise.resolve(true));
    await fail("x", "4.4.4.4", 1);
    assert.equal(limit.waitMs("x", "4.4.4.4"), 1_000, "a good password of one's own wins nothing");
  });

  test("a limit holds for a whole network of IPv6, which one user has", async () => {
    const limit = new LoginLimit(() => 0);
    const fail = async (of: (at: number) => string) => {
      for (let at = 1; at <= 5; at++) await limit.attempt(`name${at}`, of(at), () => Promise.resolve(false));
    };
    await fail((at) => `2001:db8:0:7::${at}`);
    assert.equal(limit.waitMs("ann", "2001:0db8::7:a:b:c:d"), 1_000);
    assert.equal(limit.waitMs("ann", "2001:db8:0:8::1"), 0);
    await fail((at) => `::ffff:9.9.9.${at}`);
    assert.equal(limit.waitMs("ann", "::ffff:9.9.9.1"), 0, "addresses of IPv4 are each of somebody else");
    await fail(() => "::ffff:9.9.9.9");
    assert.equal(limit.waitMs("ann", "9.9.9.9"), 1_000);
  });

  test("whose guesses are under way have others wait: each takes memory", async () => {
    const limit = new LoginLimit(() => 0);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const guesses = [1, 2, 3].map((at) => limit.attempt(`n${at}`, `1.1.1.${at}`, () => promise));
    assert.equal(limit.waitMs("ann", "2.2.2.2"), 0);
    guesses.push(limit.attempt("n4", "1.1.1.4", () => promise));
    assert.equal(limit.waitMs("ann", "2.2.2.2"), 1_000);
    resolve(false);
    await Promise.all(guesses);
    assert.equal(limit.waitMs("ann", "2.2.2.2"), 0);
  });

  test("are logged in for 12 hours unused, and for 7 days at most", () => {
    let now = 0;
    const sessions = new Sessions(false, () => now);
    const ann = { user: "ann", stamp: "first" };
    const open = () => sessions.open(ann).split(";")[0];
    const used = open();
    for (now = 12 * HOUR; now < 7 * 24 * HOUR; now += 12 * HOUR) {
      assert.deepEqual(sessions.visitorOf(used), ann, `${now / HOUR} h`);
    }
    assert.deepEqual(sessions.visitorOf(used), ann);
    now += 1;
    assert.equal(sessions.visitorOf(used), null, "after 7 days");
    const unused = open();
    now += 12 * HOUR + 1;
    assert.equal(sessions.visitorOf(unused), null, "unused for 12 hours");
  });

  test(
    "are logged out at every manager by a new password or other rights, or once they are removed",
    TIMEOUT,
    async () => {
      await using served = await ServedFleet.open();
      const { store } = served.fleet;
      const [one, other] = await Promise.all(
        [0, 1].map(() => Access.open(store, { localToken: null, isSecure: false })),
      );
      const grants = (role: "admin" | "viewer") => [{ role, domain: "*", channel: "*" }];
      const changed = async (role: "admin" | "viewer", password: string | null) => {
        await one.users.put("ann", grants(role), password, "test");
        await other.refresh();
      };
      const callerBy = (cookie: string) => other.callerOf(new Headers({ cookie }))?.name ?? null;
      const logIn = () => {
        const stamp = other.users.stampOf("ann")!;
        const cookie = other.sessions.open({ user: "ann", stamp }).split(";")[0];
        assert.equal(callerBy(cookie), "user ann");
        return cookie;
      };
      await changed("admin", PASSWORD);
      const first = logIn();
      await changed("admin", null);
      assert.equal(callerBy(first), "user ann", "nothing of him has changed");
      await changed("admin", "another password");
      assert.equal(callerBy(first), null, "another password");
      const second = logIn();
      await changed("viewer", null);
      assert.equal(callerBy(second), null, "other rights");
      const third = logIn();
      await one.users.remove("ann");
      await other.refresh();
      assert.equal(callerBy(third), null, "removed");
      await changed("viewer", "another password");
      assert.equal(callerBy(third), null, "somebody else of this name");
      assert.equal(await other.users.isRight("ann", "another password"), true);
    },
  );
});

describe("a browser of this machine", () => {
  test("comes in by a link once, and may everything at its own place", TIMEOUT, async () => {
    const files = new Map([["", { type: "text/html", text: "<p>the page" }]]);
    await using served = await ServedFleet.open(undefined, { files });
    const { address } = served.server;
    const link = new URL(served.server.makeLink()!);
    const first = await ask(address, `${link.pathname}${link.search}`);
    assert.equal(first.status, 200);
    assert.equal((await ask(address, `${link.pathname}${link.search}`)).status, 403, "it was used");
    const place = /url=(\/[\w-]{43}\/)/.exec(first.text)![1];
    const headers = { cookie: cookieOf(first) };
    const page = await ask(address, place, { headers });
    assert.equal(page.text, "<p>the page");
    assert.match(page.headers["content-security-policy"], /default-src 'none'/);
    assert.equal((await ask(address, `${place}api/v1/me`, { headers })).json.name, "this machine");
    assert.equal((await ask(address, `${place}api/v1/me`)).status, 401, "without the cookie");
    assert.equal((await ask(address, "/api/v1/me", { headers })).status, 401, "at another place");
    const body = { name: "x", grants: [FACTORY] };
    const change = async (more: object) =>
      (await ask(address, `${place}api/v1/tokens`, {
        method: "POST",
        headers: { ...headers, ...more },
        body,
      })).status;
    assert.equal(await change({}), 403);
    assert.equal(await change({ origin: address }), 201);
    assert.equal((await ask(address, "/")).text, "<p>the page", "which has no data of its own");
  });
});
