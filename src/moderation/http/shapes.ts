import { z } from "zod";
import { Failed } from "../../core/errors.ts";
import { categories } from "../../core/moderation.ts";
import type { Content } from "../filter.ts";
import type { LabelMap } from "../labels.ts";

/** Content as it leaves: a picture is a JPEG made from its pixels, never the file that was sent, which may say who made it. */
export type Sent =
  | { readonly stage: "PROMPT"; readonly prompt: string; readonly hasSource: boolean }
  | { readonly stage: "SOURCE" | "OUTPUT"; readonly jpeg: Uint8Array };

/** How one kind of provider is asked and read. */
export interface Shape {
  /** What the provider calls things; used where no other map is configured. */
  readonly labels: LabelMap;
  /** Labels that the provider scores in texts alone: of a picture their scores say nothing. */
  readonly textOnly?: readonly string[];
  readonly authorization: (key: string) => string;
  readonly body: (content: Sent, model: string | undefined) => string | FormData;
  /** Scores 0…1 by label; throws where the answer has another form. */
  readonly scores: (answer: unknown, stage: Content["stage"]) => Record<string, number>;
}

export const shapeNames = ["generic", "hive-v2", "hive-v3", "openai"] as const;
export type ShapeName = (typeof shapeNames)[number];

const bearer = (key: string) => `Bearer ${key}`;
const json = (value: unknown) => JSON.stringify(value);
const base64 = (jpeg: Uint8Array) => Buffer.from(jpeg).toString("base64");
const dataUrl = (jpeg: Uint8Array) => `data:image/jpeg;base64,${base64(jpeg)}`;
const label = (category: LabelMap[string]["category"]) => ({ category, weight: 1, threshold: 0.5 });

/**
 * Ours, for a filter of one's own. Request: `{ "version": 1, "stage", "prompt", "hasSource" }` for a prompt, `{ "version":
 * 1, "stage", "image": { "type": "image/jpeg", "base64" } }` for a picture. Answer: `{ "scores": { label: 0…1 } }` with a
 * score for every label; unless others are configured, the labels are our categories.
 */
const generic: Shape = {
  labels: Object.fromEntries(categories.map((category) => [category, label(category)])),
  authorization: bearer,
  body: (content) => {
    const { stage } = content;
    if (content.stage === "PROMPT") {
      return json({ version: 1, stage, prompt: content.prompt, hasSource: content.hasSource });
    }
    return json({ version: 1, stage, image: { type: "image/jpeg", base64: base64(content.jpeg) } });
  },
  scores: (answer) => parse(z.object({ scores: z.record(z.string(), z.number()) }), answer).scores,
};

const hiveClass = z.object({ class: z.string(), score: z.number().optional(), value: z.number().optional() });
const hiveOutput = z.array(z.object({ classes: z.array(hiveClass) })).min(1);
const hiveTask = z.object({
  status: z.object({ code: z.union([z.literal("0"), z.literal(0)]).optional(), message: z.literal("SUCCESS") }),
  response: z.object({ output: hiveOutput }),
});

/** Hive's visual moderation; each head's classes sum to 1. */
const hiveLabels: LabelMap = {
  general_nsfw: label("SEXUAL"),
  yes_sexual_activity: label("SEXUAL"),
  very_bloody: label("GORE"),
  human_corpse: label("GORE"),
  yes_self_harm: label("SELF_HARM"),
  yes_nazi: label("HATE"),
  yes_kkk: label("HATE"),
  yes_terrorist: label("HATE"),
};

/** Characters of a text that Hive reads; what stands after them nobody would have judged. */
const hiveCharactersMax = 1024;

function hiveText(prompt: string): string {
  if (prompt.length <= hiveCharactersMax) return prompt;
  throw new Failed("INTERNAL", `not asked: it reads ${hiveCharactersMax} characters of a prompt`, { retryable: false });
}

