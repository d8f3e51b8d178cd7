/* Certificates of our own, made by openssl. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";

/** Why there are none; false when they can be made. */
export const noOpenssl: string | false = spawnSync("openssl", ["version"]).error
  ? "the package openssl is missing"
  : false;

/**
 * Make `NAME.crt` and `NAME.key` in a directory: a signer `ca`, a `server` for 127.0.0.1, localhost and
 * collector.test, and a `client`.
 */
export function makeCertificates(directory: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const own = (name: string) => ["-keyout", `${name}.key`, "-subj", `/CN=${name}`];
  openssl("req", "-x509", ...curve, ...own("ca"), "-out", "ca.crt", "-days", "2");
  writeFileSync(`${directory}/names`, "subjectAltName=DNS:localhost,DNS:collector.test,IP:127.0.0.1\n");
  for (const name of ["server", "client"]) {
    openssl("req", ...curve, ...own(name), "-out", `${name}.csr`);
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-extfile", "names", "-out", `${name}.crt`, "-days", "2"],
    );
  }
}
