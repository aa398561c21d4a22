import {
  CancelEditDocument,
  EditDocument,
  type EditInput,
  type ImagePartsFragment,
} from "../../schema/generated/graphql.ts";
import { readClientEnvironment } from "../config/environment.ts";
import { Failed, Refused } from "../core/errors.ts";
import { Client } from "./client.ts";
import type { EditOptions } from "./edit-command.ts";
import { checkOutput, readInput, writeOutput } from "./files.ts";
import { duration } from "./format.ts";
import { ProgressBar } from "./progress-bar.ts";

/**
 * Follows an edit to its end, drawing its progress; gives its pictures.
 *
 * @throws Refused CONTENT_REFUSED when it was refused or is held, CANCELLED; Failed with the edit's own code
 */
export async function followEdit(
  client: Client,
  editId: string,
  bar: ProgressBar,
): Promise<readonly ImagePartsFragment[]> {
  try {
    for await (const event of client.progress(editId)) {
      switch (event.__typename) {
        case "QueuedEvent":
          bar.update(0, `place ${event.position}, ${duration(event.etaMs / 1000)} to go`);
          break;
        case "StepEvent":
          bar.update(
            event.step / event.total,
            `step ${event.step}/${event.total}  ${duration(event.etaMs / 1000)} left`,
          );
          break;
        case "CompletedEvent":
          return event.images;
        case "ModeratedEvent":
          throw moderated(event);
        case "FailedEvent": {
          const { code, message, retryable } = event.error;
          throw new Failed(code as "ENGINE_FAILED", message, { retryable });
        }
        case "CancelledEvent":
          throw new Refused("CANCELLED", "the edit was cancelled");
        case "ExpiredEvent":
          throw new Refused("DEADLINE_UNREACHABLE", "the edit's deadline passed before it could begin");
      }
    }
  } finally {
    bar.clear();
  }
  throw new Failed("INTERNAL", "the server ended the progress of the edit too early", { retryable: true });
}

function moderated({
  status,
  verdict,
}: {
  status: string;
  verdict: { category: string; stage: string; appealable: boolean };
}) {
  const { category, stage, appealable } = verdict;
  if (status === "IN_REVIEW")
    return new Refused("CONTENT_REFUSED", "the edit is held until a moderator has looked at it");
  const what = { PROMPT: "the prompt", SOURCE: "the picture", OUTPUT: "the result" }[stage] ?? "it";
  const appeal = appealable ? "; the decision can be appealed" : "";
  return new Refused("CONTENT_REFUSED", `${what} was refused: ${category}${appeal}`);
}

/** `pentimento edit --server`: the file goes there, the result comes back; says what was made, as JSON where that is asked. */
export async function editOnServer(url: string, file: string, prompt: string, options: EditOptions): Promise<string> {
  const format = await checkOutput(options.output);
  if (options.rounding !== "float32" || options.bucketRule !== "diffusers")
    throw new Refused("BAD_INPUT", "--rounding and --bucket-rule go without --server alone: its API has neither");
  const [image, mask] = await Promise.all([readInput(file), options.mask && readInput(options.mask)]);
  await using client = new Client(url, readClientEnvironment().key);
  const input = {
    prompt,
    images: [{ imageId: await client.upload(image) }],
    output: { format: format.toUpperCase(), quality: options.quality, size: options.size.toUpperCase() },
    ...(options.model !== undefined && { model: options.model }),
    ...(options.steps !== undefined && { steps: options.steps }),
    ...(options.guidance !== undefined && { guidance: options.guidance }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.aspect !== undefined && { aspectRatio: options.aspect }),
    ...(options.negative !== undefined && { negativePrompt: options.negative }),
    ...(options.trueCfg !== undefined && { trueCfg: options.trueCfg }),
    ...(mask && { mask: { imageId: await client.upload(mask, "MASK") }, strength: options.strength }),
    priority: "INTERACTIVE",
  } as EditInput;
  const started = performance.now();
  const asking = client.ask(EditDocument, { input });
  // Its progress then says that it was cancelled, or how it has ended; where the server cannot be told, a second one ends this.
  const cancel = () => asking.then(({ edit: { id } }) => client.ask(CancelEditDocument, { id })).catch(() => {});
  process.once("SIGINT", cancel);
  const following = asking.then(({ edit: { id } }) => followEdit(client, id, new ProgressBar("editing")));
  const [result] = await following.finally(() => process.off("SIGINT", cancel));
  const { edit } = await asking;
  await writeOutput(options.output, await client.download(result!.url!));
  const seconds = (performance.now() - started) / 1000;
  const { id, bucket, steps, guidance, seed, model } = edit;
  const { width, height, url: link } = result!;
  const { output } = options;
  if (options.json)
    return JSON.stringify({
      output,
      width,
      height,
      bucket,
      seconds,
      seed,
      steps,
      guidance,
      model,
      edit: id,
      url: link,
    });
  return `${output}  ${width} × ${height}, ${duration(seconds)}, seed ${seed}, model ${model}\n${link}`;
}
