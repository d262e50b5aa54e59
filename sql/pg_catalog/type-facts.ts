/** How pg_type and pg_attribute describe a type's storage. */
import { type Oid, TypeOid } from "../../src/types/index.js";
import { typeRows } from "./type-rows.js";

export interface StorageFacts {
  readonly byValue: boolean;
  readonly kind: string;
  readonly align: string;
  readonly storage: string;
  readonly input: Oid;
  readonly output: Oid;
  readonly receive: Oid;
  readonly send: Oid;
  readonly modifierIn: Oid;
  readonly modifierOut: Oid;
  readonly collation: Oid;
  readonly length: number;
  readonly delimiter: string;
}

const facts = new Map<Oid, StorageFacts>(
  typeRows
    .trim()
    .split("\n")
    .map((line) => {
      const [oid, byValue, kind, align, storage, input, output, receive, send, modifierIn, modifierOut, collation, length, delimiter] =
        line.split("|") as string[];
      return [
        Number(oid),
        {
          byValue: byValue === "t",
          kind: kind as string,
          align: align as string,
          storage: storage as string,
          input: Number(input),
          output: Number(output),
          receive: Number(receive),
          send: Number(send),
          modifierIn: Number(modifierIn),
          modifierOut: Number(modifierOut),
          collation: Number(collation),
          length: Number(length),
          delimiter: delimiter as string,
        },
      ];
    }),
);
/** A varlena of our own (vector) looks like one of an extension. */
const extensionType: StorageFacts = {
  byValue: false,
  kind: "b",
  align: "i",
  storage: "e",
  input: 0,
  output: 0,
  receive: 0,
  send: 0,
  modifierIn: 0,
  modifierOut: 0,
  collation: 0,
  length: -1,
  delimiter: ",",
};

/** pgvector keeps these out of line, uncompressed. */
const externalTypes: ReadonlySet<Oid> = new Set<Oid>([TypeOid.vector, TypeOid.halfvec, TypeOid.sparsevec]);

export function typeFacts(oid: Oid): StorageFacts {
  return facts.get(oid) ?? (externalTypes.has(oid) ? extensionType : { ...extensionType, storage: "x" });
}
