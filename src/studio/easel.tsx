import { type ReactNode, useEffect, useState } from "react";
import { takeLostFocus } from "./arrival.tsx";

interface EaselProps {
  readonly label: string;
  readonly empty: boolean;
  readonly onDrop: (dropped: DataTransfer) => void;
  readonly children: ReactNode;
}

/** Where a picture lies, or may be dropped. */
export function Easel({ label, empty, onDrop, children }: EaselProps) {
  const [over, setOver] = useState(false);
  return (
    <section
      className="easel"
      data-over={over}
      data-empty={empty}
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onDrop(event.dataTransfer);
      }}
    >
      {children}
    </section>
  );
}

/** Has the browser open no file that is dropped beside an easel: it would put the file in the page's place. */
export function useNoStrayDrops(): void {
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      const { dataTransfer } = event;
      if (event.defaultPrevented || !dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      dataTransfer.dropEffect = "none";
    };
    addEventListener("dragover", refuse);
    addEventListener("drop", refuse);
    return () => {
      removeEventListener("dragover", refuse);
      removeEventListener("drop", refuse);
    };
  }, []);
}

/** Kinds of picture that can be edited. */
export const photoKinds = ["jpeg", "png", "webp"] as const;

/** Kinds of picture that can be verified. */
export const verifiedKinds = [...photoKinds, "avif"] as const;

interface ChooseFileProps {
  readonly kinds: readonly (typeof verifiedKinds)[number][];
  /** Takes the focus where what had it has made way for this. */
  readonly replaces?: boolean;
  readonly onChoose: (file: Blob) => void;
  readonly children: ReactNode;
}

export function ChooseFile({ kinds, replaces = false, onChoose, children }: ChooseFileProps) {
  return (
    <label className="choose">
      <input
        ref={replaces ? takeLostFocus : undefined}
        type="file"
        accept={kinds.map((kind) => `image/${kind}`).join(",")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) onChoose(file);
          // Or the browser would not say when the same file is chosen again.
          event.target.value = "";
        }}
      />
      <span>{children}</span>
    </label>
  );
}
