/* Behind proxies: who asks, and by whose word. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TrustedProxies } from "../../../fleet/api/trusted_proxies.ts";
import { managerConfigSchema } from "../../../fleet/config/manager_schema.ts";
import { ServedFleet } from "../support/served_fleet.ts";

const OURS = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
const LIMIT = { timeout: 60_000 };

function clientOf(connected: string, headers: Record<string, string>, trusted = OURS): string {
  return new TrustedProxies(trusted).clientOf(connected, new Headers(headers));
}

describe("who asks", () => {
  const ways: [what: string, connected: string, headers: Record<string, string>, expected: string][] = [
    ["comes by no proxy", "192.0.2.9", { "x-forwarded-for": "203.0.113.1" }, "192.0.2.9"],
    ["is where a proxy of ours says", "127.0.0.1", { "x-forwarded-for": "203.0.113.1" }, "203.0.113.1"],
    [
      "is not what it has written itself before",
      "10.0.0.1",
      { "x-forwarded-for": "9.9.9.9, 203.0.113.1" },
      "203.0.113.1",
    ],
    [
      "is before all proxies of ours",
      "127.0.0.1",
      { "x-forwarded-for": "9.9.9.9, 203.0.113.1,10.1.2.3" },
      "203.0.113.1",
    ],
    ["is one of ours itself", "127.0.0.1", { "x-forwarded-for": "10.1.2.3, 10.1.2.4" }, "10.1.2.3"],
    ["is the proxy where it says nothing", "127.0.0.1", {}, "127.0.0.1"],
    [
      "is the last that can be read",
      "127.0.0.1",
      { "x-forwarded-for": "8.8.8.8, unknown, 10.1.2.3" },
      "10.1.2.3",
    ],
    ["has a port", "127.0.0.1", { "x-forwarded-for": "203.0.113.1:4711" }, "203.0.113.1"],
    ["is of IPv6", "fd00::1", { "x-forwarded-for": "[2001:DB8::1]:80" }, "2001:db8::1"],
    ["is of IPv4 in IPv6", "::ffff:127.0.0.1", { "x-forwarded-for": "::ffff:203.0.113.1" }, "203.0.113.1"],
    [
      "is told by Forwarded",
      "127.0.0.1",
      { forwarded: 'for=9.9.9.9, For="[2001:db8::1]:80";by=10.0.0.1;proto=https' },
      "2001:db8::1",
    ],
    ["hides", "127.0.0.1", { forwarded: "for=203.0.113.1, for=_hidden" }, "127.0.0.1"],
    ["is not said twice", "127.0.0.1", { forwarded: "for=203.0.113.1;for=8.8.8.8" }, "127.0.0.1"],
    [
      "writes commas in quotes",
      "127.0.0.1",
      { forwarded: 'for=203.0.113.1;x="\\",for=8.8.8.8"' },
      "203.0.113.1",
    ],
    [
      "writes the header that the proxy does not",
      "127.0.0.1",
      { forwarded: "for=8.8.8.8", "x-forwarded-for": "203.0.113.1" },
      "127.0.0.1",
    ],
    [
      "is the same in both",
      "127.0.0.1",
      { forwarded: "for=203.0.113.1", "x-forwarded-for": "203.0.113.1" },
      "203.0.113.1",
    ],
  ];
  for (const [what, connected, headers, expected] of ways) {
    test(what, () => assert.equal(clientOf(connected, headers), expected));
  }

  test("by a Unix socket is believed where that is said, and only there", () => {
    const headers = { "x-forwarded-for": "203.0.113.1, unix:" };
    assert.equal(clientOf("127.0.0.1", headers), "127.0.0.1");
    assert.equal(clientOf("127.0.0.1", headers, [...OURS, "unix"]), "203.0.113.1");
    assert.equal(clientOf("", headers, ["unix"]), "203.0.113.1");
    assert.equal(clientOf("", headers), "");
  });

  test("is never an address that is not in what came, nor one of ours before a stranger", () => {
    const hop = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
    fc.assert(fc.property(fc.array(hop), fc.ipV4(), (before, last) => {
      fc.pre(!last.startsWith("10.") && last !== "127.0.0.1");
      const chain = [...before.map((one) => one.replace(/[^ -~]/g, "?")), last].join(", ");
      assert.equal(clientOf("127.0.0.1", { "x-forwarded-for": chain }), last);
    }));
  });
});

test("proxies are addresses, networks, or unix", () => {
  const faults = (http_trusted_proxies: string[]) => {
    const { error } = managerConfigSchema.safeParse({ mqtt: "mqtt://localhost", http_trusted_proxies });
    return error?.issues.map(({ message }) => message) ?? [];
  };
  assert.deepEqual(faults([...OURS, "unix", "::1", "2001:db8::/32"]), []);
  for (
    const bad of ["proxy.example", "10.0.0.0/33", "::/129", "10.0.0/8", "", "10.0.0.1/", "fe80::1%eth0", "*"]
  ) {
    assert.match(faults([bad])[0] ?? "", /is not an address; write one such as 10\.0\.0\.7/, bad);
  }
});

test(
  "behind a proxy wrong logins of one do not delay another, and the audit has who it was",
  LIMIT,
  async () => {
    await using served = await ServedFleet.open(undefined, { trustedProxies: ["127.0.0.1"] });
    const grants = [{ role: "viewer", domain: "factory" }];
    await served.ask("/api/v1/users/ann", {
      method: "PUT",
      body: { grants, password: "correct horse battery" },
    });
    const logIn = (from: string, password: string) =>
      served.ask("/api/v1/session", {
        ...{ method: "POST", body: { name: "ann", password } },
        headers: { "x-forwarded-for": `198.51.100.1, ${from}` },
      }, null);
    for (let guess = 0; guess < 6; guess++) await logIn("203.0.113.66", `guess ${guess}`);
    assert.equal((await logIn("203.0.113.66", "guess")).status, 429);
    assert.equal((await logIn("203.0.113.7", "correct horse battery")).status, 200);
    served.clock.now += 1;
    const [entry] = (await served.ask("/api/v1/audit?from=30d&until=now")).json.entries;
    assert.deepEqual([entry.text, entry.detail], ["user ann: logged in", { address: "203.0.113.7" }]);
  },
);
