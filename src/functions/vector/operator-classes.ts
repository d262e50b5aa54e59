/** Operator classes of pgvector's index methods: the type they take, the distance operator they serve, the addon's metric for it. */
import { type Oid, TypeOid } from "../../types/index.js";

export interface VectorOperatorClass {
  readonly name: string;
  readonly type: Oid;
  readonly operator: string;
  /** VectorMetric of the addon (src/native/vector.ts). */
  readonly metric: number;
}

const distances = [
  ["l2", "<->", 1],
  ["ip", "<#>", 2],
  ["cosine", "<=>", 3],
  ["l1", "<+>", 4],
] as const;
const bitDistances = [
  ["hamming", "<~>", 5],
  ["jaccard", "<%>", 6],
] as const;
const sparseDistances = [
  ["l2", "<->", 7],
  ["ip", "<#>", 8],
  ["cosine", "<=>", 9],
  ["l1", "<+>", 10],
] as const;
const types = [
  ["vector", TypeOid.vector, distances],
  ["halfvec", TypeOid.halfvec, distances],
  ["bit", TypeOid.bit, bitDistances],
  ["sparsevec", TypeOid.sparsevec, sparseDistances],
] as const;

/** The class when none is written: pgvector has a default for ivfflat over vector alone. */
export function defaultVectorOperatorClass(method: string, type: Oid): string | undefined {
  return method === "ivfflat" && type === TypeOid.vector ? "vector_l2_ops" : undefined;
}
/** pgvector has no lists under L1 and Jaccard, and none of sparse vectors. */
export function hasVectorOperatorClass(method: string, name: string): boolean {
  const found = vectorOperatorClasses.get(name);
  return (
    found !== undefined && (method === "hnsw" || (found.operator !== "<+>" && found.operator !== "<%>" && found.type !== TypeOid.sparsevec))
  );
}

/** By name. */
export const vectorOperatorClasses: ReadonlyMap<string, VectorOperatorClass> = new Map(
  types.flatMap(([typeName, type, ofType]) =>
    ofType.map(([distance, operator, metric]) => {
      const name = `${typeName}_${distance}_ops`;
      return [name, { name, type, operator, metric }] as const;
    }),
  ),
);

/** The class that serves ORDER BY with this operator over values of the type. */
export function classOfOperator(operator: string, type: Oid): VectorOperatorClass | undefined {
  for (const found of vectorOperatorClasses.values()) if (found.operator === operator && found.type === type) return found;
  return undefined;
}
