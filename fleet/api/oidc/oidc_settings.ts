import { z } from "zod";
import { isOfLoopback } from "../../../io/net/loopback.ts";
import { grantSchema } from "../access/grant.ts";

/** Below it, in an address, each provider has its way in and its way back. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

const issuer = z.string().superRefine((text, context) => {
  const say = (message: string) => context.addIssue({ code: "custom", message });
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !["https:", "http:"].includes(url.protocol)) {
    return say(`"${text}" is not an address of a provider; write one such as https://id.example`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return say("it has a user, a query or a fragment; an issuer has none");
  }
  // What it says of people has to be its own word: on this machine alone nobody is between.
  if (url.protocol === "http:" && !isOfLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1"))) {
    say(`"${text}" is not encrypted; write https://`);
  }
});

const role = z.strictObject({
  value: z.string().min(1).max(256).describe("a value of the claim, to the letter"),
  ...grantSchema.shape,
}).refine(({ domain, channel }) => domain !== "*" || channel === "*", "a channel needs its domain");

/** A provider of OpenID Connect whose people may log in, as it stands in a manager's file. */
export const oidcSchema = z.strictObject({
  name: z.string().regex(NAME, { error: "is not a name; write lower-case letters, digits and -, at most 32" })
    .describe("part of the address that the provider leads back to, and what people are called by"),
  title: z.string().min(1).max(64).optional().describe("what the page calls it; default: its name"),
  issuer: issuer.describe("its address, as it says itself"),
  client_id: z.string().min(1).max(256).describe("what it knows us by"),
  client_secret_file: z.string().min(1).optional().describe(
    "file with the secret that it has given us; without it we are a public client",
  ),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/)).max(20).default(["openid"])
    .transform((scopes) => [...new Set(["openid", ...scopes])])
    .describe("what is asked for; openid is always among it"),
  claim: z.string().min(1).max(256).default("groups").describe(
    "the claim of the ID token that roles follow from; a.b for one inside of another",
  ),
  roles: z.array(role).min(1).max(1_000).describe("what who has a value of that claim may do"),
});

/** A provider, checked. */
export type OidcSettings = z.output<typeof oidcSchema>;
