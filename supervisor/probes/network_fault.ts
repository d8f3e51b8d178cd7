const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host",
  EHOSTUNREACH: "host unreachable",
  ETIMEDOUT: "timed out",
  ENOENT: "no such socket",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host; tls.server_name names that",
};

const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY|GET_ISSUER)\w*)$/;

/** An error of a connection in words. */
export function networkFault(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (UNTRUSTED.test(code ?? "")) {
    return "its certificate is signed by nobody we trust; tls.ca_file names the signer";
  }
  return (code !== undefined && WORDS[code]) || error.message || code || "it failed";
}
