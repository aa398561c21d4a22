import { Field, Float, Int, ObjectType } from "type-graphql";
import { SizeType } from "../edit/edit.type.ts";

@ObjectType("Model", { description: "A model that is served.", simpleResolvers: true })
export class ModelType {
  @Field(() => String, { description: "Its name." })
  name!: string;

  @Field(() => String, { description: "SHA-256 over its weights, in hex." })
  digest!: string;

  @Field(() => String, { description: "SPDX id, or the name that its makers give." })
  licence!: string;

  @Field(() => Boolean, { description: "Whether its licence demands filters or manual review." })
  filterRequired!: boolean;

  @Field(() => Float, { description: "Parameters of its transformer." })
  parameters!: number;

  @Field(() => [SizeType], { description: "Sizes it was trained for, narrowest first." })
  buckets!: readonly SizeType[];

  @Field(() => Int, { description: "Steps when an edit names none." })
  defaultSteps!: number;

  @Field(() => Float, { description: "Guidance when an edit names none." })
  defaultGuidance!: number;

  @Field(() => String, { description: "What it runs on: cpu, cuda, tensorrt or webgpu." })
  provider!: string;

  @Field(() => String, { description: "Type of its weights." })
  precision!: string;

  @Field(() => Boolean, { description: "Whether the engine has it open." })
  ready!: boolean;
}
