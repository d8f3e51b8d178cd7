/* A broker in our own process: what it is sent is seen as it comes. It speaks MQTT 3.1.1 only. */
import { Aedes } from "aedes";
import type { AuthenticateError, Client, PublishPacket } from "aedes";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** A broker, and everything that was published to it. */
export interface TestBroker extends AsyncDisposable {
  readonly port: number;
  readonly published: PublishPacket[];
}

/** @param admits whom it lets in */
export async function startAedes(
  admits: (user: string | undefined, password: string | undefined) => boolean = () => true,
): Promise<TestBroker> {
  const broker = await Aedes.createBroker({
    authenticate(
      _client: Client,
      user: Readonly<string | undefined>,
      password: Readonly<Buffer | undefined>,
      done: (error: AuthenticateError | null, admitted: boolean | null) => void,
    ) {
      const isAdmitted = admits(user, password?.toString());
      const refusal = Object.assign(new Error("refused"), { returnCode: 4 }) as AuthenticateError;
      done(isAdmitted ? null : refusal, isAdmitted);
    },
  });
  const published: PublishPacket[] = [];
  broker.on("publish", (packet, client) => {
    if (client) published.push(packet as PublishPacket);
  });
  const server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    published,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
