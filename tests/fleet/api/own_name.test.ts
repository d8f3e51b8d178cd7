import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, test } from "node:test";
import { ask } from "../../supervisor/support/http.ts";
import { ServedFleet } from "../support/served_fleet.ts";

describe("the name that a manager is asked by", () => {
  const asked = async (host: string, options = {}) => {
    await using served = await ServedFleet.open(undefined, options);
    return await served.ask("/api/v1/fleet", { headers: { host } });
  };
  for (
    const [what, host] of [["", "127.0.0.1:9460"], ["", "localhost"], ["", "[::1]:1"], [
      "its own",
      hostname(),
    ]]
  ) {
    test(`is one of this machine: ${what || host}`, async () => {
      assert.equal((await asked(host)).status, 200);
    });
  }
  for (
    const host of ["evil.example", "evil.example:9460", "localhost.evil.example", "127.0.0.1.evil.example"]
  ) {
    test(`is not that of a page that leads to it: ${host}`, async () => {
      const { status, json } = await asked(host);
      assert.equal(status, 421);
      assert.match(
        json.error.message,
        /is not a name of this machine; set http_url if people reach it under that name/,
      );
    });
  }
  test("counts where it listens at all addresses, too", async () => {
    const options = { host: "0.0.0.0", allowPlain: true };
    await using served = await ServedFleet.open(undefined, options);
    const address = served.server.address.replace("0.0.0.0", "127.0.0.1");
    const { status } = await ask(address, "/healthz", { headers: { host: "evil.example" } });
    assert.equal(status, 421);
    assert.equal((await ask(address, "/healthz")).status, 200);
  });
  test("is that of http_url, where a proxy has it", async () => {
    const options = { url: "https://fleet.example" };
    assert.equal((await asked("fleet.example", options)).status, 200);
    assert.equal((await asked("fleet.example:8443", options)).status, 421);
  });
});
