export type Present<Fields> = { [Name in keyof Fields]?: NonNullable<Fields[Name]> };

/** Without what is null, undefined or left out. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as Present<Fields>;
}
