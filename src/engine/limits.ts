/** Limits of the engine protocol. Each has its reason beside it; PROTOCOL.md repeats the numbers. */

/** Bytes of pixels in one message, either way. 3 MiB held the parent's event loop for 6 ms, 4 MiB for 12; the bound is 10. */
export const partBytesMax = 2 * 2 ** 20;

/** Bytes hashed before others get their turn: about 1 ms, or 3 ms where the processor has no instructions for SHA. */
export const hashBytesMax = 2 ** 20;

/**
 * Parts sent and not yet answered. The child answers between steps only: one at a time would move 2 MiB per step.
 * Eight move a 5-megapixel photograph at once and hold 16 MiB.
 */
export const partsInFlightMax = 8;

/** Pixels of a staged image: 8,192 squared, the largest that intake lets through. */
export const imagePixelsMax = 2 ** 26;

/** Pixels of an output or a prepared image: the largest `maxArea` that a manifest may give. */
export const areaMax = 2 ** 24;

/** UTF-16 units of a prompt. Tokenizers read no further, and no text encoder takes more than 512 tokens. */
export const promptUnitsMax = 65_536;

/**
 * Slots open at once. At one megapixel a slot holds up to 22 MiB (prompt and negative prompt 8 each, latents, context,
 * noise, mask 1 each), so 64 stay under 1.5 GiB.
 */
export const slotsMax = 64;

/** Characters of a slot's id. */
export const slotIdMax = 64;

/**
 * Requests waiting in the child. Its one parent sends at most a step, a few parts, and an opening, decoding and closing
 * per slot; more than this many is a fault of the parent's.
 */
export const queueMax = 1024;

/** Prompt embeddings and image latents kept in the child, by default: 64 prompts at 8 MiB, or 512 images at 1 MiB. */
export const cacheBytesDefault = 512 * 2 ** 20;

/** Staged pixels kept in the child, by default: one image of the largest kind, or ten of eight megapixels. */
export const stagedBytesDefault = 256 * 2 ** 20;

/** Classifiers kept open in the child: a ViT-base takes 350 MB. The one used longest ago makes room. */
export const classifiersMax = 4;

/** CPU threads that read a prompt: a second one would take from the rules, which are read at the same time, what it gives. */
export const readerThreads = 1;

/** Characters of an error's message or of a log line; the rest is cut. */
export const textMax = 2_000;
