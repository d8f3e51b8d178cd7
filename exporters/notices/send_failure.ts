/** Why a message was not taken. */
export interface SendFailure {
  readonly fault: string;
  /** Whether another try would end in the same way. */
  readonly isFinal: boolean;
  /** Whether less would be taken. */
  readonly isTooMuch?: boolean;
}
