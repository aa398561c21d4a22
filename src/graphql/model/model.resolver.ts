import { Ctx, Query, Resolver } from "type-graphql";
import { type Context, viewerOf } from "../context.ts";
import { ModelType } from "./model.type.ts";

@Resolver()
export class ModelResolver {
  @Query(() => [ModelType], { description: "What an edit may name as its `model`." })
  models(@Ctx() context: Context): ModelType[] {
    viewerOf(context);
    const { manifest, provider, ready } = context.services.model;
    const { name, digest, licence, filterDuty, parts, buckets, defaults, precision } = manifest;
    return [
      {
        name,
        digest,
        licence,
        filterRequired: filterDuty === "required",
        parameters: parts.transformer.parameters,
        buckets,
        defaultSteps: defaults.steps,
        defaultGuidance: defaults.guidance,
        provider: provider(),
        precision,
        ready: ready(),
      },
    ];
  }
}
