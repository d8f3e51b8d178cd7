import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { z } from "zod";

const KEY_BYTES = 32;
/** 32 MiB and some 60 ms a guess. */
const COST = { N: 32_768, r: 8, p: 1 } as const;
const MOST_MEMORY_BYTES = 128 * 1_024 * 1_024;

/** 256 bits that nobody can guess. */
export function chance(): string {
  return randomBytes(32).toString("base64url");
}

/** What is kept of a secret that nobody can guess. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What is kept of a password: what it takes to check one. */
export const passwordSchema = z.object({
  salt: z.string(),
  key: z.string(),
  N: z.int(),
  r: z.int(),
  p: z.int(),
});
/** What is kept of a password. */
export type KeptPassword = z.output<typeof passwordSchema>;

/** Make what is kept of a password. */
export async function keepPassword(password: string): Promise<KeptPassword> {
  const salt = randomBytes(16).toString("base64url");
  return { salt, key: (await derive(password, salt, COST)).toString("base64url"), ...COST };
}

/** Whether it is the password; it takes as long whether it is or not. */
export async function isPassword(password: string, { salt, key, ...cost }: KeptPassword): Promise<boolean> {
  const derived = await derive(password, salt, cost);
  const kept = Buffer.from(key, "base64url");
  return derived.length === kept.length && timingSafeEqual(derived, kept);
}

function derive(password: string, salt: string, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { ...cost, maxmem: MOST_MEMORY_BYTES };
    // The same letters may be written in several ways: one is as good as another.
    scrypt(
      password.normalize("NFKC"),
      salt,
      KEY_BYTES,
      options,
      (error, key) => error ? reject(error) : resolve(key),
    );
  });
}
