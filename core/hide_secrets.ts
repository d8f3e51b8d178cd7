/** What stands in the place of a secret. */
export const HIDDEN = "(hidden)";

/**
 * The part of a URL before the host (RFC 3986, 3.2.1): the name of a user, and after a colon what proves it. No
 * repetition is without a bound, here and below: a long text costs its length, and not the square of it.
 */
const USER_AND_PASSWORD = /(:\/\/[^\s/?#:@"'<>]{0,256}):([^\s/?#"'<>]{0,1024})@/g;
/** Parts of a query, and words of headers, that are named like secrets. */
const NAMED =
  /([?&][\w.-]{0,40}(?:pass|secret|token|key|auth|credential|signature)[\w.-]{0,40}=)[^&#\s"'<>]+/gi;
const BEARER = /\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi;

/** A text without the passwords of URLs, and without tokens: what is told to others, or written down. */
export function hideSecrets(text: string): string {
  return text.replace(USER_AND_PASSWORD, `$1:${HIDDEN}@`).replace(NAMED, `$1${HIDDEN}`).replace(
    BEARER,
    `$1 ${HIDDEN}`,
  );
}
