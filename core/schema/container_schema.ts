import { z } from "zod";

/*
 * What container runtimes write down, as far as it names something; all else in it is theirs. Whatever is missing, or
 * is not a name, is not known.
 */

/** Docker allows any length, Kubernetes 253 (RFC 1123); what is longer is not a name. */
const name = z.string().min(1).max(255);
const words = z.record(z.string(), z.unknown()).optional();

/** `config.v2.json` of a container of Docker. */
export const dockerConfigSchema = z.object({
  Name: name,
  Config: z.object({ Labels: words.nullable() }).optional(),
});

/** What Docker answers to `GET /containers/json`. */
export const dockerListSchema = z.array(z.object({ Id: z.string(), Names: z.array(name).nullable() }));

/** `containers.json` of containers/storage: Podman, CRI-O. */
export const storageListSchema = z.array(z.object({ id: z.string(), names: z.array(name).optional() }));

/** `config.json` of a bundle (OCI runtime specification). */
export const bundleSchema = z.object({ annotations: words });

/** A name among words of strangers, by the first key that has one; null when none does. */
export function nameAmong(among: Readonly<Record<string, unknown>> | null | undefined, ...keys: string[]) {
  for (const key of keys) {
    const found = name.safeParse(among && Object.hasOwn(among, key) ? among[key] : undefined);
    if (found.success) return found.data;
  }
  return null;
}
