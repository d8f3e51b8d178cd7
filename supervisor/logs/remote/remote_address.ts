import { isAbsolute } from "node:path";
import { ProctorError } from "../../../core/error.ts";
import { checkSocketPath } from "../../../io/net/unix_socket.ts";

/** Where a system's log listens. */
export type RemoteAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "udp"; readonly host: string; readonly port: number }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** The socket of syslog on this machine (syslog(3)). */
export const SYSLOG_SOCKET = "/dev/log";
/** The socket of journald for messages in its own form (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/). */
export const JOURNALD_SOCKET = "/run/systemd/journal/socket";
/** Of syslog over UDP (RFC 5426). */
const SYSLOG_PORT = 514;
const URL_FORM = /^(udp|tcp):\/\/(\[[\da-fA-F:.]+\]|[^\s:/@?#[\]]+)(?::(\d{1,5}))?\/?$/;

/**
 * `/dev/log`, `udp://host:514` or `tcp://host:514`.
 * @throws ProctorError of kind `usage`
 */
export function parseRemoteAddress(text: string, where: string): RemoteAddress {
  if (isAbsolute(text)) {
    checkSocketPath(text, where);
    return { kind: "unix", path: text };
  }
  const [, kind, host, port] = URL_FORM.exec(text) ?? [];
  const number = port === undefined ? SYSLOG_PORT : Number(port);
  if (kind === undefined || number < 1 || number > 65_535) {
    throw new ProctorError(
      "usage",
      `${where}: "${text}" is no address of a log; write /dev/log, udp://host:514 or tcp://host:514`,
    );
  }
  return { kind: kind as "udp" | "tcp", host: host.replace(/^\[(.+)\]$/, "$1"), port: number };
}

/** An address as it is written. */
export function addressText(address: RemoteAddress): string {
  if (address.kind === "unix") return address.path;
  const { kind, host, port } = address;
  return `${kind}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
