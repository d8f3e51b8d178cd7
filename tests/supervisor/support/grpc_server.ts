import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";

const same = (bytes: Buffer) => bytes;

/** A real server of grpc.health.v1 and of a method that asks it to stop. */
export class HealthServer implements AsyncDisposable {
  /** grpc.health.v1.HealthCheckResponse.ServingStatus by service; the others are unknown. */
  readonly statuses = new Map([["", 1]]);
  port = 0;
  stopRequests = 0;
  readonly #server = new Server();

  static async start(): Promise<HealthServer> {
    const health = new HealthServer();
    const unary = (path: string, handle: (request: Buffer) => Buffer) => ({
      [path.split("/").at(-1)!]: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
        handle,
      },
    });
    const definition = {
      ...unary("/grpc.health.v1.Health/Check", () => Buffer.alloc(0)),
      ...unary("/test.Service/Shutdown", () => Buffer.alloc(0)),
    };
    health.#server.addService(definition as never, {
      Check: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        // Field 1 of the request: the name of the service.
        const status = health.statuses.get(call.request.subarray(2).toString());
        if (status === undefined) answer({ code: 5, details: "unknown service" });
        else answer(null, Buffer.from([8, status]));
      },
      Shutdown: (_: unknown, answer: sendUnaryData<Buffer>) => {
        health.stopRequests++;
        answer(null, Buffer.alloc(0));
      },
    } as never);
    health.port = await new Promise<number>((resolve, reject) =>
      health.#server.bindAsync(
        "127.0.0.1:0",
        ServerCredentials.createInsecure(),
        (error, port) => error ? reject(error) : resolve(port),
      )
    );
    return health;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    return Promise.resolve();
  }
}
