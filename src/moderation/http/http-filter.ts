import sharp from "sharp";
import type { Clock } from "../../core/clock.ts";
import { Refused } from "../../core/errors.ts";
import type { RgbImage } from "../../core/image.ts";
import type { Stage } from "../../core/moderation.ts";
import type { Content, Filter, Finding } from "../filter.ts";
import { findingsOf, type LabelMap, labelsDigest, labelsOf } from "../labels.ts";
import { within } from "../within.ts";
import { Breaker } from "./breaker.ts";
import { post } from "./post.ts";
import { type Sent, type Shape, type ShapeName, shapes } from "./shapes.ts";

export interface HttpFilterOptions {
  readonly name: string;
  readonly shape: ShapeName;
  /** https, or http on this machine. */
  readonly url: string;
  readonly key?: string;
  readonly stages: readonly Stage[];
  /** In place of the shape's own. */
  readonly labels?: LabelMap;
  /** Which model to ask for, where the provider has several. */
  readonly model?: string;
  /** For the whole answer, attempts and pauses together. */
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly clock: Clock;
  readonly chance: () => number;
}

/** Pixels of the longer side of what is sent: no classifier looks at more. */
const sideMax = 1024;

/**
 * Milliseconds for making the JPEG, beyond what the service gets: so that it is the service's silence that ends here, and
 * counts against it, before the gate's patience does.
 */
const graceMs = 1_000;

/** A filter that asks a service, in one of the shapes of `shapes.ts`. */
export class HttpFilter implements Filter {
  readonly name: string;
  readonly version: string;
  readonly kind = "classifier";
  readonly stages: readonly Stage[];
  readonly remote: boolean;
  readonly timeoutMs: number;
  readonly #options: HttpFilterOptions;
  readonly #shape: Shape;
  readonly #labels: LabelMap;
  readonly #pictureLabels: LabelMap;
  readonly #breaker: Breaker;

  /** Throws `Refused` BAD_INPUT for an address that content must not be sent to. */
  constructor(options: HttpFilterOptions) {
    const { name, shape, stages, timeoutMs, model, clock } = options;
    if (shape.startsWith("hive") && stages.includes("PROMPT") && (stages.length > 1 || options.labels === undefined)) {
      throw new Refused(
        "BAD_INPUT",
        `filter "${name}": Hive reads prompts with other labels than pictures; give it a filter for PROMPT alone, with labels`,
      );
    }
    this.#options = options;
    this.#shape = shapes[shape];
    // Whoever answers in our own shape chose its labels; those of a provider mean what the provider says.
    this.#labels = labelsOf(shape === "generic" && options.labels ? {} : this.#shape.labels, options.labels);
    this.#pictureLabels = without(this.#labels, this.#shape.textOnly);
    if (stages.some((stage) => stage !== "PROMPT") && Object.keys(this.#pictureLabels).length === 0) {
      throw new Refused("BAD_INPUT", `filter "${name}": none of its labels is scored in pictures`);
    }
    this.#breaker = new Breaker(clock);
    this.name = name;
    this.version = [shape, ...(model === undefined ? [] : [model]), labelsDigest(this.#labels)].join("-");
    this.stages = stages;
    this.timeoutMs = timeoutMs + graceMs;
    this.remote = !isThisMachine(checkedUrl(name, options.url));
  }

  async check(content: Content, signal: AbortSignal): Promise<readonly Finding[]> {
    const { url, key, model, attempts, timeoutMs, clock, chance } = this.#options;
    const sent = await sentOf(content);
    const body = this.#shape.body(sent, model);
    const headers = {
      accept: "application/json",
      ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
      ...(key === undefined ? {} : { authorization: this.#shape.authorization(key) }),
    };
    const options = { clock, chance, attempts, attemptMs: Math.ceil(timeoutMs / attempts) };
    return this.#breaker.run(signal, async () => {
      const answer = await within(clock, timeoutMs, signal, (until) => post({ url, headers, body }, options, until));
      const labels = content.stage === "PROMPT" ? this.#labels : this.#pictureLabels;
      return findingsOf(this.#shape.scores(answer, content.stage), labels);
    });
  }
}

function without(labels: LabelMap, names: readonly string[] = []): LabelMap {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

function checkedUrl(name: string, text: string): URL {
  const refuse = (why: string) => new Refused("BAD_INPUT", `filter "${name}": ${why}`);
  if (!URL.canParse(text)) throw refuse("its url is no address");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw refuse("its url holds a password; put the key into a file");
  if (url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url))) return url;
  throw refuse("its url must be https, or http on this machine");
}

function isThisMachine({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

async function sentOf(content: Content): Promise<Sent> {
  if (content.stage === "PROMPT") return content;
  return { stage: content.stage, jpeg: await jpegOf(content.image) };
}

async function jpegOf({ width, height, data }: RgbImage): Promise<Uint8Array> {
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const fitted = image.resize({ width: sideMax, height: sideMax, fit: "inside", withoutEnlargement: true });
  return fitted.jpeg({ quality: 90 }).toBuffer();
}
