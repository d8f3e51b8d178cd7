import { isIP } from "node:net";
import type { Notice } from "./notice.ts";
import type { SendFailure } from "./send_failure.ts";
import type { NoticeTarget } from "./target.ts";

type EmailTarget = NonNullable<NoticeTarget["email"]>;

/** Send a notice as a letter, by SMTP, once; null when the server has taken it. Never throws. */
export async function sendEmail(
  { server, from, to }: EmailTarget,
  { title, lines }: Notice,
  timeoutMs: number,
  signal: AbortSignal,
  isPublicOnly: boolean,
): Promise<SendFailure | null> {
  const { createTransport } = await import("nodemailer");
  const url = new URL(server); // As its schema wants it: it can be decoded.
  const name = url.hostname.replace(/^\[|\]$/g, "");
  let host = name;
  try {
    if (isPublicOnly) host = await (await import("../../io/net/public_address.ts")).publicAddressOf(name);
  } catch (error) {
    return { fault: (error as Error).message, isFinal: false };
  }
  const isTls = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  const transport = createTransport({
    host,
    // The certificate is of the name, whatever its address is.
    tls: isIP(name) === 0 ? { servername: name } : {},
    port: url.port === "" ? undefined : Number(url.port),
    secure: isTls,
    auth: user === "" ? undefined : { user, pass: decodeURIComponent(url.password) },
    // A password goes over no wire in the clear.
    requireTLS: !isTls && user !== "",
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Error("it was not waited for"));
    signal.addEventListener("abort", stop);
  });
  const late = setTimeout(stop, 3 * timeoutMs);
  try {
    const letter = { from, to: [...to], subject: `[proctor] ${title}`, text: `${lines.join("\n")}\n` };
    await Promise.race([transport.sendMail(letter), stopped]);
    return null;
  } catch (error) {
    const { message, responseCode } = error as Error & { responseCode?: number };
    // A reply of 5yz is for good (RFC 5321, 4.2.1).
    return { fault: message, isFinal: responseCode !== undefined && responseCode >= 500 };
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", stop);
    transport.close();
  }
}
