import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { connectionTrouble } from "../../../io/net/connection_words.ts";
import { freePort } from "../../support/free_port.ts";

const coded = (code: string) => Object.assign(new Error("message"), { code });

test("what keeps a connection from being made is told in words", async () => {
  const port = await freePort();
  const error = await new Promise((resolve) => connect(port, "127.0.0.1").once("error", resolve));
  assert.equal(connectionTrouble(error), "connection refused");
  assert.equal(
    connectionTrouble(coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE")),
    "its certificate is not signed by a trusted authority",
  );
  assert.equal(connectionTrouble(coded("EACCES")), undefined);
  assert.equal(connectionTrouble(new Error("other")), undefined);
});

test("where they are used, other words may fit better", () => {
  const special = { UNTRUSTED: "unknown signer", DEPTH_ZERO_SELF_SIGNED_CERT: "signed by itself" };
  assert.equal(connectionTrouble(coded("SELF_SIGNED_CERT_IN_CHAIN"), special), "unknown signer");
  assert.equal(connectionTrouble(coded("DEPTH_ZERO_SELF_SIGNED_CERT"), special), "signed by itself");
});
