import { type ReactNode, useEffect, useRef } from "react";
import type { AuditFilterInput, AuditKind, Category } from "../../../schema/generated/graphql.ts";
import { categoryWords } from "../words.ts";
import { kindGroups } from "./audit-words.ts";

const texts = [
  ["accountId", "Account", "id"],
  ["actor", "Done by", "id, or server"],
  ["subjectId", "Done to", "id of edit, picture …"],
] as const;

/** What of the log is shown. Each change asks anew. */
export function FilterForm({
  filter,
  onFilter,
  children,
}: {
  readonly filter: AuditFilterInput;
  readonly onFilter: (filter: AuditFilterInput) => void;
  readonly children?: ReactNode;
}) {
  const set = (name: keyof AuditFilterInput, value: AuditFilterInput[typeof name]) => {
    const { [name]: _, ...others } = filter;
    onFilter(value ? { ...others, [name]: value } : others);
  };
  return (
    <form className="sheet audit-filter" aria-label="Which events" onSubmit={(event) => event.preventDefault()}>
      <Field name="What" id="audit-kind">
        <select
          id="audit-kind"
          value={filter.kinds?.[0] ?? ""}
          onChange={({ target }) => set("kinds", target.value === "" ? undefined : [target.value as AuditKind])}
        >
          <option value="">everything</option>
          {kindGroups.map(([group, kinds]) => (
            <optgroup key={group} label={group}>
              {Object.entries(kinds).map(([kind, words]) => (
                <option key={kind} value={kind}>
                  {words}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </Field>
      <CategoryField chosen={filter.category} onChoose={(category) => set("category", category)} />
      <DayField
        name="From"
        id="audit-from"
        day={dayOf(filter.from, 0)}
        onDay={(day) => set("from", midnight(day, 0))}
      />
      <DayField
        name="To the end of"
        id="audit-to"
        day={dayOf(filter.before, -1)}
        onDay={(day) => set("before", midnight(day, 1))}
      />
      {texts.map(([name, label, hint]) => (
        <TextField
          key={name}
          name={label}
          id={`audit-${name}`}
          hint={hint}
          text={`${filter[name] ?? ""}`}
          onText={(text) => set(name, text)}
        />
      ))}
      <div className="row">{children}</div>
    </form>
  );
}

function CategoryField({
  chosen,
  onChoose,
}: {
  readonly chosen: Category | null | undefined;
  readonly onChoose: (category: Category | undefined) => void;
}) {
  return (
    <Field name="Category" id="audit-category">
      <select
        id="audit-category"
        value={chosen ?? ""}
        onChange={({ target }) => onChoose((target.value as Category) || undefined)}
      >
        <option value="">any or none</option>
        {Object.entries(categoryWords).map(([category, words]) => (
          <option key={category} value={category}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** A text that is taken when it is left, or by Enter. */
function TextField({
  name,
  id,
  hint,
  text,
  onText,
}: {
  readonly name: string;
  readonly id: string;
  readonly hint: string;
  readonly text: string;
  readonly onText: (text: string) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  // A link of the page may set it.
  useEffect(() => {
    field.current!.value = text;
  }, [text]);
  const take = () => {
    const typed = field.current!.value.trim();
    if (typed !== text) onText(typed);
  };
  return (
    <Field name={name} id={id}>
      <input
        ref={field}
        id={id}
        type="search"
        placeholder={hint}
        maxLength={100}
        onBlur={take}
        onKeyDown={({ key }) => key === "Enter" && take()}
      />
    </Field>
  );
}

/** A day as "2026-11-29", or empty. */
function DayField({
  name,
  id,
  day,
  onDay,
}: {
  readonly name: string;
  readonly id: string;
  readonly day: string;
  readonly onDay: (day: string) => void;
}) {
  return (
    <Field name={name} id={id}>
      <input id={id} type="date" max={lastDay} value={day} onChange={({ target }) => onDay(target.value)} />
    </Field>
  );
}

function Field({ name, id, children }: { readonly name: string; readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{name}</label>
      {children}
    </div>
  );
}

/** Of those that four figures can say for the year. */
const lastDay = "9999-12-31";

/** The beginning, here, of a day or of one that many days later; undefined for none. */
function midnight(day: string, later: number): string | undefined {
  if (day === "") return undefined;
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

/** The day, here, that a moment lies in, or the one that many days later; empty for none. */
function dayOf(moment: string | null | undefined, later: number): string {
  if (moment == null) return "";
  const date = new Date(moment);
  date.setDate(date.getDate() + later);
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return [`${year}`.padStart(4, "0"), `${month}`.padStart(2, "0"), `${day}`.padStart(2, "0")].join("-");
}
