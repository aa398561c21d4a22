import { z } from "zod";
import { Refused } from "../core/errors.ts";

/** Defaults are those of diffusers' FlowMatchEulerDiscreteScheduler. */
const schedulerConfigSchema = z.object({
  _class_name: z.literal("FlowMatchEulerDiscreteScheduler").optional(),
  /** The transformer takes 1000 sigma; of another number diffusers would give it something else. */
  num_train_timesteps: z.literal(1000, { error: "is not supported, only 1000 is" }).default(1000),
  shift: orDefault(z.number().positive(), 1),
  use_dynamic_shifting: z.boolean().default(false),
  base_shift: orDefault(z.number(), 0.5),
  max_shift: orDefault(z.number(), 1.15),
  base_image_seq_len: orDefault(z.int().positive(), 256),
  max_image_seq_len: orDefault(z.int().positive(), 4096),
  shift_terminal: z.number().gte(0).lt(1).nullish(),
  time_shift_type: z.enum(["exponential", "linear"]).default("exponential"),
  invert_sigmas: off(),
  stochastic_sampling: off(),
  use_karras_sigmas: off(),
  use_exponential_sigmas: off(),
  use_beta_sigmas: off(),
});

/** How noise levels are spaced, from scheduler/scheduler_config.json. */
export interface SchedulerConfig {
  /** The static shift, or the line that gives mu for a number of image tokens. */
  readonly shifting:
    | { readonly kind: "static"; readonly shift: number }
    | {
        readonly kind: "dynamic";
        readonly timeShiftType: "exponential" | "linear";
        readonly baseShift: number;
        readonly maxShift: number;
        readonly baseImageSeqLen: number;
        readonly maxImageSeqLen: number;
      };
  /** The last level before 0 is stretched to this value; 0 when it is not. */
  readonly shiftTerminal: number;
}

/**
 * Reads the content of a scheduler_config.json.
 *
 * @throws Refused BAD_MODEL listing every field at fault, also those that ask for a spacing not offered here
 */
export function parseSchedulerConfig(json: unknown): SchedulerConfig {
  const parsed = schedulerConfigSchema.safeParse(json);
  if (!parsed.success)
    refuse(parsed.error.issues.map((issue) => `${issue.path.join(".") || "content"}: ${issue.message}`));
  const fields = parsed.data;
  if (fields.base_image_seq_len === fields.max_image_seq_len) {
    refuse(["max_image_seq_len: must differ from base_image_seq_len"]);
  }
  return {
    shiftTerminal: fields.shift_terminal ?? 0,
    shifting: fields.use_dynamic_shifting
      ? {
          kind: "dynamic",
          timeShiftType: fields.time_shift_type,
          baseShift: fields.base_shift,
          maxShift: fields.max_shift,
          baseImageSeqLen: fields.base_image_seq_len,
          maxImageSeqLen: fields.max_image_seq_len,
        }
      : { kind: "static", shift: fields.shift },
  };
}

/** A number that may be left out or null. */
function orDefault(number: z.ZodType<number>, otherwise: number) {
  return number.nullish().transform((value) => value ?? otherwise);
}

/** A switch for a spacing or a step that this engine does not have. */
function off() {
  return z.literal(false, { error: "is not supported, only false is" }).nullish();
}

function refuse(faults: string[]): never {
  throw new Refused("BAD_MODEL", `scheduler_config.json: ${faults[0]}`, faults);
}
