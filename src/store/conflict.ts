/** The model whose row could not be written because another has the same key; undefined for every other error. */
export function conflictOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "P2002") return undefined;
  const { meta } = error as { meta?: { modelName?: string } };
  return meta?.modelName;
}
