import { Failed } from "../core/errors.ts";
import type { ProviderName, ProviderOutcome } from "../model/provider.ts";

/**
 * Opens something on the first provider of `asked` that works. Every provider passed over leaves its reason; when none
 * works, the error carries all of them. Nothing is tried that was not asked for.
 */
export async function openOnFirst<Opened>(
  asked: readonly ProviderName[],
  available: ReadonlySet<string>,
  open: (provider: ProviderName) => Promise<Opened>,
): Promise<{ opened: Opened; outcome: ProviderOutcome }> {
  const passedOver: string[] = [];
  for (const provider of asked) {
    if (!available.has(provider)) {
      passedOver.push(`${provider}: this build of onnxruntime-node does not have it`);
      continue;
    }
    try {
      return { opened: await open(provider), outcome: { asked, got: provider, passedOver } };
    } catch (error) {
      const [firstLine] = (error instanceof Error ? error.message : String(error)).split("\n");
      passedOver.push(`${provider}: ${firstLine}`);
    }
  }
  throw new Failed("MODEL_UNAVAILABLE", `no execution provider works: ${passedOver.join("; ")}`, { retryable: false });
}
