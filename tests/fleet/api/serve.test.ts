/* Where the API may be served, and TLS. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { ServedFleet } from "../support/served_fleet.ts";

const TIMEOUT = { timeout: 60_000 };
const OPENSSL = "/usr/bin/openssl";
const WITH_OPENSSL = { ...TIMEOUT, skip: !existsSync(OPENSSL) && `needs ${OPENSSL}` };

test("other machines are let in with TLS only, or when it is said", TIMEOUT, async () => {
  await assert.rejects(
    ServedFleet.open(undefined, { host: "0.0.0.0" }),
    /^ProctorError: http: "0.0.0.0" lets other machines in, and nothing is encrypted; give a certificate/,
  );
  await using served = await ServedFleet.open(undefined, { host: "0.0.0.0", allowPlain: true });
  assert.equal(served.server.makeLink(), null, "a link is for a browser of this machine");
});

function makeCertificate(directory: string, name: string) {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  const words = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
  ];
  execFileSync(OPENSSL, [...words, "-subj", `/CN=${name}`, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return { key, cert };
}

/** The status of health, and the name in the certificate. */
function askTls(address: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const asked = request(`${address}/healthz`, { rejectUnauthorized: false, agent: false }, (message) => {
      const { CN } = (message.socket as TLSSocket).getPeerCertificate().subject;
      message.resume();
      message.on("end", () => resolve([message.statusCode!, String(CN)]));
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("a certificate is read again; one that is none changes nothing", WITH_OPENSSL, async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-tls-"));
  try {
    const tls = makeCertificate(directory, "one");
    const other = makeCertificate(directory, "two");
    await using served = await ServedFleet.open(undefined, { tls });
    const { server } = served;
    assert.match(server.address, /^https:/);
    assert.deepEqual(await askTls(server.address), [200, "one"]);
    copyFileSync(other.cert, tls.cert);
    assert.throws(() => server.renewTls(), /^ProctorError: http_cert: .*are no certificate and its key/);
    assert.deepEqual(await askTls(server.address), [200, "one"]);
    copyFileSync(other.key, tls.key);
    server.renewTls();
    assert.deepEqual(await askTls(server.address), [200, "two"]);
    rmSync(tls.key);
    assert.throws(() => server.renewTls(), /^ProctorError: http_key: .*cannot be read/);
    assert.deepEqual(await askTls(server.address), [200, "two"]);
    execFileSync("mkfifo", [tls.key]);
    assert.throws(
      () => server.renewTls(),
      /^ProctorError: http_key: .*cannot be read: it is a pipe \(FIFO\); name/,
    );
    assert.deepEqual(
      await askTls(server.address),
      [200, "two"],
      "a pipe that nobody writes to holds nobody up",
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("what is no certificate is told at the start, and nothing is left behind", TIMEOUT, async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-tls-"));
  try {
    const tls = { cert: join(directory, "a"), key: join(directory, "b") };
    await assert.rejects(ServedFleet.open(undefined, { tls }), /http_cert: .*cannot be read/);
    writeFileSync(tls.cert, "no certificate");
    writeFileSync(tls.key, "no key");
    await assert.rejects(ServedFleet.open(undefined, { tls }), /are no certificate and its key/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
