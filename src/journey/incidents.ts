import type { Clock } from "../core/clock.ts";
import { sourceIdsOf } from "../core/edit.ts";
import type { RgbImage } from "../core/image.ts";
import type { FilterOutcome, Stage } from "../core/moderation.ts";
import type { Put } from "../delivery/originals.ts";
import { encodeImage } from "../finishing/encode.ts";
import { preservedUntil } from "../moderation/incident.ts";
import { seal } from "../moderation/seal.ts";
import type { Database } from "../store/database.ts";
import { blockImageStatements, findImages, type Image } from "../store/images.ts";
import { incidentStatements } from "../store/incidents.ts";
import type { Statement } from "../store/statement.ts";
import { type Judgement, refusedCategories } from "./moderate.ts";
import type { JourneyEdit } from "./traveller.ts";

export interface IncidentsOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** X25519: what is kept is sealed to it, and the server cannot open it again. Without one no bytes are kept. */
  readonly publicKey?: Uint8Array;
  /** The bytes of an incident could not be kept; its record is. */
  readonly onUnsealed: (error: unknown) => void;
}

/** What is to be kept of one hit. */
export interface Evidence {
  readonly accountId: string;
  readonly editId?: string;
  readonly stage: Stage;
  /** Which filter found it, or that people did. */
  readonly filter: string;
  /** The picture that was hit, where it is on record. */
  readonly image?: Image;
  /** What it shows; absent for a prompt. */
  readonly pixels?: () => Promise<RgbImage>;
}

/** Keeps what the law wants kept of a hit for child abuse: a record, the bytes sealed, the picture never served again. */
export class Incidents {
  readonly #options: IncidentsOptions;

  constructor(options: IncidentsOptions) {
    this.#options = options;
  }

  /**
   * Keeps the bytes of what filters hit; returns a record of each text or picture, and that sources are blocked, to be stored
   * with the refusal. None where nothing was hit.
   *
   * @param pictures that the filters were shown: the edit's sources or its results. Those that were hit are sealed as they
   *   saw them, for their rows and bytes may be deleted meanwhile; of a result nothing else is kept
   * @param put keeps what is sealed until the record is stored
   */
  async keep(
    edit: JourneyEdit,
    { outcomes }: Judgement,
    pictures: readonly RgbImage[],
    put: Put,
  ): Promise<Statement[]> {
    const kept: Statement[] = [];
    for (const { stage, index, filter } of hitsOf(edit, outcomes)) {
      const imageId = stage === "SOURCE" ? sourceIdsOf(edit.request)[index] : undefined;
      const [image] = imageId === undefined ? [] : await findImages(this.#options.db, [imageId]);
      const picture = stage === "PROMPT" ? undefined : pictures[index];
      const evidence: Evidence = {
        accountId: edit.accountId,
        editId: edit.id,
        stage,
        filter,
        ...(image && { image }),
        ...(picture && { pixels: async () => picture }),
      };
      kept.push(...(await this.#record(evidence, "server", put)));
    }
    return kept;
  }

  /** The same for what a person has found to be child abuse: what is stored of it is sealed and blocked. */
  async keepDecided(found: readonly Evidence[], actor: string, put: Put): Promise<Statement[]> {
    const kept: Statement[] = [];
    for (const evidence of found) kept.push(...(await this.#record(evidence, actor, put)));
    return kept;
  }

  async #record({ image, pixels, ...about }: Evidence, actor: string, put: Put): Promise<Statement[]> {
    const sealedDigest = pixels && (await this.#seal(pixels, put));
    const at = this.#options.clock.date();
    const incident = {
      ...about,
      category: "CSAM",
      preservedUntil: preservedUntil(at),
      ...(image && { imageId: image.id, sha256: image.sourceDigest }),
      ...(image?.sourceMd5 && { md5: image.sourceMd5 }),
      ...(image?.pdq && { pdq: image.pdq }),
      ...(sealedDigest !== undefined && { sealedDigest }),
    } as const;
    const act = { actor, at };
    const isServed = image !== undefined && image.blockedAt === null;
    return [...incidentStatements(incident, act), ...(isServed ? blockImageStatements(image, "an incident", act) : [])];
  }

  /** What is refused stays refused and on record, whether or not its bytes can be kept. */
  async #seal(pixels: () => Promise<RgbImage>, put: Put): Promise<string | undefined> {
    const { publicKey, onUnsealed } = this.#options;
    if (publicKey === undefined) return undefined;
    try {
      return await put(await seal(await encodeImage(await pixels(), "png"), publicKey));
    } catch (error) {
      onUnsealed(error);
      return undefined;
    }
  }
}

/** The first hit of each of an edit's texts and pictures; what a mask put together of a result counts as that result. */
function hitsOf({ request }: JourneyEdit, outcomes: readonly FilterOutcome[]): Iterable<FilterOutcome> {
  const hits = new Map<string, FilterOutcome>();
  for (const outcome of outcomes) {
    if (!refusedCategories([outcome]).includes("CSAM")) continue;
    const { stage, index } = outcome;
    const about = `${stage} ${stage === "SOURCE" ? sourceIdsOf(request)[index] : index % request.count}`;
    if (!hits.has(about)) hits.set(about, outcome);
  }
  return hits.values();
}