const hiveV2: Shape = {
  labels: hiveLabels,
  authorization: (key) => `token ${key}`,
  body: (content) => {
    const form = new FormData();
    if (content.stage === "PROMPT") form.set("text_data", hiveText(content.prompt));
    else form.set("media", new Blob([Buffer.from(content.jpeg)], { type: "image/jpeg" }), "image.jpg");
    return form;
  },
  scores: (answer, stage) => {
    const { status } = parse(z.object({ status: z.union([z.array(hiveTask).min(1), hiveTask]) }), answer);
    return hiveScores(
      [status].flat().flatMap(({ response }) => response.output),
      stage,
    );
  },
};

const hiveV3: Shape = {
  labels: hiveLabels,
  authorization: bearer,
  body: (content) =>
    json({
      input: [
        content.stage === "PROMPT" ? { text: hiveText(content.prompt) } : { media_base64: dataUrl(content.jpeg) },
      ],
    }),
  scores: (answer, stage) => hiveScores(parse(z.object({ output: hiveOutput }), answer).output, stage),
};

/** The highest score of each class. Text has grades 0…3 instead, and -1 for a language that is not understood. */
function hiveScores(output: z.infer<typeof hiveOutput>, stage: Content["stage"]): Record<string, number> {
  const given = output.flatMap(({ classes }) => classes);
  const scale = stage === "PROMPT" ? 3 : 1;
  return highest(given.map(({ class: name, score, value }) => [name, (score ?? value ?? Number.NaN) / scale]));
}

/** The highest score of each label; one that is out of range stays so and is found out with its label. */
function highest(given: readonly (readonly [label: string, score: number])[]): Record<string, number> {
  const scores = new Map<string, number>();
  for (const [name, score] of given) {
    const before = scores.get(name) ?? score;
    scores.set(name, before >= 0 && score >= 0 ? Math.max(before, score) : Number.NaN);
  }
  return Object.fromEntries(scores);
}

const openAiAnswer = z.object({
  results: z
    .array(
      z.object({
        flagged: z.boolean(),
        category_scores: z.record(z.string(), z.number()),
        category_applied_input_types: z.record(z.string(), z.array(z.string())).optional(),
      }),
    )
    .min(1),
});

/** OpenAI's moderations. What it does not score in pictures it gives a 0 for; the answer says what it has looked for. */
const openAi: Shape = {
  labels: {
    "sexual/minors": label("CSAM"),
    sexual: label("SEXUAL"),
    violence: label("VIOLENCE"),
    "violence/graphic": label("GORE"),
    hate: label("HATE"),
    "hate/threatening": label("HATE"),
    "self-harm": label("SELF_HARM"),
    "self-harm/intent": label("SELF_HARM"),
    "self-harm/instructions": label("SELF_HARM"),
    harassment: label("HARASSMENT"),
    "harassment/threatening": label("HARASSMENT"),
    illicit: label("ILLEGAL_ACTS"),
    "illicit/violent": label("ILLEGAL_ACTS"),
  },
  textOnly: [
    "sexual/minors",
    "hate",
    "hate/threatening",
    "harassment",
    "harassment/threatening",
    "illicit",
    "illicit/violent",
  ],
  authorization: bearer,
  body: (content, model = "omni-moderation-latest") => {
    const input =
      content.stage === "PROMPT"
        ? { type: "text", text: content.prompt }
        : { type: "image_url", image_url: { url: dataUrl(content.jpeg) } };
    return json({ model, input: [input] });
  },
  scores: (answer, stage) =>
    highest(
      parse(openAiAnswer, answer).results.flatMap(({ category_scores, category_applied_input_types: applied = {} }) =>
        Object.entries(category_scores).filter(([name]) => stage === "PROMPT" || applied[name]?.includes("image")),
      ),
    ),
};

export const shapes: Readonly<Record<ShapeName, Shape>> = {
  generic,
  "hive-v2": hiveV2,
  "hive-v3": hiveV3,
  openai: openAi,
};

function parse<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Failed("INTERNAL", "its answer does not have the form of its kind", { retryable: false });
}
