/**
 * Functions, operators, casts, aggregates: signature and body. The TypeScript body is the definition of each; native forms agree with it.
 *
 * The binder reads signatures (this file's lookups), the executor bodies. Families live in files of their own and register through `define…`.
 */
import type { CastSignature, Datum, FormatContext, FunctionSignature, Oid, OperatorSignature, Row, SqlType } from "../types/index.js";

/** What a body may ask of the running statement. Implemented by the engine's session. */
export interface EvaluationContext extends FormatContext {
  /** now(): start of the transaction; statement_timestamp(); clock_timestamp(). Microseconds since 2000-01-01 UTC. */
  readonly statementTimeMicros: number;
  clockMicros(): number;
  random(): number;
  readonly currentUser: string;
  readonly sessionUser: string;
  readonly currentDatabase: string;
  readonly searchPath: readonly string[];
  setting(name: string, missingOk: boolean): string | null;
  setSetting(name: string, value: string, local: boolean): string;
  /** Doors to the engine for functions that need it (sequences, catalog, keys); keys are function families, e.g. "sequences". */
  service<T>(name: string): T;
}

/** Positional arguments, already of the signature's types; a strict function never gets null. */
export type ScalarBody = (context: EvaluationContext, ...args: never[]) => Datum;
export interface AggregateBody<State = unknown> {
  create(): State;
  /** Strict aggregates skip rows with a null argument before this. Returns the new state. */
  step(context: EvaluationContext, state: State, ...args: Datum[]): State;
  finish(context: EvaluationContext, state: State): Datum;
}
/** Rows of a set-returning function: a datum each, or a Row when it has OUT columns. */
export type SetBody = (context: EvaluationContext, ...args: never[]) => Iterable<Datum | Row>;

export interface FunctionRegistry {
  typeByOid(oid: Oid): SqlType | undefined;
  /** Internal or SQL name: int4, integer, "character varying", vector, _int4. */
  typeByName(name: string): SqlType | undefined;
  types(): Iterable<SqlType>;
  functionsByName(name: string): readonly FunctionSignature[]; // all schemas
  functionById(id: string): FunctionSignature | undefined;
  functions(): Iterable<FunctionSignature>;
  operatorsByName(name: string): readonly OperatorSignature[];
  operators(): Iterable<OperatorSignature>;
  cast(source: Oid, target: Oid): CastSignature | undefined;
  casts(): Iterable<CastSignature>;
  scalarBody(id: string): ScalarBody;
  aggregateBody(id: string): AggregateBody;
  setBody(id: string): SetBody;
}
