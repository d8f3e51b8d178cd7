/* People whom a provider of OpenID Connect knows: how they log in, and how nobody else does in their place. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { grantedBy } from "../../../fleet/api/oidc/granted.ts";
import { oidcSchema } from "../../../fleet/api/oidc/oidc_settings.ts";
import { OidcProvider } from "../support/oidc_provider.ts";
import type { Lies } from "../support/oidc_provider.ts";
import { ServedFleet } from "../support/served_fleet.ts";

const HOUR = 3_600_000;
const LIMIT = { timeout: 60_000 };

const settingsOf = (name: string, issuer: string) =>
  oidcSchema.parse({
    ...{ name, issuer, client_id: `proctor-${name}` },
    roles: [
      { value: "fleet", role: "viewer", domain: "factory" },
      { value: "chiefs", role: "admin" },
    ],
  });

/** A browser: follows one redirection at a time, and has cookies. */
class Browser {
  readonly cookies = new Map<string, string>();

  constructor(readonly address: string) {}

  async go(url: string, more: RequestInit = {}): Promise<{ status: number; location: string; text: string }> {
    const isOurs = new URL(url, this.address).origin === this.address;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...(isOurs && cookie !== "" && { cookie }), ...more.headers };
    const answer = await fetch(new URL(url, this.address), { ...more, headers, redirect: "manual" });
    for (const line of isOurs ? answer.headers.getSetCookie() : []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      assert.match(line, /; HttpOnly; SameSite=Lax/);
      if (/Max-Age=0/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return {
      status: answer.status,
      location: answer.headers.get("location") ?? "",
      text: await answer.text(),
    };
  }

  /** Begin to log in. @returns where the provider leads back to */
  async begin(name = "corp"): Promise<string> {
    const { status, location } = await this.go(`/api/v1/session/oidc/${name}`);
    assert.equal(status, 303);
    return (await this.go(location)).location;
  }

  async login(name = "corp") {
    return await this.go(await this.begin(name));
  }

  async me(): Promise<{ name: string; grants: object[] } | number> {
    const { status, text } = await this.go("/api/v1/me");
    return status === 200 ? JSON.parse(text) : status;
  }
}

async function withProvider(
  use: (parts: { browser: Browser; provider: OidcProvider; served: ServedFleet }) => Promise<void>,
  secret: string | null = "s3cret",
): Promise<void> {
  await using provider = await OidcProvider.open(secret);
  const providers = [{ settings: settingsOf("corp", provider.issuer), secret }];
  await using served = await ServedFleet.open(undefined, { providers });
  await use({ browser: new Browser(served.server.address), provider, served });
}

describe("a login by a provider", { concurrency: 1 }, () => {
  test(
    "has the roles that the claim says, until it is over",
    LIMIT,
    () =>
      withProvider(async ({ browser, served }) => {
        assert.equal(await browser.me(), 401);
        assert.deepEqual(JSON.parse((await browser.go("/api/v1/session/oidc")).text), {
          providers: [{ name: "corp", title: "corp" }],
        });
        const { status, location } = await browser.login();
        assert.deepEqual([status, location], [303, "/"]);
        const grants = [{ role: "viewer", domain: "factory", channel: "*" }];
        assert.deepEqual(await browser.me(), { name: "oidc corp:u-1", grants });
        assert.deepEqual([...browser.cookies.keys()], ["proctor_session"], "that of the way there is gone");
        const agents = JSON.parse((await browser.go("/api/v1/agents")).text).agents as { unit: string }[];
        assert.deepEqual([...new Set(agents.map(({ unit }) => unit))], ["factory/one"]);
        const origin = { origin: served.server.address };
        assert.equal(
          (await browser.go("/api/v1/session", { method: "DELETE", headers: origin })).status,
          204,
        );
        assert.equal(await browser.me(), 401);
        await browser.login();
        served.clock.now += 11 * HOUR;
        assert.notEqual(await browser.me(), 401);
        served.clock.now += HOUR + 1;
        assert.equal(await browser.me(), 401, "after twelve hours the provider is asked again");
      }),
  );

  test("is of a public client, too, by PKCE alone", LIMIT, () =>
    withProvider(async ({ browser }) => {
      assert.equal((await browser.login()).status, 303);
    }, null));

  test(
    "makes nobody the user of ours who is called the same",
    LIMIT,
    () =>
      withProvider(async ({ browser, provider, served }) => {
        await served.server.access.users.put(
          "ann",
          [{ role: "admin", domain: "*", channel: "*" }],
          "x".repeat(12),
          "t",
        );
        provider.person = {
          sub: "ann",
          name: "ann",
          preferred_username: "ann",
          email: "ann",
          groups: ["fleet"],
        };
        await browser.login();
        const me = await browser.me();
        assert.ok(typeof me === "object");
        assert.deepEqual(me.grants, [{ role: "viewer", domain: "factory", channel: "*" }]);
        assert.equal(me.name, "oidc corp:ann");
      }),
  );

  test(
    "of somebody without a role is told so, and is none",
    LIMIT,
    () =>
      withProvider(async ({ browser, provider }) => {
        provider.person = { sub: "u-2", groups: ["guests"] };
        const { status, text } = await browser.login();
        assert.deepEqual([status, text], [
          403,
          "corp has logged you in, and you have no role here; ask this manager's administrator\n",
        ]);
        assert.equal(await browser.me(), 401);
      }),
  );

  test(
    "ends at the provider as well, where it can",
    LIMIT,
    () =>
      withProvider(async ({ browser, provider, served }) => {
        const out = { method: "DELETE", headers: { origin: served.server.address } };
        provider.lies = { metadata: { end_session_endpoint: `${provider.issuer}/end?realm=a` } };
        await browser.login();
        const { status, text } = await browser.go("/api/v1/session", out);
        assert.equal(status, 200);
        assert.equal(await browser.me(), 401);
        const url = new URL(JSON.parse(text).end_url);
        assert.equal(url.origin + url.pathname, `${provider.issuer}/end`);
        const { id_token_hint, ...rest } = Object.fromEntries(url.searchParams);
        assert.deepEqual(rest, {
          realm: "a",
          client_id: "proctor-corp",
          post_logout_redirect_uri: `${served.server.address}/`,
        });
        const claims = JSON.parse(Buffer.from(id_token_hint.split(".")[1], "base64url").toString());
        assert.deepEqual([claims.iss, claims.sub, claims.aud], [provider.issuer, "u-1", "proctor-corp"]);
      }),
  );

  test(
    "is led nowhere that is not an address, nor with a token that is too long for one",
    LIMIT,
    () =>
      withProvider(async ({ browser, provider, served }) => {
        const out = { method: "DELETE", headers: { origin: served.server.address } };
        provider.person = { ...provider.person, note: "x".repeat(8_000) };
        const ended: (string | null)[] = [];
        for (const end_session_endpoint of ["javascript:alert(1)", "nothing", 1, `${provider.issuer}/end`]) {
          provider.lies = { metadata: { end_session_endpoint } };
          // What is known of it is asked again after an hour.
          served.clock.now += HOUR + 1;
          await browser.login();
          const { status, text } = await browser.go("/api/v1/session", out);
          ended.push(
            status === 200 ? new URL(JSON.parse(text).end_url).searchParams.get("id_token_hint") ?? "" : null,
          );
          assert.equal(await browser.me(), 401);
        }
        assert.deepEqual(ended, [null, null, null, ""]);
      }),
  );

  test("is in the audit", LIMIT, () =>
    withProvider(async ({ browser, served }) => {
      await browser.login();
      const [{ text }] = await served.fleet.store.readLog("audit", { limit: 1 });
      assert.equal(text, "oidc corp:u-1: logged in");
    }));
});

describe("nobody is let in", { concurrency: 1 }, () => {
  const refuse = async (lies: Lies, words: RegExp, reachesToken = true) =>
    await withProvider(async ({ browser, provider }) => {
      provider.lies = lies;
      const { status, text } = await browser.login();
      assert.deepEqual([status, await browser.me()], [403, 401], text);
      assert.match(text, words);
      assert.equal(provider.tokensAsked, reachesToken ? 1 : 0);
    });
  const OTHER = /its token is for another, of another, or of another login/;
  const now = Math.floor(Date.now() / 1_000);
  const lies: readonly [string, Lies, RegExp, boolean?][] = [
    ["by a token of another login", { claims: (claims) => ({ ...claims, nonce: "n" }) }, OTHER],
    ["by a token without a nonce", { claims: ({ nonce: _, ...rest }) => rest }, /did not log you in/],
    ["by a token for another client", { claims: (claims) => ({ ...claims, aud: "other" }) }, OTHER],
    [
      "by a token for several, of which another is the one meant",
      { claims: (claims) => ({ ...claims, aud: ["proctor-corp", "other"], azp: "other" }) },
      OTHER,
    ],
    [
      "by a token of another issuer",
      { claims: (claims) => ({ ...claims, iss: "https://id.example" }) },
      OTHER,
    ],
    ["by a token that is expired", { claims: (claims) => ({ ...claims, exp: now - 600 }) }, /is expired/],
    ["by a token that nobody has signed", { alg: "none" }, /did not log you in/],
    ["by a token that is signed with our secret", { alg: "HS256" }, /did not log you in/],
    ["by a token that a stranger has signed", { isSignedByStranger: true }, /did not log you in/],
    ["by a token without a subject", { claims: ({ sub: _, ...rest }) => rest }, /did not log you in/],
    [
      "where another issuer leads back",
      { back: (sent) => sent.set("iss", "https://evil.example") },
      /did not/,
      false,
    ],
    [
      "where none says which it is, that always does",
      { back: (sent) => sent.delete("iss") },
      /did not/,
      false,
    ],
    ["with an error", { back: (sent) => sent.set("error", "access_denied") }, /it says access_denied/, false],
    [
      "and nothing of a link is on a page of ours",
      { back: (sent) => (sent.set("error", "<b>x</b>"), sent.set("error_description", "call 555")) },
      /^(?!.*(555|<b>))/,
      false,
    ],
  ];
  for (const [name, lie, words, reaches] of lies) test(name, LIMIT, () => refuse(lie, words, reaches));

  test(
    "whose provider says that nothing needs a signature",
    LIMIT,
    () =>
      refuse(
        { alg: "none", metadata: { id_token_signing_alg_values_supported: ["none", "RS256"] } },
        /did not/,
      ),
  );

  test(
    "by the state of another browser, a made-up one, or one twice",
    LIMIT,
    () =>
      withProvider(async ({ browser, provider, served }) => {
        const attacker = new Browser(served.server.address);
        const link = await attacker.begin();
        // The victim follows the attacker's link, without a login of his own and with one.
        for (const begins of [false, true]) {
          if (begins) await browser.begin();
          const { status, text } = await browser.go(link);
          assert.deepEqual([status, text], [
            403,
            "this login was not begun by this browser, or is over; log in again\n",
          ]);
          assert.equal(await browser.me(), 401);
        }
        const own = new URL(await browser.begin());
        own.searchParams.set("state", "made-up");
        assert.equal((await browser.go(own.href)).status, 403);
        assert.equal(provider.tokensAsked, 0);
        const good = await browser.begin();
        assert.equal((await browser.go(good)).status, 303);
        assert.equal((await browser.go(good)).status, 403, "a state is good once");
        // What the victim has tried has not spoilt the attacker's own login, which is his.
        assert.equal((await attacker.go(link)).status, 303);
      }),
  );

  test("who comes back too late", LIMIT, () =>
    withProvider(async ({ browser, served }) => {
      const back = await browser.begin();
      served.clock.now += 601_000;
      assert.equal((await browser.go(back)).status, 403);
    }));

  test("by a code of one provider at another", LIMIT, async () => {
    await using honest = await OidcProvider.open();
    await using evil = await OidcProvider.open();
    const providers = [["honest", honest], ["evil", evil]] as const;
    await using served = await ServedFleet.open(undefined, {
      providers: providers.map(([name, { issuer }]) => ({
        settings: settingsOf(name, issuer),
        secret: "s3cret",
      })),
    });
    const browser = new Browser(served.server.address);
    // The victim wants to log in at the evil one, which sends him on to the honest one: its code must not come to it.
    const began = (await browser.go("/api/v1/session/oidc/evil")).location;
    const sent = new URL(began);
    sent.host = new URL(honest.issuer).host;
    sent.searchParams.set("client_id", "proctor-honest");
    const { status } = await browser.go((await browser.go(sent.href)).location);
    assert.deepEqual([status, evil.tokensAsked, honest.tokensAsked], [403, 0, 0]);
    // And a login that began at one does not end by the way back of the other.
    const back = await browser.begin("honest");
    assert.equal((await browser.go(back.replace("/honest/", "/evil/"))).status, 403);
    assert.deepEqual([evil.tokensAsked, honest.tokensAsked], [0, 0]);
    assert.equal(await browser.me(), 401);
  });

  test("who is led elsewhere", LIMIT, () =>
    withProvider(async ({ browser }) => {
      const there = await browser.go(
        "/api/v1/session/oidc/corp?return_to=https://evil.example&next=//evil.example",
      );
      assert.ok(!there.location.includes("evil.example"), there.location);
      const back = (await browser.go(there.location)).location;
      const { status, location } = await browser.go(
        `${back}&return_to=https://evil.example&next=//evil.example`,
      );
      assert.deepEqual([status, location], [303, "/"]);
      const host = { headers: { host: "evil.example" } };
      assert.equal((await browser.go("/api/v1/session/oidc/unknown", host)).status >= 400, true);
    }));

  test("while the provider is away, which is told in our words", LIMIT, async () => {
    const provider = await OidcProvider.open();
    const providers = [{ settings: settingsOf("corp", provider.issuer), secret: null }];
    await provider[Symbol.asyncDispose]();
    await using served = await ServedFleet.open(undefined, { providers });
    const browser = new Browser(served.server.address);
    const { status, text } = await browser.go("/api/v1/session/oidc/corp");
    assert.equal(status, 502);
    assert.match(text, /^corp cannot be asked to log anybody in: .+\n$/);
    assert.equal((await browser.go("/api/v1/session/oidc/nobody")).status, 404);
  });
});

describe("settings of providers", () => {
  const roles = [{ value: "fleet", role: "viewer" }];
  const base = { name: "corp", issuer: "https://id.example", client_id: "p", roles };
  const wrong: readonly [string, Record<string, unknown>, RegExp][] = [
    ["http over the network", { issuer: "http://id.example" }, /is not encrypted; write https/],
    ["a query", { issuer: "https://id.example/?x" }, /has a user, a query or a fragment/],
    ["no address", { issuer: "javascript:1" }, /is not an address of a provider/],
    ["a name with a slash", { name: "a/b" }, /is not a name; write lower-case letters/],
    ["no role", { roles: [] }, /./],
    ["a scope with a blank", { scopes: ["a b"] }, /./],
  ];
  for (const [name, more, words] of wrong) {
    test(`do not have ${name}`, () => {
      const { error } = oidcSchema.safeParse({ ...base, ...more });
      assert.match(error!.issues[0].message, words);
    });
  }
  test("always ask for openid", () => {
    assert.deepEqual(oidcSchema.parse({ ...base, scopes: ["groups"] }).scopes, ["openid", "groups"]);
  });
});

describe("roles of a claim", () => {
  const { roles } = settingsOf("corp", "https://id.example");
  const admin = { role: "admin", domain: "*", channel: "*" };
  const cases: readonly [string, string, unknown, object[]][] = [
    ["a list", "groups", { groups: ["x", "chiefs"] }, [admin]],
    ["one text", "groups", { groups: "chiefs" }, [admin]],
    ["a part of a text is none", "groups", { groups: "chiefs fleet" }, []],
    ["one inside of another", "realm_access.roles", { realm_access: { roles: ["chiefs"] } }, [admin]],
    ["a name with dots", "https://a.b/roles", { "https://a.b/roles": ["chiefs"] }, [admin]],
    ["what every object has", "constructor.name", { groups: [] }, []],
    ["none", "groups", {}, []],
    ["something else", "groups", { groups: { chiefs: true } }, []],
  ];
  for (const [name, claim, claims, grants] of cases) {
    test(
      name,
      () => assert.deepEqual(grantedBy(claims as Record<string, unknown>, { claim, roles }), grants),
    );
  }
});
