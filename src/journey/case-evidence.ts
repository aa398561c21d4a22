import { sourceIdsOf } from "../core/edit.ts";
import type { FilterOutcome, Stage } from "../core/moderation.ts";
import type { Case } from "../store/cases.ts";
import type { Database } from "../store/database.ts";
import type { Edit } from "../store/edits.ts";
import { findImages, type Image } from "../store/images.ts";
import { findOutcomesByEdits } from "../store/moderation-outcomes.ts";
import type { Gallery } from "./gallery.ts";
import type { Evidence } from "./incidents.ts";

interface Shelves {
  readonly db: Database;
  readonly gallery: Gallery;
}

/** Stands for the filter where people found it. */
const foundByPeople = "moderator";

/**
 * What is kept of a hold that a person has decided to be child abuse: the pictures in which filters suspected it, or the
 * record alone for a prompt.
 *
 * @param held the results that were held
 */
export async function evidenceOfHold(
  { db, gallery }: Shelves,
  { stage, accountId }: Case,
  edit: Edit,
  held: readonly Image[],
): Promise<Evidence[]> {
  const about = { accountId, editId: edit.id, stage: (stage ?? "PROMPT") as Stage };
  const outcomes = (await findOutcomesByEdits(db, [edit.id])).get(edit.id) ?? [];
  const suspected = outcomes.filter((outcome) => outcome.stage === about.stage && isSuspected(outcome));
  if (about.stage === "PROMPT") return [{ ...about, filter: suspected.at(-1)?.filter ?? foundByPeople }];
  const pictures = about.stage === "OUTPUT" ? held : await findImages(db, sourceIdsOf(edit.request));
  const found = pictures.flatMap((image) => {
    const filter = suspected.find(({ index }) => isAt(index, image, edit))?.filter;
    return filter === undefined ? [] : [{ image, filter }];
  });
  const known = found.length > 0 ? found : pictures.map((image) => ({ image, filter: foundByPeople }));
  return known.map(({ image, filter }) => ({ ...about, filter, image, pixels: () => gallery.pixels(image) }));
}

/** What is kept of a picture that was reported as child abuse, and is. */
export function evidenceOfReport(gallery: Gallery, image: Image): Evidence {
  const { accountId, editId, kind } = image;
  return {
    accountId,
    ...(editId !== null && { editId }),
    stage: kind === "OUTPUT" ? "OUTPUT" : "SOURCE",
    filter: foundByPeople,
    image,
    pixels: () => gallery.pixels(image),
  };
}

function isSuspected({ verdict, categories }: FilterOutcome): boolean {
  return (
    verdict !== "ALLOW" &&
    categories.some(({ category, score, threshold }) => category === "CSAM" && score >= threshold)
  );
}

/** Whether a filter that was shown the edit's picture at this index was shown this one. */
function isAt(index: number, { id, editId, index: own }: Image, edit: Edit): boolean {
  const { request } = edit;
  // After what the model made counts what a mask put together of it.
  return editId === edit.id ? own === index % request.count : sourceIdsOf(request)[index] === id;
}
