import { useId, useState } from "react";
import type { EditInput, OutputFormat, OutputSize, Priority } from "../../../schema/generated/graphql.ts";

/** As typed; empty where the server decides. */
export interface Options {
  readonly seed: string;
  readonly steps: string;
  readonly guidance: string;
  readonly count: string;
  readonly quality: string;
  readonly aspectRatio: string;
  readonly format: OutputFormat;
  readonly size: OutputSize;
  readonly priority: Priority;
}

/** Somebody is looking at the screen. */
export const noOptions: Options = {
  seed: "",
  steps: "",
  guidance: "",
  count: "",
  quality: "",
  aspectRatio: "MATCH_INPUT",
  format: "PNG",
  size: "ORIGINAL",
  priority: "INTERACTIVE",
};

/** The part of an edit's input that options make. */
export function inputOf(options: Options): Omit<EditInput, "prompt" | "images"> {
  const { aspectRatio, format, size, priority } = options;
  const number = (name: "seed" | "steps" | "guidance" | "count") =>
    options[name] === "" ? {} : { [name]: Number(options[name]) };
  return {
    aspectRatio,
    priority,
    output: { format, size, ...(options.quality !== "" && { quality: Number(options.quality) }) },
    ...number("seed"),
    ...number("steps"),
    ...number("guidance"),
    ...number("count"),
  };
}

const numbers = [
  { name: "seed", label: "Seed", min: 0, max: 4_294_967_295, step: 1, empty: "random" },
  { name: "steps", label: "Steps", min: 1, max: 100, step: 1, empty: "default" },
  { name: "guidance", label: "Guidance", min: 1, max: 9, step: "any", empty: "default" },
  { name: "count", label: "Pictures", min: 1, max: 4, step: 1, empty: "1" },
  { name: "quality", label: "Quality", min: 1, max: 100, step: 1, empty: "90" },
] as const;

const choices = [
  {
    name: "aspectRatio",
    label: "Ratio",
    values: {
      MATCH_INPUT: "as the photo",
      "1:1": "1 : 1",
      "4:3": "4 : 3",
      "3:2": "3 : 2",
      "16:9": "16 : 9",
      "3:4": "3 : 4",
      "2:3": "2 : 3",
      "9:16": "9 : 16",
    },
  },
  { name: "format", label: "Format", values: { PNG: "PNG", JPEG: "JPEG", WEBP: "WebP", AVIF: "AVIF" } },
  { name: "size", label: "Size", values: { ORIGINAL: "as the photo", MODEL: "as the model works" } },
  {
    name: "priority",
    label: "Priority",
    values: { INTERACTIVE: "I am waiting", NORMAL: "normal", BATCH: "whenever there is time" },
  },
] as const;

export function OptionsPanel({
  options,
  onOptions,
}: {
  readonly options: Options;
  readonly onOptions: (options: Options) => void;
}) {
  const id = useId();
  // Options that were set before must not act unseen.
  const [open] = useState(options !== noOptions);
  const set = (name: keyof Options, value: string) => onOptions({ ...options, [name]: value });
  return (
    <details
      className="options"
      open={open}
      onInvalidCapture={({ currentTarget }) => {
        // The browser says what is wrong with a field that can be seen, and otherwise nothing.
        currentTarget.open = true;
      }}
    >
      <summary>Options</summary>
      <div className="fields">
        {numbers.map(({ name, label, empty, ...range }) => (
          <label key={name} htmlFor={`${id}${name}`}>
            {label}
            <input
              id={`${id}${name}`}
              type="number"
              placeholder={empty}
              {...range}
              value={options[name]}
              onChange={(event) => set(name, event.target.value)}
            />
          </label>
        ))}
        {choices.map(({ name, label, values }) => (
          <label key={name} htmlFor={`${id}${name}`}>
            {label}
            <select id={`${id}${name}`} value={options[name]} onChange={(event) => set(name, event.target.value)}>
              {Object.entries(values).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
    </details>
  );
}
