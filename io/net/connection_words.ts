/** What the error of a connection means, by its code: of the system, of the name service, of TLS, and of Bun. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNABORTED: "the connection was broken off",
  ECONNRESET: "the connection was broken off",
  ConnectionClosed: "the connection was broken off",
  EPIPE: "the connection was broken off",
  ENOTFOUND: "there is no such host",
  EAI_NONAME: "there is no such host",
  EAI_AGAIN: "the host's name cannot be resolved now",
  EAI_FAIL: "the host's name cannot be resolved now",
  EAI_MEMORY: "the host's name cannot be resolved now",
  EAI_SYSTEM: "the host's name cannot be resolved now",
  EHOSTDOWN: "the host cannot be reached",
  EHOSTUNREACH: "the host cannot be reached",
  ENETDOWN: "the host cannot be reached",
  ENETUNREACH: "the host cannot be reached",
  FailedToOpenSocket: "the host cannot be reached",
  ETIMEDOUT: "it does not answer",
  UNTRUSTED: "its certificate is not signed by a trusted authority",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
};

/** The codes of a certificate that nobody we trust has signed. */
const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY|GET_ISSUER)\w*)$/;

/**
 * Why there is no connection, in words; undefined where the code has none.
 * @param special words that fit better at this place, by code; `UNTRUSTED` is all of a certificate's signer
 */
export function connectionTrouble(
  error: unknown,
  special: Readonly<Record<string, string>> = {},
): string | undefined {
  const { code = "" } = error as { code?: unknown };
  if (typeof code !== "string") return undefined;
  const kind = UNTRUSTED.test(code) ? "UNTRUSTED" : code;
  return special[code] ?? special[kind] ?? WORDS[kind];
}
