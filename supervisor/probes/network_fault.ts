const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host",
  EHOSTUNREACH: "host unreachable",
  ETIMEDOUT: "timed out",
  ENOENT: "no such socket",
};

/** An error of a connection in words. */
export function networkFault(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code !== undefined && WORDS[code]) || error.message || code || "it failed";
}
