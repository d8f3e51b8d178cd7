import { isAbsolute } from "node:path";
import { ProctorError } from "../../../core/error.ts";
import { checkSocketPath } from "../../../io/net/unix_socket.ts";

/** PEM files of a connection by TLS; null: the authorities of this system, and no certificate of ours. */
export interface TlsFiles {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

/** Where a system's log listens. */
export type RemoteAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "udp"; readonly host: string; readonly port: number }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "tls"; readonly host: string; readonly port: number; readonly files: TlsFiles };

/** The socket of syslog on this machine (syslog(3)). */
export const SYSLOG_SOCKET = "/dev/log";
/** The socket of journald for messages in its own form (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/). */
export const JOURNALD_SOCKET = "/run/systemd/journal/socket";
/** Of syslog over UDP (RFC 5426). */
const SYSLOG_PORT = 514;
/** Of syslog over TLS (RFC 5425). */
const SECURE_PORT = 6_514;
const NO_FILES: TlsFiles = { caFile: null, certFile: null, keyFile: null };
const URL_FORM = /^(udp|tcp|tls):\/\/(\[[\da-fA-F:.]+\]|[^\s:/@?#[\]]+)(?::(\d{1,5}))?\/?$/;

/**
 * `/dev/log`, `udp://host:514`, `tcp://host:514` or `tls://host:6514`.
 * @throws ProctorError of kind `usage`
 */
export function parseRemoteAddress(text: string, where: string, files = NO_FILES): RemoteAddress {
  if (isAbsolute(text)) {
    checkSocketPath(text, where);
    return { kind: "unix", path: text };
  }
  const [, kind, host, port] = URL_FORM.exec(text) ?? [];
  const number = port === undefined ? kind === "tls" ? SECURE_PORT : SYSLOG_PORT : Number(port);
  if (kind === undefined || number < 1 || number > 65_535) {
    throw new ProctorError(
      "usage",
      `${where}: "${text}" is not an address of a log; write /dev/log, udp://host:514, tcp://host:514 or tls://host:6514`,
    );
  }
  const place = { host: host.replace(/^\[(.+)\]$/, "$1"), port: number };
  return kind === "tls" ? { kind, ...place, files } : { kind: kind as "udp" | "tcp", ...place };
}

/** An address as it is written. */
export function addressText(address: RemoteAddress): string {
  if (address.kind === "unix") return address.path;
  const { kind, host, port } = address;
  return `${kind}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
