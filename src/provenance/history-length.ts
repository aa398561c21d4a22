import { z } from "zod";

const store = z.object({ active_manifest: z.string(), manifests: z.record(z.string(), z.unknown()) });
const manifest = z.object({ ingredients: z.array(z.object({ active_manifest: z.string().optional() })) });

/**
 * How many manifests are met by whoever walks through a file's history, as C2PA's reader found it: each as often as it is
 * named, for the library looks at it as often. Infinity for more than `max`, and for one that names itself.
 */
export function historyLengthOf(found: unknown, max: number): number {
  const parsed = store.safeParse(found).data;
  if (parsed === undefined) return 0;
  const { active_manifest, manifests } = parsed;
  const known = new Map<string, number>();
  const lengthOf = (label: string, depth: number): number => {
    if (depth > max) return Number.POSITIVE_INFINITY;
    const before = known.get(label);
    if (before !== undefined) return before;
    known.set(label, Number.POSITIVE_INFINITY);
    let length = 1;
    for (const { active_manifest: named } of manifest.safeParse(manifests[label]).data?.ingredients ?? [])
      if (named !== undefined) length += lengthOf(named, depth + 1);
    known.set(label, length);
    return length;
  };
  const length = lengthOf(active_manifest, 1);
  return length > max ? Number.POSITIVE_INFINITY : length;
}
