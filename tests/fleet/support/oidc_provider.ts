/* A provider of OpenID Connect of our own, which can be told to lie. */
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

type Claims = Record<string, unknown>;

/** What it knows of a login under way. */
interface Code {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string;
  readonly clientId: string;
}

/** How it lies. */
export interface Lies {
  /** In the ID token: claims, the algorithm's name, who has signed it. */
  claims?: (claims: Claims) => Claims;
  alg?: "none" | "HS256";
  isSignedByStranger?: boolean;
  /** In its metadata. */
  metadata?: Claims;
  /** In the way back to us. */
  back?: (parameters: URLSearchParams) => void;
}

const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
};

// Making them takes as long as everything else together.
const [KEYS, STRANGER] = [generateKeyPair("RS256"), generateKeyPair("RS256")];

/** A provider at a port of its own. */
export class OidcProvider implements AsyncDisposable {
  readonly #codes = new Map<string, Code>();
  #keys!: { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };
  #stranger!: { readonly privateKey: CryptoKey };
  issuer = "";
  lies: Lies = {};
  /** Whoever logs in is this. */
  person: Claims = { sub: "u-1", groups: ["fleet"], preferred_username: "ann", email: "ann@example.org" };
  /** How often a token was asked for. */
  tokensAsked = 0;

  private constructor(readonly server: Server, readonly secret: string | null) {}

  static async open(secret: string | null = "s3cret"): Promise<OidcProvider> {
    const server = createServer((request, response) =>
      void provider.#serve(request, response).catch((error) => {
        response.writeHead(500).end(String(error));
      })
    );
    const provider: OidcProvider = new OidcProvider(server, secret);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    provider.#keys = await KEYS;
    provider.#stranger = await STRANGER;
    return provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.issuer);
    const { issuer } = this;
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json(response, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
          authorization_response_iss_parameter_supported: true,
          ...this.lies.metadata,
        });
      case "/keys":
        return json(response, {
          keys: [{ ...await exportJWK(this.#keys.publicKey), kid: "1", alg: "RS256" }],
        });
      case "/authorize": {
        const of = (name: string) => url.searchParams.get(name) ?? "";
        const code = randomUUID();
        this.#codes.set(code, {
          redirectUri: of("redirect_uri"),
          challenge: of("code_challenge"),
          nonce: of("nonce"),
          clientId: of("client_id"),
        });
        const back = new URL(of("redirect_uri"));
        const answer = { code, state: of("state"), iss: issuer };
        for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
        this.lies.back?.(back.searchParams);
        response.writeHead(302, { location: back.href }).end();
        return;
      }
      case "/token":
        return await this.#token(request, response);
    }
    response.writeHead(404).end();
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.tokensAsked++;
    let body = "";
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    const code = this.#codes.get(form.get("code") ?? "");
    this.#codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
    const basic = Buffer.from((request.headers.authorization ?? "").slice(6), "base64").toString();
    // RFC 6749, 2.3.1: both are encoded as a form is.
    const said = basic.split(":").map((word) => decodeURIComponent(word)).join(":");
    const isClient = this.secret === null || said === `${code?.clientId}:${this.secret}`;
    if (!isClient) return json(response, { error: "invalid_client" }, 401);
    if (!code || challenge !== code.challenge || form.get("redirect_uri") !== code.redirectUri) {
      return json(response, { error: "invalid_grant" }, 400);
    }
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.issuer,
      aud: code.clientId,
      nonce: code.nonce,
      iat: now,
      exp: now + 60,
      ...this.person,
    };
    const { claims: twist = (same: Claims) => same } = this.lies;
    json(response, { access_token: "a", token_type: "bearer", id_token: await this.#signed(twist(claims)) });
  }

  async #signed(claims: Claims): Promise<string> {
    const { alg, isSignedByStranger } = this.lies;
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    if (alg === "none") return `${part({ alg: "none" })}.${part(claims)}.`;
    if (alg === "HS256") {
      // As if our secret, or the public key, were the key.
      return await new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode("s3cret"));
    }
    const { privateKey } = isSignedByStranger ? this.#stranger : this.#keys;
    return await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "1" }).sign(privateKey);
  }
}
