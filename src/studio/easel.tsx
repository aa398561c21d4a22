import { type ReactNode, useState } from "react";

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

interface ChooseFileProps {
  /** Kinds of picture that are asked for. */
  readonly kinds: readonly ("jpeg" | "png" | "webp" | "avif")[];
  readonly onChoose: (file: Blob) => void;
  readonly children: ReactNode;
}

export function ChooseFile({ kinds, onChoose, children }: ChooseFileProps) {
  return (
    <label className="choose">
      <input
        type="file"
        accept={kinds.map((kind) => `image/${kind}`).join(",")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) onChoose(file);
        }}
      />
      <span>{children}</span>
    </label>
  );
}
