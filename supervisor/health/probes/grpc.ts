import { Client, credentials, status as GrpcStatus } from "@grpc/grpc-js";
import type { ChannelCredentials, ServiceError } from "@grpc/grpc-js";
import { MOST_PEM_BYTES, readRegularFile } from "../../../io/regular_file.ts";
import type { ProbeTarget } from "../../definition.ts";

/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const SERVING = 1;
const CHECK = "/grpc.health.v1.Health/Check";

/** Where a server is, and how it is spoken to. */
export interface GrpcPlace {
  readonly address: string;
  readonly tls: boolean;
  readonly ca_file?: string;
}

/** Whether a server says by grpc.health.v1 that it serves; what is wrong, or null. */
export async function grpcFault(
  target: NonNullable<ProbeTarget["grpc"]>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string | null> {
  const { address, service } = target;
  const name = service === "" ? address : `${address} ${service}`;
  try {
    const answer = await callGrpc(target, CHECK, encodeService(service), timeoutMs, signal);
    const status = decodeStatus(answer);
    return status === SERVING ? null : `${name}: ${STATUSES[status] ?? `status ${status}`}`;
  } catch (error) {
    const { code, details } = error as ServiceError;
    if (code === GrpcStatus.DEADLINE_EXCEEDED) return `${name}: no answer within ${timeoutMs} ms`;
    return `${name}: ${GrpcStatus[code] ?? "failed"}${details ? `: ${details}` : ""}`;
  }
}

/**
 * Call a unary method with an encoded message; the encoded answer.
 * @throws ServiceError
 */
export function callGrpc(
  place: GrpcPlace,
  method: string,
  message: Uint8Array,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const client = new Client(place.address, credentialsOf(place));
  const same = (bytes: Uint8Array) => Buffer.from(bytes);
  return new Promise<Uint8Array>((resolve, reject) => {
    const call = client.makeUnaryRequest(
      method,
      same,
      (bytes: Buffer): Uint8Array => bytes,
      message,
      { deadline: Date.now() + timeoutMs },
      (error: ServiceError | null, answer?: Uint8Array) =>
        error ? reject(error) : resolve(answer ?? new Uint8Array()),
    );
    signal?.addEventListener("abort", () => call.cancel(), { once: true });
    if (signal?.aborted) call.cancel();
  }).finally(() => client.close());
}

function credentialsOf({ tls, ca_file }: GrpcPlace): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  return credentials.createSsl(
    ca_file === undefined ? null : Buffer.from(readRegularFile(ca_file, MOST_PEM_BYTES).bytes),
  );
}

/** HealthCheckRequest: field 1, the name of the service. */
export function encodeService(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  if (name.length === 0) return name;
  const length: number[] = [];
  for (let rest = name.length;; rest >>>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push(rest & 127 | 128);
  }
  return Uint8Array.from([0x0a, ...length, ...name]);
}

/** HealthCheckResponse: field 1, an enumeration below 128; 0 when left out. */
export function decodeStatus(answer: Uint8Array): number {
  return answer.length >= 2 && answer[0] === 0x08 ? answer[1] : 0;
}
