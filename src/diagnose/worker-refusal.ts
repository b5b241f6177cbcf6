/** A worker is there and does not let this command look. The message says what it would take, and holds no secret. */
export class WorkerRefusal extends Error {
  override readonly name = 'WorkerRefusal'
  readonly code = 'ERR_WORKER_REFUSES'
}
