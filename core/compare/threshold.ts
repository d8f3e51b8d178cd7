/**
 * A difference of less is of no practical size, however sure it is: many runs tell a hundredth of a percent from
 * noise.
 */
export const THRESHOLD_PERCENT = 1;
