import { createRoute, z } from "@hono/zod-openapi";
import { answerOf } from "../control/profile_orders.ts";
import { callerOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { answer, refusals } from "./parameters.ts";

const orderSchema = z.object({
  agent: z.int().describe("its number"),
  unit: z.string(),
  proplet_id: z.string(),
  tasks: z.array(z.string()),
  interval_seconds: z.number(),
  given_at: z.number().describe("ms since 1970"),
  expires_at: z.number(),
  answer: z.enum(["followed", "refused", "not_accepted", "awaited"]).describe(
    "what the agent has made of it; not_accepted: it takes no orders",
  ),
  min_interval_seconds: z.number().nullable().describe("the agent samples no more often than that"),
  refused: z.record(z.string(), z.number()).describe("all orders that the agent has refused, by the reason"),
}).openapi("ProfileOrder");

/** Denser samples that agents were asked for while an alert is pending or fires. */
export function addProfileRoutes(app: FleetApi, { profiles }: FleetApiParts): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/profiles",
      summary: "Denser samples that agents were asked for, and what they made of it",
      responses: {
        200: answer(
          "orders in force, of own units",
          z.object({
            enabled: z.boolean(),
            public_key: z.string().nullable().describe("what agents are given as mqtt_control"),
            orders: z.array(orderSchema),
          }),
        ),
        ...refusals(),
      },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { publicKey, given } = await profiles?.known() ?? { publicKey: null, given: [] };
      const orders = given.filter(({ agent }) => caller.may("viewer", agent.unit)).map((one) => {
        const { agent, order, givenAt } = one;
        return {
          agent: agent.id,
          unit: agent.unit,
          proplet_id: agent.propletId,
          tasks: order.tasks.map(({ task_id }) => task_id),
          interval_seconds: order.tasks[0].interval_ms / 1_000,
          given_at: givenAt,
          expires_at: order.expires_at,
          answer: answerOf(one),
          min_interval_seconds: agent.control?.minIntervalSeconds ?? null,
          refused: { ...agent.control?.refused },
        };
      });
      return context.json({ enabled: profiles != null, public_key: publicKey, orders }, 200);
    },
  );
}
