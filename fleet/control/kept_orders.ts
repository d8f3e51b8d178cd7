import type { ProfileOrder } from "../../core/schema/profile_order.ts";
import type { FleetView } from "../model/view.ts";
import type { GivenOrder } from "./profile_orders.ts";

/** The document that has the orders in force, so that every manager of a store knows them. */
export const GIVEN = "given";

/** An order in force, as it is stored. */
interface KeptOrder {
  readonly agent: number;
  readonly order: ProfileOrder;
  readonly givenAt: number;
  readonly refusedBefore: number;
}

/** Orders as they are stored. */
export function keptOrders(given: readonly GivenOrder[]): readonly KeptOrder[] {
  return given.map(({ agent, order, givenAt, refusedBefore }) => ({
    ...{ agent: agent.id, order, givenAt, refusedBefore },
  }));
}

/** What is stored, as far as it is in force still, and of agents that are known. */
export function givenOrders(kept: unknown, view: FleetView, now: number): GivenOrder[] {
  if (!Array.isArray(kept)) return [];
  return (kept as readonly KeptOrder[]).flatMap(({ agent: id, order, givenAt, refusedBefore }) => {
    const agent = view.agents.get(id);
    return agent && order.expires_at > now ? [{ agent, order, givenAt, refusedBefore }] : [];
  });
}
