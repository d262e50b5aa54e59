/** What binding one statement carries along: id supplies, parameters, the catalog, and whether the plan may be kept. */
import type { CatalogReader } from "../../src/catalog/index.js";
import type { BindContext } from "../../src/engine/types.js";
import type { FunctionRegistry } from "../../src/functions/registry.js";
import type { AccessNote, ColumnId, Expression, Parameter, PlanColumn } from "../../src/plan/index.js";
import {
  type CompositeField,
  DbError,
  FIRST_INITDB_OID,
  indeterminateType,
  notSupported,
  type Oid,
  type SqlType,
  TypeOid,
  undefinedParameter,
} from "../../src/types/index.js";
import type { Expr, RelationName } from "../parser/syntax-tree.js";
import type { BindingNotes } from "./binding-notes.js";
import type { RenamingRecord } from "./rename-stored.js";
import type { NamespaceItem, Scope } from "./scope.js";

export type RecordFields = readonly { readonly name: string; readonly type: Oid }[];

export class Binder {
  readonly catalog: CatalogReader;
  cacheable = true;
  #nextColumnId = 1;
  #nextCteId = 1;
  readonly #parameterTypes: Oid[];
  /** Inside a routine $1…$n are given, in a simple query none are: no more may come. */
  readonly #fixedParameters: boolean;
  /** Query level that a column id belongs to, by id. */
  readonly owners: (Scope | undefined)[] = [];
  /** Fields of the columns of type record whose value a call makes. */
  readonly recordColumns = new Map<ColumnId, RecordFields>();
  /** Views being expanded, against endless recursion; and OIDs of the relations that were read. */
  readonly viewStack: Oid[] = [];
  /** Tables whose policies are being bound, likewise. */
  readonly policyStack: Oid[] = [];
  readonly relationsRead = new Set<Oid>();
  readonly reads: AccessNote[] = [];
  /** Filled while a query that is to be stored is bound. */
  recorded: { readonly schemas: Map<RelationName, string>; readonly stars: Map<Expr, readonly (readonly string[])[]> } | undefined;
  /** The statement, or a view in it, says a word that may be a system column: scans give those too. */
  mentionsSystemColumns = false;
  /** Set while stored SQL is bound to learn where an old name is meant. */
  renaming: RenamingRecord | undefined;
  /** Set while stored SQL is bound to be printed. */
  notes: BindingNotes | undefined;
  /** A collation other than the default is in the statement or in what it reads: the plan is walked for it. */
  collated = false;
  /** False inside stored expressions. */
  parametersAllowed = true;

  constructor(
    readonly registry: FunctionRegistry,
    readonly context: BindContext,
  ) {
    this.catalog = context.catalog;
    this.#parameterTypes = context.parameterTypes.slice();
    this.#fixedParameters = context.parameterNames !== undefined || context.parametersAllowed === false;
  }

  newColumn(name: string, type: Oid, typmod: number, origin?: PlanColumn["origin"]): PlanColumn {
    const id = this.#nextColumnId++ as ColumnId;
    return origin === undefined ? { id, name, type, typmod } : { id, name, type, typmod, origin };
  }
  newCteId(): number {
    return this.#nextCteId++;
  }
  own(scope: Scope, item: NamespaceItem): void {
    for (const column of item.columns) this.owners[column.id] = scope;
    if (item.rowId !== undefined) this.owners[item.rowId] = scope;
    for (const { rowId, tableOid } of item.lockedRows ?? []) {
      this.owners[rowId.id] = scope;
      if (tableOid !== undefined) this.owners[tableOid.id] = scope;
    }
    for (const column of item.systemColumns ?? []) this.owners[column.id] = scope;
    scope.known.push(item);
  }

  type(oid: Oid): SqlType {
    const type = this.registry.typeByOid(oid);
    if (type === undefined) throw notSupported(`type with OID ${oid}`);
    return type;
  }
  /** As format_type prints it. */
  typeName(oid: Oid): string {
    return this.registry.typeByOid(oid)?.displayName ?? PSEUDO_TYPE_NAMES[oid] ?? `???`;
  }
  category(oid: Oid): string {
    return this.registry.typeByOid(oid)?.category ?? "X";
  }
  /** The type below all domains. */
  baseType(oid: Oid): Oid {
    if (oid < FIRST_INITDB_OID) return oid;
    for (let type = this.registry.typeByOid(oid); ; type = this.registry.typeByOid(type.base.type)) {
      if (type?.base === undefined) return type?.oid ?? oid;
    }
  }
  /** Has named fields (or is a domain over such a type). */
  fields(oid: Oid): readonly CompositeField[] | undefined {
    return oid < FIRST_INITDB_OID ? undefined : this.registry.typeByOid(oid)?.fields;
  }
  elementType(oid: Oid): Oid {
    return this.registry.typeByOid(oid)?.elementType ?? 0;
  }
  arrayType(oid: Oid): Oid {
    return this.registry.typeByOid(oid)?.arrayType ?? 0;
  }

  /** A parameter by its name, in a routine's body: `name` or `routine.name`. */
  namedParameter(fields: readonly string[], position: number): Parameter | undefined {
    const known = this.context.parameterNames;
    if (known === undefined || fields.length === 0 || fields.length > 2) return undefined;
    if (fields.length === 2 && fields[0] !== known.routine) return undefined;
    const index = known.names.lastIndexOf(fields.at(-1)!);
    return index < 0 ? undefined : this.parameter(index + 1, position);
  }
  parameter(number: number, position: number): Parameter {
    if (!this.parametersAllowed || number < 1 || number > 65535) throw undefinedParameter(number, position);
    if (this.#fixedParameters && number > this.#parameterTypes.length) throw undefinedParameter(number, position);
    while (this.#parameterTypes.length < number) this.#parameterTypes.push(0);
    const known = this.#parameterTypes[number - 1]!;
    return { kind: "Parameter", index: number - 1, type: known === 0 ? TypeOid.unknown : known, typmod: -1, position };
  }
  /** The first use that needs a type decides it. */
  resolveParameter(parameter: Parameter, type: Oid): Parameter {
    const known = this.#parameterTypes[parameter.index]!;
    if (known !== 0 && known !== TypeOid.unknown && known !== type) {
      throw new DbError({
        sqlstate: "42P08",
        message: `inconsistent types deduced for parameter $${parameter.index + 1}`,
        detail: `${this.typeName(known)} versus ${this.typeName(type)}`,
        ...(parameter.position === undefined ? {} : { position: parameter.position }),
      });
    }
    this.#parameterTypes[parameter.index] = type;
    return { ...parameter, type };
  }
  finishParameters(): readonly Oid[] {
    for (const [index, type] of this.#parameterTypes.entries()) {
      if (type === 0 || type === TypeOid.unknown) throw indeterminateType(`could not determine data type of parameter $${index + 1}`);
    }
    return this.#parameterTypes;
  }
}

/** Pseudo-types that error messages may name though no value has them. */
const PSEUDO_TYPE_NAMES: Readonly<Record<Oid, string>> = {
  [TypeOid.unknown]: "unknown",
  [TypeOid.record]: "record",
  [TypeOid.anyelement]: "anyelement",
  [TypeOid.anyarray]: "anyarray",
  [TypeOid.void]: "void",
};

export const typeOf = (expression: Expression): Oid => expression.type;
/** The errors' position wants undefined for "unknown". */
export const at = (position: number | undefined): number | undefined => (position === 0 ? undefined : position);
