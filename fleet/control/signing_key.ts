import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { signedBytes } from "../../core/schema/profile_order.ts";
import type { Store } from "../store/contract.ts";

const COLLECTION = "control";
const NAME = "signing_key";

/** The key that this fleet's orders are signed with. It is made once, and stays in the store. */
export class SigningKey {
  /** What agents are given, so that they know its orders: 32 bytes in base64url. */
  readonly publicKey: string;

  private constructor(readonly key: KeyObject) {
    this.publicKey = createPublicKey(key).export({ format: "jwk" }).x!;
  }

  /**
   * The key of a store; one that has none gets one.
   * @throws ProctorError when the store cannot be read or written
   */
  static async of(store: Store): Promise<SigningKey> {
    const kept = (await store.documents(COLLECTION)).get(NAME);
    if (typeof kept === "string") return new SigningKey(createPrivateKey(kept));
    const { privateKey } = generateKeyPairSync("ed25519");
    const made = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    await store.saveDocuments(COLLECTION, new Map([[NAME, made]]));
    return new SigningKey(privateKey);
  }

  /** What agents know a store's orders by; null where none was ever given. */
  static publicOf(documents: ReadonlyMap<string, unknown>): string | null {
    const kept = documents.get(NAME);
    return typeof kept === "string" ? new SigningKey(createPrivateKey(kept)).publicKey : null;
  }

  /** An order as it is published. */
  seal(order: string): string {
    const signature = sign(null, signedBytes(order), this.key).toString("base64url");
    return JSON.stringify({ order, signature });
  }
}
