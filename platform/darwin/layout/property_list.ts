/* Property lists as CFPropertyListCreateData writes them: XML, of which dictionaries of numbers and texts are read. */

const ENTRY = /<key>([^<]*)<\/key>\s*<(integer|string)>([^<]*)<\/\2>/g;

/** What stands under a key. */
export type Property = number | string;

/** Numbers and texts of a dictionary by their keys; of dictionaries in it as well. */
export function parseProperties(xml: string): ReadonlyMap<string, Property> {
  return new Map(
    [...xml.matchAll(ENTRY)].map(([, key, kind, value]) => [key, kind === "integer" ? Number(value) : value]),
  );
}
