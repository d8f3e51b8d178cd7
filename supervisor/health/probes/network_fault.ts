import { connectionTrouble } from "../../../io/net/connection_words.ts";

const WORDS = {
  ENOENT: "no such socket",
  UNTRUSTED: "its certificate is not signed by a trusted authority; tls.ca_file names the signer",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host; tls.server_name names that",
};

/** An error of a connection in words. */
export function networkFault(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return connectionTrouble(error, WORDS) ?? (message || code || "it failed");
}

/** What comes of a question that nobody wants an answer to any more. */
export const ABORTED = "it was not waited for";
