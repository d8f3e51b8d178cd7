import { connectionTrouble } from "../../io/net/connection_words.ts";

const REASONS = {
  ECONNREFUSED: "nothing listens there",
  UNTRUSTED: "its certificate is not signed by a trusted authority; give the signer's by mqtt_ca",
};

/** What goes wrong within TLS; an alert of it stands in the code or in the message. */
const TLS_REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/,
    "it wants a certificate of ours; give one by mqtt_cert and mqtt_key",
  ],
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|ACCESS_DENIED)/, "it does not accept our certificate"],
  [/^(EPROTO|ERR_SSL_|ERR_TLS_)/, "it does not speak TLS as we do"],
];

/**
 * What the broker says by a reason code of MQTT 5, or by a return code of 3.1.1 (OASIS MQTT 5.0, 2.4; 3.1.1,
 * 3.2.2.3).
 */
const CODES: Readonly<Record<number, string>> = {
  1: "it does not speak this version of MQTT; try mqtt_version",
  2: "it does not accept our client ID",
  3: "it is unavailable",
  4: "it refuses the user name or password",
  5: "it does not let us in; check user name and password",
  0x80: "it gives no reason",
  0x81: "it finds our packet malformed",
  0x82: "it finds a breach of the protocol",
  0x83: "it refuses for a reason of its own",
  0x84: "it does not speak this version of MQTT; try mqtt_version",
  0x85: "it does not accept our client ID",
  0x86: "it refuses the user name or password",
  0x87: "it does not allow us to; check user name, password and its access list",
  0x88: "it is unavailable",
  0x89: "it is busy",
  0x8a: "it has banned us",
  0x8b: "it is shutting down",
  0x8d: "it has heard nothing of us for too long",
  0x8e: "another client has our client ID",
  0x8f: "it refuses the filter of topics",
  0x90: "it refuses the topic",
  0x93: "it has more in flight than it takes",
  0x95: "the message is larger than it takes",
  0x96: "messages come too fast for it",
  0x97: "its quota is exceeded",
  0x98: "its administrator has closed the connection",
  0x99: "it refuses the payload",
  0x9a: "it keeps no retained messages",
  0x9b: "it does not take this quality of service; try mqtt_qos",
  0x9c: "it sends us to another server",
  0x9d: "it has moved to another server",
  0x9e: "it has no shared subscriptions",
  0x9f: "connections come too fast for it",
  0xa1: "it has no subscription identifiers",
  0xa2: "it has no wildcards in subscriptions",
};

/** Why a broker ends a connection regardless of what it was sent: shutdown, replacement, slowness, redirection. */
export const ITS_OWN_REASONS: ReadonlySet<number> = new Set([
  0x88,
  0x89,
  0x8a,
  0x8b,
  0x8d,
  0x8e,
  0x98,
  0x9c,
  0x9d,
  0x9f,
]);

/** The reason of a connection on which nothing is heard any more. */
export const SILENT = "it answers no more";

/** A reason code in words. */
export function reasonOfCode(code: number): string {
  return CODES[code] ?? `it refuses with reason code ${code}`;
}

/** Why connecting failed, in words; never with anything secret. */
export function reasonOfError(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "number") return reasonOfCode(code);
  if (message === "connack timeout") return "it accepts connections and does not answer";
  if (message === "Keepalive timeout") return SILENT;
  const response = /Unexpected server response: (\d+)/.exec(String(message));
  if (/^Invalid header flag bits|^Cannot parse|^Packet too short/.test(String(message))) {
    return "it does not speak MQTT";
  }
  if (response) return `it is not a WebSocket for MQTT: HTTP status ${response[1]}`;
  const trouble = connectionTrouble(error, REASONS) ?? connectionTrouble({ code: message }, REASONS);
  if (trouble !== undefined) return trouble;
  const texts = [typeof code === "string" ? code : "", String(message)];
  for (const [pattern, reason] of TLS_REASONS) if (texts.some((text) => pattern.test(text))) return reason;
  return texts[0] || "it closes the connection";
}
