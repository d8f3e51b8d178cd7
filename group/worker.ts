interface Runtime {
  readonly Bun?: { readonly isMainThread: boolean };
  readonly WorkerGlobalScope?: unknown;
}

/** Whether this code runs in a worker; `node:worker_threads` would tell, too, and takes time to load. */
export function isWorker(): boolean {
  const { Bun, WorkerGlobalScope } = globalThis as Runtime;
  return Bun ? !Bun.isMainThread : WorkerGlobalScope !== undefined;
}
