/** What went wrong, in a line: Prisma puts it last, after the call that met it. */
export function reasonOf(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim() ?? "for no reason that it gives";
}
