import type { RgbImage } from "../../src/core/image.ts";
import type { Engine, SlotSpec } from "../../src/engine/engine.ts";
import { waves } from "./pictures.ts";

export const cpu = { providers: ["cpu"], deviceId: 0, threads: 0 } as const;

/** Edits of one geometry that differ in everything else; number 3 uses true classifier-free guidance. */
export function variedSpec(number: number, slot = `slot-${number}`): SlotSpec {
  return {
    slot,
    size: { width: 64, height: 48 },
    prompt: ["make it night", "remove the cup", "same cat in a raincoat", "sepia"][number % 4]!,
    context: { image: waves({ width: 90 + number, height: 70 }, number), size: { width: 48, height: 48 } },
    steps: 3 + (number % 3),
    guidance: 1.5 + number,
    seed: 1000 + number,
    rounding: "float32",
    ...(number % 4 === 3 ? { trueCfg: { negativePrompt: "blurry", scale: 2 } } : {}),
  };
}

/** Opens, runs and closes one edit alone. */
export async function runAlone(engine: Engine, spec: SlotSpec): Promise<RgbImage> {
  const { step, steps } = await engine.openSlot(spec);
  for (let i = step; i < steps; i += 1) await engine.step([spec.slot]);
  const picture = await engine.decode(spec.slot);
  await engine.closeSlot(spec.slot);
  return picture;
}
