import { NO_LIMIT_EVENTS } from "../../core/measure/limits.ts";
import type { LimitEvents } from "../../core/measure/limits.ts";
import type { Container } from "./containment.ts";
import type { PressureReading } from "./host.ts";

type Abilities =
  | "kill"
  | "isPopulated"
  | "freeze"
  | "isFrozen"
  | "oomKillCount"
  | "limitEvents"
  | "pressure"
  | "owns"
  | "isOfAnother"
  | "isOfGone"
  | "release"
  | "abandon";

/** A container that does nothing to what is inside, and is certain of nobody: what one can do besides, it overrides. */
export abstract class InertContainer implements Pick<Container, Abilities> {
  kill(): boolean {
    return false;
  }

  isPopulated(): boolean {
    return true;
  }

  freeze(): boolean {
    return false;
  }

  isFrozen(): boolean {
    return false;
  }

  oomKillCount(): number {
    return NaN;
  }

  limitEvents(): LimitEvents {
    return NO_LIMIT_EVENTS;
  }

  pressure(): PressureReading | null {
    return null;
  }

  owns(_pid: number): boolean {
    return false;
  }

  isOfAnother(): boolean {
    return false;
  }

  isOfGone(): boolean {
    return false;
  }

  abstract release(): void;

  /** Where nothing outlives its owner, there is nothing to leave to others. */
  abandon(): void {
    this.release();
  }
}
