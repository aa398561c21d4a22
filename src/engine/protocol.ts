import { z } from "zod";
import { providerNames } from "../model/provider.ts";
import type { ChildStatus, ClassifyReport, EncodeReport, LoadReport, SlotOpened, StepReport } from "./engine.ts";
import { areaMax, imagePixelsMax, partBytesMax, promptUnitsMax, slotIdMax, slotsMax } from "./limits.ts";
import { wireError } from "./wire-error.ts";

/** SHA-256 of an image's extent and bytes, in hex. */
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const side = z.int().positive().max(8192);
const size = z.strictObject({ width: side, height: side }).refine(({ width, height }) => width * height <= areaMax, {
  message: `at most ${areaMax} pixels`,
});
const prompt = z.string().max(promptUnitsMax);
const slot = z.string().min(1).max(slotIdMax);
const bytes = z.int().positive();
const maskPadding = z.int().min(0).max(8192);
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const rounding = z.enum(["float32", "bfloat16"]);

const requests = {
  load: z.strictObject({
    folder: z.string().min(1),
    digest: digest.optional(),
    providers: z.array(z.enum(providerNames)).min(1),
    deviceId: z.int().min(0).max(63),
    threads: z.int().min(0).max(512),
    cacheBytes: bytes,
    stagedBytes: bytes,
  }),
  stage: z.strictObject({
    digest,
    width: side,
    height: side,
    channels: z.union([z.literal(1), z.literal(3)]),
    offset: z
      .int()
      .min(0)
      .max(3 * imagePixelsMax),
    part: z
      .custom<Uint8Array>((value) => value instanceof Uint8Array)
      .refine((part) => part.length <= partBytesMax, { message: `at most ${partBytesMax} bytes` }),
  }),
  encodePrompt: z.strictObject({ prompt }),
  encodeImage: z.strictObject({
    image: digest,
    size,
    crop: z.strictObject({ mask: digest, outputSize: size, padding: maskPadding }).optional(),
  }),
  drawNoise: z.strictObject({ seed, size, rounding }),
  openSlot: z.strictObject({
    slot,
    size,
    prompt,
    trueCfg: z.strictObject({ negativePrompt: prompt, scale: z.number().gt(1).max(100) }).optional(),
    context: z.strictObject({ image: digest, size }).optional(),
    steps: z.int().min(1).max(1000),
    guidance: z.number().min(0).max(100),
    seed,
    rounding,
    inpainting: z
      .strictObject({
        image: digest,
        mask: digest,
        strength: z.number().min(0).max(1),
        maskPadding: maskPadding.optional(),
      })
      .optional(),
  }),
  step: z.strictObject({ slots: z.array(slot).min(1).max(slotsMax), previews: z.array(slot).max(slotsMax).optional() }),
  /** From offset 0 the slot is decoded; further parts are of the picture decoded last. */
  decode: z.strictObject({
    slot,
    offset: z
      .int()
      .min(0)
      .max(3 * imagePixelsMax),
  }),
  closeSlot: z.strictObject({ slot }),
  classify: z.strictObject({ folder: z.string().min(1), image: digest }),
  readPrompt: z.strictObject({ folder: z.string().min(1), prompt }),
  status: z.strictObject({}),
  shutDown: z.strictObject({}),
} as const;

export type RequestName = keyof typeof requests;
export type Body<Name extends RequestName> = z.infer<(typeof requests)[Name]>;

/** What each request is answered with. */
export interface Results {
  load: LoadReport;
  stage: { complete: boolean };
  encodePrompt: EncodeReport;
  encodeImage: EncodeReport;
  drawNoise: Record<string, never>;
  openSlot: SlotOpened;
  step: StepReport;
  decode: { width: number; height: number; part: Uint8Array };
  closeSlot: Record<string, never>;
  classify: ClassifyReport;
  readPrompt: { logOdds: Readonly<Record<string, number>> };
  status: ChildStatus;
  shutDown: Record<string, never>;
}

/** A request as it travels: the id is the parent's and comes back with the reply. */
export type Request = { [Name in RequestName]: { id: number; name: Name; body: Body<Name> } }[RequestName];

const envelope = z.object({ id: z.int().nonnegative(), name: z.string(), body: z.unknown() });

/** Takes a request that is still queued out again; one that runs goes on. Answered by the reply of its target. */
const cancel = z.strictObject({ cancel: z.int().nonnegative() });

export type Parsed =
  | { readonly kind: "request"; readonly request: Request }
  | { readonly kind: "cancel"; readonly target: number }
  | { readonly kind: "malformed"; readonly id: number; readonly fault: string }
  /** No usable id: nothing can be answered. */
  | { readonly kind: "noise" };

/** Reads a message that reached the child. Never throws. */
export function parseMessage(message: unknown): Parsed {
  const cancelled = cancel.safeParse(message);
  if (cancelled.success) return { kind: "cancel", target: cancelled.data.cancel };
  const outer = envelope.safeParse(message);
  if (!outer.success) return { kind: "noise" };
  const { id, name, body } = outer.data;
  if (!Object.hasOwn(requests, name))
    return { kind: "malformed", id, fault: `no request is called "${name.slice(0, 40)}"` };
  const parsed = requests[name as RequestName].safeParse(body);
  if (parsed.success) return { kind: "request", request: { id, name, body: parsed.data } as Request };
  const faults = parsed.error.issues.map((issue) => `${name}.${issue.path.join(".")}: ${issue.message}`);
  return { kind: "malformed", id, fault: faults.join("; ") };
}

const reply = z.union([
  z.strictObject({ id: z.int().nonnegative(), result: z.unknown() }),
  z.strictObject({ id: z.int().nonnegative(), error: wireError }),
]);
export type Reply = z.infer<typeof reply>;

/** Reads a message that reached the parent; undefined when it is no reply. */
export function parseReply(message: unknown): Reply | undefined {
  const parsed = reply.safeParse(message);
  return parsed.success ? parsed.data : undefined;
}
