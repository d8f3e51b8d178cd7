/** Why a message was not taken. */
export interface SendFailure {
  readonly fault: string;
  /** Whether another try would end in the same way. */
  readonly isFinal: boolean;
}
