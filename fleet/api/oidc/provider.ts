import type { AuthorizationServer, Client, ClientAuth } from "oauth4webapi";
import type { OidcSettings } from "./oidc_settings.ts";

/** A provider that does not answer must not hold a login up for longer. */
const ANSWERS_WITHIN_MS = 10_000;
/** No answer of a provider is longer. */
const MOST_BYTES = 1 << 20;
/** Where its endpoints and keys are is asked again after so long. */
const KNOWN_FOR_MS = 3_600_000;
/** A longer token is left out of an address: not everything between takes it. */
const MOST_HINT = 4_096;

/** What a login has to come back with. */
export interface Expected {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** Who has logged in, by the word of the provider. */
export interface Told {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The ID token, as it came. */
  readonly idToken: string;
}

/** One provider of OpenID Connect: the authorization code flow with PKCE (RFC 7636, RFC 9700). */
export class Provider {
  #known: Promise<AuthorizationServer> | null = null;
  #knownAt = -Infinity;

  constructor(
    readonly settings: OidcSettings,
    readonly secret: string | null,
    readonly now: () => number,
  ) {}

  /** Where a browser is sent to log in, and what it has to come back with. */
  async begin(redirectUri: string): Promise<{ readonly url: string; readonly expected: Expected }> {
    const oauth = await import("oauth4webapi");
    const { authorization_endpoint: endpoint } = await this.#server();
    if (endpoint === undefined) throw new Error("it has no authorization_endpoint");
    const expected = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
      redirectUri,
    };
    const url = new URL(endpoint);
    // What else it is, a browser must not be led there.
    if (!["https:", "http:"].includes(url.protocol)) {
      throw new Error("its authorization_endpoint is not an address");
    }
    const asked = {
      client_id: this.settings.client_id,
      response_type: "code",
      redirect_uri: redirectUri,
      scope: this.settings.scopes.join(" "),
      state: expected.state,
      nonce: expected.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(expected.verifier),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    return { url: url.href, expected };
  }

  /**
   * Take what a browser has come back with to the provider, and hear who it is.
   * @throws Error when anything of it is not as it has to be
   */
  async finish(parameters: URLSearchParams, expected: Expected): Promise<Told> {
    const oauth = await import("oauth4webapi");
    const server = await this.#server();
    const { client_id } = this.settings;
    const client: Client = { client_id };
    const checked = oauth.validateAuthResponse(server, client, parameters, expected.state);
    const options = this.#options(oauth);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      this.#authentication(oauth, server),
      checked,
      expected.redirectUri,
      expected.verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: expected.nonce,
      requireIdToken: true,
    });
    // TLS says who has answered; the signature says so, too, where something stands between.
    await oauth.validateApplicationLevelSignature(server, answer, options);
    const claims = oauth.getValidatedIdTokenClaims(tokens)!;
    return { issuer: claims.iss, subject: claims.sub, claims, idToken: tokens.id_token! };
  }

  /**
   * Where a browser ends its login at the provider, too (OpenID Connect RP-Initiated Logout 1.0).
   * @param backTo where it is led afterwards, which the provider has to know
   * @returns null where the provider has no such place that a browser may be led to
   */
  async endUrl(idToken: string, backTo: string): Promise<string | null> {
    const { end_session_endpoint: endpoint } = await this.#server();
    if (typeof endpoint !== "string" || !URL.canParse(endpoint)) return null;
    const url = new URL(endpoint);
    const isPlainAllowed = this.settings.issuer.startsWith("http:");
    if (url.protocol !== "https:" && !(isPlainAllowed && url.protocol === "http:")) return null;
    url.searchParams.set("client_id", this.settings.client_id);
    url.searchParams.set("post_logout_redirect_uri", backTo);
    if (idToken.length <= MOST_HINT) url.searchParams.set("id_token_hint", idToken);
    return url.href;
  }

  #server(): Promise<AuthorizationServer> {
    const isOld = this.now() - this.#knownAt > KNOWN_FOR_MS;
    if (this.#known && !isOld) return this.#known;
    this.#knownAt = this.now();
    const asking = this.#known = this.#discover();
    // One that could not be asked is asked again by the next.
    asking.catch(() => {
      if (this.#known === asking) this.#known = null;
    });
    return asking;
  }

  async #discover(): Promise<AuthorizationServer> {
    const oauth = await import("oauth4webapi");
    const issuer = new URL(this.settings.issuer);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: "oidc", ...this.#options(oauth) });
    return await oauth.processDiscoveryResponse(issuer, answer);
  }

  #authentication(oauth: typeof import("oauth4webapi"), server: AuthorizationServer): ClientAuth {
    if (this.secret === null) return oauth.None();
    const ways = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    return ways.includes("client_secret_basic")
      ? oauth.ClientSecretBasic(this.secret)
      : oauth.ClientSecretPost(this.secret);
  }

  #options(oauth: typeof import("oauth4webapi")) {
    return {
      // The settings allow that for this machine alone.
      [oauth.allowInsecureRequests]: this.settings.issuer.startsWith("http:"),
      [oauth.customFetch]: boundedFetch,
      signal: () => AbortSignal.timeout(ANSWERS_WITHIN_MS),
    };
  }
}

/** Ask, follow nobody elsewhere, and read so much of the answer at most. */
async function boundedFetch(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: "manual" });
  if (answer.body === null) return answer;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error("its answer is too long");
    parts.push(part);
  }
  const { status, statusText, headers } = answer;
  return new Response(new Blob(parts), { status, statusText, headers });
}
