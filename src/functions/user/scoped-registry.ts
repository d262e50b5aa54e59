/**
 * The registry as one session's statement sees it: PostgreSQL's own types and functions below, the catalog's on top, by the session's
 * search path. One per catalog version and path; built empty and filled as names are asked for, so a version costs nothing by itself.
 *
 * What the catalog defines in SQL has bodies that ask `context.service("routines")`.
 */
import type { CompositeObject, FunctionObject, RangeObject, SessionCatalogReader, TypeObject, TypeOwner } from "../../catalog/index.js";
import { quoteIdentifier } from "../../catalog/index.js";
import {
  type CastSignature,
  type CompositeField,
  type Datum,
  FIRST_USER_OID,
  type FunctionSignature,
  notSupported,
  type Oid,
  type OperatorSignature,
  type SqlType,
  TypeOid,
} from "../../types/index.js";
import type { AggregateBody, CallTypes, EvaluationContext, FunctionRegistry, ScalarBody, SetBody } from "../registry.js";
import { arrayBodies } from "../types/array.js";
import { builtInDomainCheck } from "../types/information-schema.js";
import { makeRecordType } from "../types/record.js";
import { aggregateBodyOf } from "./aggregate.js";
import { compositeBodies } from "./composite-type.js";
import { domainBodies, domainCheckId } from "./domain-type.js";
import { enumBodies } from "./enum-type.js";
import { constructorBody, constructorSignature, constructorsOf, makeRangeTypes } from "./range-types.js";
import { routines } from "./routine-service.js";
import { routineId, signatureOf } from "./signatures.js";

export class ScopedRegistry implements FunctionRegistry {
  readonly #types = new Map<Oid, SqlType | null>();
  readonly #signatures = new Map<string, FunctionSignature | null>();
  readonly #named = new Map<string, readonly FunctionSignature[]>();
  readonly #operators = new Map<string, readonly OperatorSignature[]>();
  #casts: ReadonlyMap<string, CastSignature> | undefined;
  #record: SqlType | undefined;
  #recordArray: SqlType | undefined;

  constructor(
    readonly base: FunctionRegistry,
    readonly catalog: SessionCatalogReader,
  ) {}

  // ---- types

