import { useRef, useState } from "react";
import type { EditInput } from "../../../schema/generated/graphql.ts";
import { randomKey } from "../chance.ts";
import { inputOf, noOptions } from "./options-panel.tsx";
import { useSource } from "./source.ts";

/** What is to be asked for, as long as the studio is open. */
export function useDraft() {
  const [source, setSource] = useSource();
  const [prompt, setPrompt] = useState("");
  const [options, setOptions] = useState(noOptions);
  const sent = useRef<{ readonly wish: string; readonly idempotencyKey: string }>(undefined);

  /** The edit that it asks for, under one key until it is taken or changes: an answer that is lost makes no second edit. */
  const send = (imageId: string): EditInput => {
    const input = { prompt: prompt.trim(), images: [{ imageId }], ...inputOf(options) };
    const wish = JSON.stringify(input);
    if (sent.current?.wish !== wish) sent.current = { wish, idempotencyKey: randomKey() };
    return { ...input, idempotencyKey: sent.current.idempotencyKey };
  };
  const taken = () => {
    sent.current = undefined;
  };
  return { source, setSource, prompt, setPrompt, options, setOptions, send, taken };
}

export type Draft = ReturnType<typeof useDraft>;
