import { createPrivateKey, X509Certificate } from "node:crypto";
import { usageError } from "../../core/error.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { isOfLoopback } from "../../io/net/loopback.ts";
import { MOST_PEM_BYTES, readRegularFile } from "../../io/regular_file.ts";

/** Files of a certificate (with those between it and its root) and of its key, both PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What those files have in them. */
export interface TlsSecrets {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Who can reach what is served. */
export interface ServeAccess {
  readonly host: string;
  readonly tls: TlsFiles | null;
  /** Whether other machines may ask without TLS, as where a proxy does that. */
  readonly allowPlain: boolean;
}

/**
 * What is needed to serve there: a certificate and its key, or null without TLS. It can be asked before anything
 * is opened.
 * @throws ProctorError of kind `usage` when it may not be served there, or the files are not what they should be
 */
export function secretsToServe({ host, tls, allowPlain }: ServeAccess): TlsSecrets | null {
  if (!isOfLoopback(host) && !tls && !allowPlain) {
    throw usageError(
      `http: "${host}" lets other machines in, and nothing is encrypted; give a certificate and its key, ` +
        "or bind to 127.0.0.1",
    );
  }
  return tls && readTls(tls);
}

/** @throws ProctorError when the files cannot be read, or are no certificate and its key */
export function readTls({ cert, key }: TlsFiles): TlsSecrets {
  const read = (what: string, file: string) => {
    try {
      return Buffer.from(readRegularFile(file, MOST_PEM_BYTES).bytes);
    } catch (error) {
      throw usageError(`${what}: ${file} cannot be read: ${reasonOf(error)}`);
    }
  };
  const pair = { cert: read("http_cert", cert), key: read("http_key", key) };
  // One of the runtimes takes anything, and says so in the first handshake.
  if (!isPair(pair)) throw usageError(`http_cert: ${cert} and ${key} are no certificate and its key, as PEM`);
  return pair;
}

function isPair({ cert, key }: TlsSecrets): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
