import { Ctx, Query, Resolver } from "type-graphql";
import { type Context, viewerOf } from "../context.ts";
import { SchedulerStateType } from "./scheduler.type.ts";

@Resolver()
export class SchedulerResolver {
  @Query(() => SchedulerStateType, { description: "What waits, what runs, and what a step costs here." })
  scheduler(@Ctx() context: Context): SchedulerStateType {
    viewerOf(context);
    const { scheduler, clock } = context.services;
    const { buckets, edits, backlogMs, backlogMsMax } = scheduler.snapshot(clock.now());
    return {
      buckets: buckets.map(({ curve, ...bucket }) => ({
        ...bucket,
        stepTimes: curve.map(({ rows, ms }) => ({ rows, ms })),
      })),
      pictures: edits,
      backlogMs,
      backlogMsMax,
    };
  }
}