  typeByOid(oid: Oid): SqlType | undefined {
    if (oid < FIRST_USER_OID) {
      if (oid === TypeOid.record) return this.record;
      if (oid === TypeOid.recordArray) return this.recordArray;
      return this.base.typeByOid(oid);
    }
    let type = this.#types.get(oid);
    if (type === undefined) {
      const owner = this.catalog.snapshot.typeOwner(oid);
      type = owner === undefined ? null : this.#make(owner, oid);
      this.#types.set(oid, type);
    }
    return type ?? undefined;
  }
  /** Fields of a record are described by the value, but their types may be the catalog's. */
  get record(): SqlType {
    this.#record ??= { ...makeRecordType((oid) => this.typeByOid(oid)) };
    return this.#record;
  }
  get recordArray(): SqlType | undefined {
    const base = this.base.typeByOid(TypeOid.recordArray);
    if (base !== undefined) this.#recordArray ??= { ...base, ...arrayBodies(this.record) };
    return this.#recordArray;
  }
  typeByName(name: string, schema?: string): SqlType | undefined {
    if (schema !== undefined) {
      const found = this.catalog.schemaByName(schema);
      const owner = found === undefined ? undefined : this.catalog.snapshot.typeNamed(found.oid, name);
      return owner === undefined ? this.base.typeByName(name, schema) : this.#ofName(owner, name);
    }
    const base = this.base.typeByName(name);
    if (base !== undefined && base.oid < FIRST_USER_OID) return base;
    for (const oid of this.catalog.searchPath) {
      const owner = this.catalog.snapshot.typeNamed(oid, name);
      if (owner !== undefined) return this.#ofName(owner, name);
      const schemaName = this.catalog.schemaByOid(oid)?.name;
      if (schemaName === "information_schema") return this.base.typeByName(name, schemaName) ?? base;
    }
    return base;
  }
  *types(): Iterable<SqlType> {
    yield* this.base.types();
    for (const object of this.catalog.snapshot.objects()) {
      const oids = typeOids(object as TypeOwner);
      for (const oid of oids) {
        const type = this.typeByOid(oid);
        if (type !== undefined) yield type;
      }
    }
  }
  /** The owner's own type, its array, its multirange or that one's array, whichever has this name. */
  #ofName(owner: TypeOwner, name: string): SqlType | undefined {
    for (const oid of typeOids(owner)) {
      const type = this.typeByOid(oid);
      if (type?.name === name) return type;
    }
    return undefined;
  }

  #make(owner: TypeOwner, oid: Oid): SqlType | null {
    if (owner.class !== "type") {
      if (oid !== owner.oid) return this.#array(`_${owner.name}`, owner.oid, oid);
      return this.#composite(owner, fieldsOf(owner), owner.arrayOid ?? 0);
    }
    if (oid === owner.arrayOid) return this.#array(owner.arrayName, owner.oid, oid);
    if (owner.kind === "range" && oid === owner.multirange.arrayOid)
      return this.#array(owner.multirange.arrayName, owner.multirange.oid, oid);
    const facts = {
      oid,
      name: owner.name,
      displayName: this.#displayName(owner.schema, owner.name, owner.oid),
      preferred: false,
      length: -1,
      elementType: 0,
      arrayType: owner.arrayOid,
      formatModifier: () => "",
    };
    switch (owner.kind) {
      case "shell":
        return null;
      case "enum":
        return { ...facts, category: "E", length: 4, ...enumBodies(owner, facts.displayName) };
      case "composite":
        return this.#composite(owner, fieldsOf(owner), owner.arrayOid);
      case "domain": {
        const base = this.typeByOid(owner.base);
        if (base === undefined) return null;
        const { oid: own, name, displayName, arrayType } = facts;
        // The collation is this domain's alone: one below says its own.
        const { collation: _collation, ...below } = base;
        const collation = owner.collation === undefined ? {} : { collation: owner.collation };
        return { ...below, ...domainBodies(owner, base), ...collation, oid: own, name, displayName, arrayType } as SqlType;
      }
      case "range":
        return makeRangeTypes(owner, oid, this, (name, of) => this.#displayName(owner.schema, name, of));
    }
  }
  #composite(
    owner: { readonly oid: Oid; readonly schema: Oid; readonly name: string },
    fields: readonly CompositeField[],
    arrayType: Oid,
  ): SqlType {
    const typeOf = (oid: Oid): SqlType => {
      const type = this.typeByOid(oid);
      if (type === undefined) throw notSupported(`type ${oid} in a composite type`);
      return type;
    };
    return {
      oid: owner.oid,
      name: owner.name,
      displayName: this.#displayName(owner.schema, owner.name, owner.oid),
      category: "C",
      preferred: false,
      length: -1,
      elementType: 0,
      arrayType,
      formatModifier: () => "",
      ...compositeBodies(fields, typeOf),
    };
  }
  #array(name: string, elementOid: Oid, oid: Oid): SqlType | null {
    const element = this.typeByOid(elementOid);
    if (element === undefined) return null;
    return {
      oid,
      name,
      displayName: `${element.displayName}[]`,
      category: "A",
      preferred: false,
      length: -1,
      elementType: elementOid,
      arrayType: 0,
      formatModifier: () => "",
      ...arrayBodies(element),
    };
  }
  /** As format_type prints it: qualified unless the path leads to it. */
  #displayName(schema: Oid, name: string, oid: Oid): string {
    if (this.base.typeByName(name) === undefined) {
      for (const candidate of this.catalog.searchPath) {
        const found = this.catalog.snapshot.typeNamed(candidate, name);
        if (found === undefined) continue;
        if (typeOids(found).includes(oid) && candidate === schema) return quoteIdentifier(name);
        break;
      }
    }
    return `${quoteIdentifier(this.catalog.schemaByOid(schema)?.name ?? "")}.${quoteIdentifier(name)}`;
  }

  // ---- functions

  functionsByName(name: string): readonly FunctionSignature[] {
    let found = this.#named.get(name);
    if (found === undefined) {
      const ranges = this.catalog.snapshot
        .rangesNamed(name)
        .flatMap((r) => constructorsOf(r, this.catalog.schemaByOid(r.schema)?.name ?? "", name));
      const own = [...this.catalog.snapshot.functionsNamed(name).map((f) => this.#signature(f)), ...ranges];
      const base = this.base.functionsByName(name);
      found = own.length === 0 ? base : [...base, ...own];
      this.#named.set(name, found);
    }
    return found;
  }
  functionById(id: string): FunctionSignature | undefined {
    const base = this.base.functionById(id);
    if (base !== undefined) return base;
    const known = this.#signatures.get(id);
    if (known !== undefined) return known ?? undefined;
    const constructed = constructorSignature(
      id,
      (range) => this.#range(range),
      (schema) => this.catalog.schemaByOid(schema)?.name ?? "",
    );
    if (constructed !== undefined) return constructed;
    const oid = routineId.oidOf(id);
    const object = oid === undefined ? undefined : this.catalog.snapshot.object(oid);
    const signature = object?.class === "function" ? this.#signature(object) : undefined;
    return signature;
  }
  *functions(): Iterable<FunctionSignature> {
    yield* this.base.functions();
    for (const object of this.catalog.snapshot.objects()) if (object.class === "function") yield this.#signature(object);
  }
  #signature(object: FunctionObject): FunctionSignature {
    const id = routineId.of(object);
    let signature = this.#signatures.get(id);
    if (signature === undefined || signature === null) {
      signature = signatureOf(object, this.catalog.schemaByOid(object.schema)?.name ?? "", (oid) => this.typeByOid(oid));
      this.#signatures.set(id, signature);
    }
    return signature;
  }
  #range(oid: Oid): RangeObject | undefined {
    const object = this.catalog.snapshot.object(oid);
    return object?.class === "type" && object.kind === "range" ? object : undefined;
  }
  #routine(id: string): FunctionObject | undefined {
    const oid = routineId.oidOf(id);
    const object = oid === undefined ? undefined : this.catalog.snapshot.object(oid);
    return object?.class === "function" ? object : undefined;
  }

  // ---- operators and casts

  operatorsByName(name: string): readonly OperatorSignature[] {
    let found = this.#operators.get(name);
    if (found === undefined) {
      const own = this.catalog.snapshot.operatorsNamed(name).map((o): OperatorSignature => {
        const { commutator, negator } = o;
        const nameOf = (oid: Oid): { name: string } | undefined => {
          const other = this.catalog.snapshot.object(oid);
          return other?.class === "operator" ? other : undefined;
        };
        return {
          oid: o.oid,
          schema: this.catalog.schemaByOid(o.schema)?.name ?? "",
          name: o.name,
          left: o.left,
          right: o.right,
          result: o.result,
          functionId: o.functionId,
          isUserDefined: true,
          ...(commutator === 0 ? {} : { commutator: nameOf(commutator)?.name ?? "" }),
          ...(negator === 0 ? {} : { negator: nameOf(negator)?.name ?? "" }),
        };
      });
      const base = this.base.operatorsByName(name);
      found = own.length === 0 ? base : [...base, ...own];
      this.#operators.set(name, found);
    }
    return found;
  }
  *operators(): Iterable<OperatorSignature> {
    yield* this.base.operators();
    const names = new Set<string>();
    for (const object of this.catalog.snapshot.objects()) if (object.class === "operator") names.add(object.name);
    for (const name of names) for (const o of this.operatorsByName(name)) if (o.oid >= FIRST_USER_OID) yield o;
  }
  cast(source: Oid, target: Oid): CastSignature | undefined {
    const own = this.#ownCasts().get(`${source}>${target}`);
    return own ?? this.base.cast(source, target);
  }
  *casts(): Iterable<CastSignature> {
    yield* this.base.casts();
    yield* this.#ownCasts().values();
  }
  #ownCasts(): ReadonlyMap<string, CastSignature> {
    this.#casts ??= new Map(
      this.catalog.snapshot.casts.map((c): [string, CastSignature] => [
        `${c.source}>${c.target}`,
        {
          source: c.source,
          target: c.target,
          context: c.context,
          method: c.method === "function" ? { kind: "function", functionId: c.functionId ?? "" } : { kind: c.method },
        },
      ]),
    );
    return this.#casts;
  }

  // ---- bodies

  scalarBody(id: string, call?: CallTypes, within?: FunctionRegistry): ScalarBody {
    const domain = /^domain check (\d+)$/.exec(id);
    if (domain !== null) {
      const builtIn = builtInDomainCheck(Number(domain[1]));
      return (builtIn === undefined ? checkDomain(Number(domain[1])) : (_context: unknown, value: Datum) => builtIn(value)) as ScalarBody;
    }
    const constructed = call === undefined ? undefined : constructorBody(id, call, this);
    if (constructed !== undefined) return constructed;
    const object = this.#routine(id);
    if (object === undefined) return this.base.scalarBody(id, call, within ?? this);
    if (object.body.language === "internal") return this.base.scalarBody(object.body.functionId, call, this);
    const types = call ?? this.#signature(object);
    return ((context: EvaluationContext, ...args: Datum[]): Datum =>
      routines(context).call(context, object.oid, args, types)) as ScalarBody;
  }
  setBody(id: string, call?: CallTypes, within?: FunctionRegistry): SetBody {
    const object = this.#routine(id);
    if (object === undefined) return this.base.setBody(id, call, within ?? this);
    if (object.body.language === "internal") return this.base.setBody(object.body.functionId, call, this);
    const types = call ?? this.#signature(object);
    return ((context: EvaluationContext, ...args: Datum[]) => routines(context).callSet(context, object.oid, args, types)) as SetBody;
  }
  aggregateBody(id: string, call?: CallTypes, within?: FunctionRegistry): AggregateBody {
    const object = this.#routine(id);
    if (object === undefined) return this.base.aggregateBody(id, call, within ?? this);
    return aggregateBodyOf(object, call ?? this.#signature(object), this);
  }
}

