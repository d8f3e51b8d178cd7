/** What is wrong with a URL of a page of metrics; null when nothing is. */
export function scrapeFault(url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.hostname === "") {
    return "it is not a URL of http or https; write one such as http://localhost:9090/metrics";
  }
  if (![parsed.username, parsed.password].every(isDecodable)) {
    return "its user or password has a % that is none of %41; write %25 for the sign itself";
  }
  return null;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The URL as it may be shown: without what may be a secret. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
