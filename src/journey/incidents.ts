import type { Clock } from "../core/clock.ts";
import { sourceIdsOf } from "../core/edit.ts";
import type { RgbImage } from "../core/image.ts";
import type { Put } from "../delivery/originals.ts";
import { encodeImage } from "../finishing/encode.ts";
import { preservedUntil } from "../moderation/incident.ts";
import { seal } from "../moderation/seal.ts";
import type { Database } from "../store/database.ts";
import { blockImageStatements, findImages } from "../store/images.ts";
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

/** Keeps what the law wants kept of a hit for child abuse: a record, the bytes sealed, the source never served again. */
export class Incidents {
  readonly #options: IncidentsOptions;

  constructor(options: IncidentsOptions) {
    this.#options = options;
  }

  /**
   * Keeps the bytes of a hit; returns the record, and that its source is blocked, to be stored with the refusal. None where
   * nothing was hit.
   *
   * @param pictures that the filters were shown: the edit's sources or its results. The one that was hit is sealed as they
   *   saw it, for its row and its bytes may be deleted meanwhile; of a result nothing else is kept
   * @param put keeps what is sealed until the record is stored
   */
  async keep(
    edit: JourneyEdit,
    { outcomes }: Judgement,
    pictures: readonly RgbImage[],
    put: Put,
  ): Promise<Statement[]> {
    const { db, clock } = this.#options;
    const hit = outcomes.find((outcome) => refusedCategories([outcome]).includes("CSAM"));
    if (hit === undefined) return [];
    const imageId = hit.stage === "SOURCE" ? sourceIdsOf(edit.request)[hit.index] : undefined;
    const sealedDigest = hit.stage === "PROMPT" ? undefined : await this.#seal(pictures[hit.index], put);
    const [image] = imageId === undefined ? [] : await findImages(db, [imageId]);
    const at = clock.date();
    const incident = {
      accountId: edit.accountId,
      editId: edit.id,
      stage: hit.stage,
      category: "CSAM",
      filter: hit.filter,
      preservedUntil: preservedUntil(at),
      ...(imageId !== undefined && { imageId }),
      ...(image && { sha256: image.sourceDigest }),
      ...(image?.sourceMd5 && { md5: image.sourceMd5 }),
      ...(sealedDigest !== undefined && { sealedDigest }),
    } as const;
    const act = { actor: "server", at };
    const isServed = image !== undefined && image.blockedAt === null;
    return [...incidentStatements(incident, act), ...(isServed ? blockImageStatements(image, "an incident", act) : [])];
  }

  /** What is refused stays refused and on record, whether or not its bytes can be kept. */
  async #seal(picture: RgbImage | undefined, put: Put): Promise<string | undefined> {
    const { publicKey, onUnsealed } = this.#options;
    if (publicKey === undefined || picture === undefined) return undefined;
    try {
      return await put(await seal(await encodeImage(picture, "png"), publicKey));
    } catch (error) {
      onUnsealed(error);
      return undefined;
    }
  }
}
