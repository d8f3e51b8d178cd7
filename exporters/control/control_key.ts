import { createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { usageError } from "../../core/error.ts";

/** 32 bytes in base64url. */
const FORM = /^[\w-]{43}$/;

/**
 * The public key of a manager as people hand it over: 32 bytes in base64url.
 * @throws ProctorError of kind `usage`
 */
export function readControlKey(text: string, where: string): KeyObject {
  const wrong = () =>
    usageError(
      `${where}: "${text}" is not a key of a manager; write the 43 characters that it says as it starts`,
    );
  if (!FORM.test(text)) throw wrong();
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: text }, format: "jwk" });
  } catch {
    throw wrong();
  }
}
