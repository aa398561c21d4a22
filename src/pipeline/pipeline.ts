import type { ImportedModel, PartName } from "../model/manifest.ts";
import type { ProviderOutcome } from "../model/provider.ts";
import { parseSchedulerConfig, type SchedulerConfig } from "../model/scheduler-config.ts";
import { resolveIn } from "../model/shelf.ts";
import { Session, type SessionOptions } from "./session.ts";
import { TextEncoder } from "./text-encoder.ts";
import { loadTokenizer } from "./tokenizer.ts";
import { Transformer } from "./transformer.ts";
import { Vae } from "./vae.ts";

/** All networks of one model, opened. */
export class Pipeline implements AsyncDisposable {
  readonly model: ImportedModel;
  readonly textEncoder: TextEncoder;
  readonly transformer: Transformer;
  readonly vae: Vae;
  readonly scheduler: SchedulerConfig;
  readonly #sessions: readonly Session[];

  private constructor(
    model: ImportedModel,
    sessions: Record<PartName, Session>,
    tokenizers: ConstructorParameters<typeof TextEncoder>[2],
  ) {
    this.model = model;
    this.#sessions = Object.values(sessions);
    this.textEncoder = new TextEncoder(sessions.clip, sessions.t5, tokenizers);
    this.transformer = new Transformer(model.manifest.transformer, sessions.transformer);
    this.vae = new Vae(model.manifest.vae, sessions.vaeEncoder, sessions.vaeDecoder);
    this.scheduler = parseSchedulerConfig(model.manifest.scheduler);
  }

  /** Opens the tokenizers and the five sessions, one after the other: each may need all memory bandwidth. */
  static async open(model: ImportedModel, options: SessionOptions): Promise<Pipeline> {
    const tokenizers = await openTokenizers(model);
    const opened: Session[] = [];
    const open = async (part: PartName) => {
      const session = await Session.open(model, part, options);
      opened.push(session);
      return session;
    };
    try {
      const sessions = {
        clip: await open("clip"),
        t5: await open("t5"),
        vaeEncoder: await open("vaeEncoder"),
        transformer: await open("transformer"),
        vaeDecoder: await open("vaeDecoder"),
      };
      return new Pipeline(model, sessions, tokenizers);
    } catch (error) {
      await Promise.all(opened.map((session) => session[Symbol.asyncDispose]()));
      throw error;
    }
  }

  /** What each part runs on. */
  get outcomes(): Record<PartName, ProviderOutcome> {
    return Object.fromEntries(this.#sessions.map(({ part, outcome }) => [part, outcome])) as Record<
      PartName,
      ProviderOutcome
    >;
  }

  /** Milliseconds spent inside `session.run` by all parts so far. */
  get runMs(): number {
    return this.#sessions.reduce((sum, session) => sum + session.runMs, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session[Symbol.asyncDispose]();
  }
}

async function openTokenizers(model: ImportedModel): Promise<ConstructorParameters<typeof TextEncoder>[2]> {
  const { tokenizers, textEncoders } = model.manifest;
  if (tokenizers === null) return null;
  const open = (kind: "clip" | "t5") => {
    const { tokensMax, vocabSize } = textEncoders[kind];
    return loadTokenizer(resolveIn(model, tokenizers[kind]), { kind, maxLength: tokensMax, vocabSize });
  };
  return { clip: await open("clip"), t5: await open("t5") };
}
