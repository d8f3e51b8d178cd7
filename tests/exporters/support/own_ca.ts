import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whether certificates can be made here. */
export const noOpenssl = spawnSync("openssl", ["version"]).error !== undefined && "needs openssl (openssl)";

/** A key and its certificate. */
export interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** The files of an authority of our own: its certificate, and what it has signed for a server and a client. */
export interface OwnCa {
  readonly ca: string;
  readonly server: Pair;
  readonly client: Pair;
}

/** Make an authority whose server is 127.0.0.1. */
export function ownCa(directory: string): OwnCa {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  };
  const request = (name: string) => [
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch"],
    ...["-keyout", file(`${name}.key`), "-subj", `/CN=${name}`],
  ];
  openssl("req", "-x509", ...request("ca"), "-out", file("ca.pem"), "-days", "2");
  const signed = (name: string, extensions: string): Pair => {
    writeFileSync(file("extensions"), extensions);
    openssl("req", ...request(name), "-out", file(`${name}.csr`));
    openssl(
      ...["x509", "-req", "-in", file(`${name}.csr`), "-CA", file("ca.pem"), "-CAkey", file("ca.key")],
      ...["-CAcreateserial", "-days", "2", "-extfile", file("extensions"), "-out", file(`${name}.pem`)],
    );
    return { key: file(`${name}.key`), cert: file(`${name}.pem`) };
  };
  return {
    ca: file("ca.pem"),
    server: signed("server", "subjectAltName=IP:127.0.0.1\n"),
    client: signed("client", "extendedKeyUsage=clientAuth\n"),
  };
}

/** The contents of a key and its certificate. */
export function contentsOf({ key, cert }: Pair): Pair {
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}