function checkDomain(domain: Oid): (context: EvaluationContext, value: Datum) => Datum {
  return (context, value) => {
    routines(context).checkDomain(domain, value);
    return value;
  };
}

/** Every OID of pg_type that the object answers for, its own first. */
export function typeOids(owner: TypeOwner | { readonly class: string }): readonly Oid[] {
  switch (owner.class) {
    case "table":
    case "view": {
      const { oid, arrayOid } = owner as Exclude<TypeOwner, TypeObject>;
      return arrayOid === undefined ? [oid] : [oid, arrayOid];
    }
    case "type": {
      const type = owner as TypeObject;
      const own = type.arrayOid === 0 ? [type.oid] : [type.oid, type.arrayOid];
      return type.kind === "range" ? [...own, type.multirange.oid, type.multirange.arrayOid] : own;
    }
    default:
      return [];
  }
}

export function fieldsOf(owner: CompositeObject | Exclude<TypeOwner, TypeObject>): readonly CompositeField[] {
  if (owner.class === "view") return owner.columns.map((c, i) => ({ name: c.name, number: i + 1, type: c.type, typmod: c.typmod }));
  return owner.attributes.flatMap(({ name, number, type, typmod, collation, dropped }) =>
    dropped ? [] : [{ name, number, type, typmod, ...(collation === undefined ? {} : { collation }) }],
  );
}

export { domainCheckId };
